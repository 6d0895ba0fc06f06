"""A reply, or a sentence of it, in another language than the customer's."""

from collections.abc import Iterator

from agent.inspection import Inspection, note_at_most
from agent.model import Finding
from agent.text.language import detect
from agent.text.words import fold, sentences, words

_TELLING = 4
"""Words from which on the language of a single sentence can be told."""
_PAGED = 0.7
"""Share of a sentence's words from which on it is in its page's language, whatever its names."""


def check(seen: Inspection) -> Iterator[Finding]:
    """Object when the reply's language can be told and is not the turn's, or not its own label."""
    if not seen.is_reply:
        return
    spoken = detect(seen.reply)
    turn = seen.snapshot.turn
    wanted = turn.language[:2].lower() if turn else ""
    called = seen.draft.language[:2].lower()
    if spoken and wanted and spoken != wanted:
        yield note_at_most(
            "wrong_language", f"the customer writes {wanted!r}, the reply is {spoken!r}"
        )
    elif spoken and called and spoken != called:
        yield note_at_most("wrong_language", f"the reply is {spoken!r} but calls itself otherwise")
    elif strange := _strange(seen, wanted or called or spoken):
        yield note_at_most("wrong_language", f"a sentence of it is {strange!r}")


def _strange(seen: Inspection, wanted: str) -> str:
    """Return the language of a sentence in another one than the reply, where no page has it."""
    pages = fold(seen.pages)
    known = frozenset(words(pages))
    for part in sentences(seen.reply):
        folded = fold(part)
        found = words(folded)
        if len(found) < _TELLING or folded.strip(" .!") in pages:
            continue
        if sum(word in known for word in found) >= _PAGED * len(found):
            continue
        spoken = detect(part)
        if wanted and spoken and spoken != wanted:
            return spoken
    return ""
