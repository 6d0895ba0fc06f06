"""Tell what programs report, sell and list from what people write about such things; pure.

A program speaks of the reader's things and ends in buttons and footers; a person speaks of
their own. So signs are counted, and more are wanted where somebody says *I* or asks.
"""

import re

from agent.text.lexicon import Lexicon, mailbooks

_LABEL = re.compile(r"^ *[^\W\d_][^:\n]{1,40} ?: ?\S", re.MULTILINE)
_STAMP = re.compile(r"\b\d{4}-\d\d-\d\d[ t]\d\d:\d\d|\butc\b|\b\d{1,2}:\d\d:\d\d\b|\b0\d?:\d\d\b")
_PROGRAM = re.compile(
    r"^[a-z][\w.-]* ?(?:error|warning|fatal)?: .{0,200}(?:\(code \d+\)|exit(?:ed)? (?:code|status))"
    r"|\b(?:traceback|stack trace|exit code \d|unexpectedly closed|no such file or directory)\b",
    re.MULTILINE,
)
_MARK = re.compile(r"\bref:_\w|\{#\w+:\d|\bref:msg\d|##- |\[request id|\bticket#\d{10}")
"""By which ticket systems know their own mail again."""
_POSTED = re.compile(
    r"_{20,}\s+\S.{0,80}\b(?:mailing ?list\w*|liste de diffusion|lista de correo)\b"
)
"""What a list puts below each post."""
_ENOUGH = 2
_ENOUGH_WITH_QUESTION = 3
_ENOUGH_OF_A_PERSON = 4
_PITCHED = 2
_PERSONAL = ("machine.mine", "machine.plea")
_BUTTON = 5
"""Words on a button."""
_LABELLED = 2
_FOOTER = 1000
"""Characters in which a footer lies."""


def why(
    folded: str, line: str, subject: str, *, voices: tuple[Lexicon, ...], asks: bool
) -> str | None:
    """Return what sort of notice a folded text is, or None.

    Args:
        folded: in its lines.
        line: the same in one.
        subject: folded.
        voices: the languages a person may be heard in.
        asks: it holds a question.
    """
    own = any(one.found(key, line) for one in voices for key in _PERSONAL)
    need = _ENOUGH_OF_A_PERSON if own else _ENOUGH_WITH_QUESTION if asks else _ENOUGH
    frame = _frame(folded)
    if max(_signs(one, folded, line, subject) for one in mailbooks()) + frame >= need:
        return "a notice of a program"
    if any(_sells(one, line) for one in mailbooks()):
        return "an offer nobody asked for"
    return None


def is_list_post(text: str) -> bool:
    """Return whether a whole message, footers included, came over a mailing list."""
    return _POSTED.search(text[-_FOOTER:].casefold()) is not None


def _frame(folded: str) -> int:
    """Return the signs of a form filled in by a program, in any language."""
    labelled = len(_LABEL.findall(folded)) >= _LABELLED
    pressed = any(_is_button(line) for line in folded.split("\n"))
    dated = _STAMP.search(folded) is not None
    marked = _MARK.search(folded) is not None
    return labelled + pressed + dated + 2 * marked + 2 * (_PROGRAM.search(folded) is not None)


def _is_button(line: str) -> bool:
    said = line.strip(" >[]*|")
    if not said or len(said.split()) > _BUTTON:
        return False
    return any(
        (pattern := one.patterns.get("machine.button")) is not None and pattern.fullmatch(said)
        for one in mailbooks()
    )


def _signs(one: Lexicon, folded: str, line: str, subject: str) -> int:
    """Return how much of what programs say is said; a footer has a line of its own."""
    told = min(2, one.count("machine.yours", f"{subject} . {line}"))
    listed = max(0, one.count("machine.list", line) - ("\n" not in folded.strip()))
    return told + min(2, one.count("machine.foot", line)) + min(_ENOUGH_OF_A_PERSON, listed)


def _sells(one: Lexicon, line: str) -> bool:
    return one.count("machine.pitch", line) >= _PITCHED
