"""HTML as Freshdesk keeps it: wrapped when it came as text, and flattened for the `_text` twins."""

import re
from functools import lru_cache
from html import escape, unescape

_TAG = re.compile(r"<[^>]+>")
_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z!/][^>]*>")
_SPACE = re.compile(r"\s+")
# Images with inline data disappear silently when a body is stored.
_DATA_IMAGE = re.compile(r"<img\b[^>]*\bsrc\s*=\s*([\"']?)data:[^>]*>", re.IGNORECASE)


def stored(text: str) -> str:
    """Return the body as the desk stores it: plain text in a `div`, no inline images."""
    if not _LOOKS_LIKE_HTML.search(text):
        return f"<div>{escape(text, quote=False)}</div>" if text else ""
    return _DATA_IMAGE.sub("", text)


@lru_cache(maxsize=4096)  # pure, and a search flattens every article
def flat(html: str) -> str:
    """Return the text alone; line breaks become single spaces, as `body_text` shows them."""
    return _SPACE.sub(" ", unescape(_TAG.sub(" ", html))).strip()
