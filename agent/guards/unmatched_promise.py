"""Commitments that nobody has made: refund, call, deadline, escalation and the like.

A promise may be made in the words alone that the policy has for it, because the policy also says
what is done about it, and that is done in the same run, before the reply leaves.
"""

from collections.abc import Iterator
from dataclasses import replace

from agent.evidence.check import judge
from agent.inspection import Inspection, note_at_most
from agent.mail.frames import means_in
from agent.model import Draft, EvidenceClass, Finding, Sentence, SourceKind
from agent.policy.terms import Commitment, Policy
from agent.text.clauses import CLAUSE
from agent.text.lexicon import Lexicon, lexicons_for, without_wish
from agent.text.words import fold, sentences

_KINDS = (
    "refund",
    "compensation",
    "replacement",
    "cancellation",
    "escalation",
    "callback",
    "deadline",
)
_OF_GOODS = frozenset({"gain", "state"})
"""Meanings that say what becomes of goods and money, not what we do."""
_RULES = frozenset({SourceKind.ARTICLE, SourceKind.FILE})
"""Pages that say what the company does. A canned response speaks for us in this very case."""


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to a commitment that is no rule of a cited page, and to any deed said to be done."""
    if not seen.is_reply:
        return
    language, allowed = seen.draft.language, _worded(seen.policy)
    rules = {one.id for one in seen.draft.documents if one.kind in _RULES}
    verdicts = judge(seen.snapshot, seen.draft)
    for place, sentence in enumerate(_sentences(seen.draft), start=1):
        shield = tuple(one for one in sentence.evidence if one.source in rules)
        bare = replace(sentence, evidence=shield)
        borne = shield and verdicts[place - 1].kind is EvidenceClass.DOCUMENTED
        if borne and not _of_this_case(bare, language):
            continue
        kind = promise(bare, language=language, allowed=frozenset(allowed))
        if kind is not None:
            yield note_at_most("unmatched_promise", f"sentence {place}: it commits us ({kind})")


def _of_this_case(sentence: Sentence, language: str) -> bool:
    """Return whether a sentence that its page bears out says more than what we always do.

    `We repair hubs` repeats the page that says `hubs are repaired`; that one was repaired today,
    or that I do it, is of this case alone.
    """
    folded, quotes = fold(sentence.text), fold(" . ".join(one.quote for one in sentence.evidence))
    return any(
        (
            means_in(folded, book.code, "promise") == "done"
            and not means_in(quotes, book.code, "promise")
        )
        or (book.found("promise.done", folded) and not book.found("promise.done", quotes))
        or (book.found("promise.case", folded) and not book.found("promise.case", quotes))
        for book in lexicons_for(language)
    )


def matched(draft: Draft, policy: Policy) -> tuple[Commitment, ...]:
    """Return the allowed promises that a reply makes, each once: what they need must be done."""
    worded = _worded(policy)
    parts = (fold(part) for one in _sentences(draft) for part in sentences(one.text))
    return tuple(dict.fromkeys(worded[part] for part in parts if part in worded))


def promise(
    sentence: Sentence, *, language: str, allowed: frozenset[str] = frozenset()
) -> str | None:
    """Return what a sentence commits us to, or None.

    A page may say what the company does; a sentence that repeats it is no commitment of its
    own. That something has been done in this case stands in no page.

    Args:
        sentence: with the quotes of pages that it rests on.
        language: of the reply.
        allowed: folded sentences that the policy allows, since it does something about them.
    """
    quotes = fold(" . ".join(one.quote for one in sentence.evidence))
    for part in sentences(sentence.text):
        folded = fold(part)
        if folded in allowed:
            continue
        for book in lexicons_for(language):
            kind = _commits(without_wish(folded, book), quotes, book)
            if kind is not None:
                return kind
    return None


def _commits(folded: str, quotes: str, book: Lexicon) -> str | None:
    if folded.strip(" .!:") and folded.strip(" .!:") in quotes:
        return None
    heard = None if folded.endswith("?") else means_in(folded, book.code, "promise")
    if heard is not None and heard not in _stated(quotes, book):
        return heard
    return _listed(_without_harmless(folded, book), quotes, book)


def _without_harmless(folded: str, book: Lexicon) -> str:
    """Leave out the clauses that only look like a commitment to the lists."""
    if means_in(folded, book.code, "harmless") is None:
        return folded
    told = (one for one in CLAUSE.split(folded) if means_in(one, book.code, "harmless") is None)
    return " , ".join(told)


def _stated(quotes: str, book: Lexicon) -> frozenset[str]:
    """Return the meanings that quotes bear out; what they say of goods tells what one will get."""
    told = means_in(quotes, book.code, "promise")
    of_goods = _OF_GOODS if means_in(quotes, book.code, "stated") else frozenset()
    return of_goods | {told} if told else of_goods


def _listed(folded: str, quotes: str, book: Lexicon) -> str | None:
    """Return what the lists of deeds and goods hear: they miss more, and hear it in more."""
    word = book.patterns.get("promise.word")
    if word is not None and word.search(folded) and not word.search(quotes):
        return "promise"
    kinds = [kind for kind in _KINDS if book.found(f"promise.{kind}", folded)]
    deeds = [kind for kind in kinds if kind != "deadline"]
    if deeds and book.found("promise.done", folded) and not book.found("promise.done", quotes):
        return deeds[0]
    if not kinds or not book.found("promise.marks", folded) or folded.endswith("?"):
        return None
    return next((kind for kind in kinds if not book.found(f"promise.{kind}", quotes)), None)


def _worded(policy: Policy) -> dict[str, Commitment]:
    """Return every sentence that the policy allows, folded, with what is done about it."""
    return {
        fold(part): one
        for one in policy.commitments
        for said in one.says
        for part in sentences(said)
    }


def _sentences(draft: Draft) -> Iterator[Sentence]:
    for paragraph in draft.paragraphs:
        yield from paragraph.sentences
