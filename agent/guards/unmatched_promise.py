"""Commitments that nobody has made: refund, call, deadline, escalation and the like."""

from collections.abc import Iterator

from agent.inspection import Inspection, note_at_most
from agent.lexicon import Lexicon, lexicons_for
from agent.model import Draft, Finding, Sentence
from agent.words import fold, sentences

_KINDS = (
    "refund",
    "compensation",
    "replacement",
    "cancellation",
    "escalation",
    "callback",
    "deadline",
)


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to a commitment that is no rule of a cited page, and to any deed said to be done."""
    if not seen.is_reply:
        return
    language = seen.draft.language
    for place, sentence in enumerate(_sentences(seen.draft), start=1):
        kind = promise(sentence, language=language)
        if kind is not None:
            yield note_at_most("unmatched_promise", f"sentence {place}: it commits us ({kind})")


def promise(sentence: Sentence, *, language: str) -> str | None:
    """Return what a sentence commits us to, or None.

    A page may say what the company does; a sentence that repeats it is no commitment of its
    own. That something has been done in this case stands in no page.
    """
    quotes = fold(" . ".join(one.quote for one in sentence.evidence))
    for part in sentences(sentence.text):
        folded = fold(part)
        for book in lexicons_for(language):
            kind = _commits(folded, quotes, book)
            if kind is not None:
                return kind
    return None


def _commits(folded: str, quotes: str, book: Lexicon) -> str | None:
    if folded.strip(" .!:") and folded.strip(" .!:") in quotes:
        return None
    kinds = [kind for kind in _KINDS if book.found(f"promise.{kind}", folded)]
    deeds = [kind for kind in kinds if kind != "deadline"]
    if deeds and book.found("promise.done", folded) and not book.found("promise.done", quotes):
        return deeds[0]
    if not kinds or not book.found("promise.marks", folded) or folded.endswith("?"):
        return None
    return next((kind for kind in kinds if not book.found(f"promise.{kind}", quotes)), None)


def _sentences(draft: Draft) -> Iterator[Sentence]:
    for paragraph in draft.paragraphs:
        yield from paragraph.sentences
