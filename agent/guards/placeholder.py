"""Gaps that somebody was to fill in: `[Name]`, `{{ticket.id}}`, `TODO`."""

# ruff: noqa: E501  long patterns read better unbroken

import re
from collections.abc import Iterator

from agent.inspection import Inspection, note_at_most
from agent.model import Finding
from agent.text.words import fold, plain

_GAPS = re.compile(
    r"\{\{|\}\}|\{%|\$\{|<%|\{[a-z_. ]{2,40}\}|%\([a-z_]+\)s|\[\[|\blorem ipsum\b|(?-i:\bTODO\b|\bTBD\b|\bFIXME\b)|\bXX+\b|_{3,}|<<[^<>]{1,40}>>"
    r"|<(?:your|customer|name|insert|agent|company|order|date|ihr|votre|su)[^<>]{0,40}>|\(insert [^()]*\)",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"\[([^\[\]\n]{2,60})\]")


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to a gap, unless a page itself has the bracket."""
    shown = plain(seen.reply)
    pages = fold(seen.pages)
    brackets = (one for one in _BRACKET.findall(shown) if any(char.isalpha() for char in one))
    if _GAPS.search(shown) or any(fold(f"[{one}]") not in pages for one in brackets):
        yield note_at_most("placeholder", "a placeholder was left in it")
