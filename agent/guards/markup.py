"""Markup in text that is to be plain: it is shown as it stands, and says something is wrong."""

import html
import re
from collections.abc import Iterator

from agent.inspection import Inspection, note_at_most
from agent.model import Finding
from agent.text.words import plain

_TAGS = re.compile(
    r"</?[a-z!][^<>]{0,300}>?|javascript\s*:|data:[a-z]+/|\b(?:tel|sms|callto|mailto|vbscript|file)\s*:\s*\S|!\[[^\]]*\]\(|\]\(\s*\S+\)|\bon[a-z]{4,}\s*=",
    re.IGNORECASE,
)


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to HTML, scripts, images and Markdown links."""
    shown = plain(html.unescape(seen.reply))
    if _TAGS.search(shown):
        yield note_at_most("markup", "it holds markup")
