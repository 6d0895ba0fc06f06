"""HTML to text with quotes folded, and paragraphs to safe HTML. Pure, bounded, never raising.

A sanitizer's cost grows with nesting (220 KB of nested `<div>` took it seconds), so size, depth
and tags are counted by one linear scan first; what is too much becomes text by that scan alone.
"""

import html as entities
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3

from tools.quotes import fold

LARGEST = 512 * 1024
"""Characters of a body that are looked at; what follows is never read."""
_DEEPEST = 100
_MOST_TAGS = 20_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
_REMARK = re.compile(r"<!--|<!|<\?")
_ANY_TAG = re.compile(r"<[^<>]*>")
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "o:p",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "html",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_PARAGRAPHS = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "blockquote"]
)
_SILENT = frozenset(
    ["script", "style", "head", "title", "template", "noscript", "svg", "math", "object", "iframe"]
)
_HIDDEN_STYLE = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all"
    r"|opacity\s*:\s*0(?:\.0*)?(?![.\d])|font-size\s*:\s*0(?:\.0*)?(?![.\d])"
    r"|(?:max-)?(?:height|width)\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$|!)"
    r"|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{4,})",
    re.IGNORECASE,
)
_INK = re.compile(r"(?<![\w-])color\s*:\s*([^;!]+)", re.IGNORECASE)
_PAPER = re.compile(r"(?<![\w-])background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_WHITE = frozenset({"white", "#fff", "#ffffff", "rgb(255,255,255)", "rgba(255,255,255,1)"})
_QUOTE_MARKS = re.compile(
    r"(?:^|[\s_-])(?:gmail_quote|gmail_extra|gmail_attr|freshdesk_quote|yahoo_quoted|moz-cite-prefix"
    r"|appendonsend|divrplyfwdmsg|mail-editor-reference-message-container|protonmail_quote"
    r"|tutanota_quote|zmail_extra|ms-outlook-mobile-reference-message|oriMsgHtmlSeparator"
    r"|outlookmessageheader|replyforwardmessage|originalmessage)(?:$|[\s_-])",
    re.IGNORECASE,
)
_SIGNATURE_MARKS = re.compile(
    r"(?:^|\s)(?:gmail_signature|moz-signature|ms-outlook-mobile-signature|protonmail_signature"
    r"|applemailsignature|yahoo-signature|freshdesk_signature|signature)(?:$|[\s_-])",
    re.IGNORECASE,
)
_CUTS_THE_REST = re.compile(r"(?:appendonsend|divrplyfwdmsg|replyforwardmessage)", re.IGNORECASE)
_OUTLOOK_RULE = re.compile(
    r"border(?:-top)?\s*:\s*(?:none\s*;\s*border-top\s*:\s*)?solid\s+#?(?:e1e1e1|b5c4df)",
    re.IGNORECASE,
)

# zero-width, bidirectional, tag and variation-selector characters, and other invisible ones
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
    "\U0001d173-\U0001d17a\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_SPACES = re.compile(r"[ \t\f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Return text without characters nobody can see, and with plain line ends."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    return _INVISIBLE.sub("", plain.replace("\u2029", "\n\n"))


def to_text(html: str) -> str:
    """Return all that a reader would see, paragraphs kept: quotes and signatures too."""
    return _rendered(html).all


def newest_words(html: str) -> str:
    """Return what was written just now: quoted history, signature and disclaimer folded away.

    A message that holds nothing else is returned whole: a bare quote is still a message.
    """
    seen = _rendered(html)
    return fold(seen.own) or fold(seen.all) or seen.all


def newest_words_of_text(text: str) -> str:
    """Return the same of a plain-text message."""
    seen = _tidy(clean(text[:LARGEST]))
    return fold(seen) or seen


def paragraphs_to_html(paragraphs: Iterable[str]) -> str:
    """Return plain paragraphs as HTML that holds nothing but paragraphs and line breaks."""
    shown = (_tidy(clean(each)) for each in paragraphs)
    escaped = (entities.escape(each).replace("\n", "<br>") for each in shown if each)
    return sanitized("".join(f"<p>{each}</p>" for each in escaped))


def sanitized(html: str) -> str:
    """Return HTML reduced to paragraphs, lists, emphasis and links; text if it is too much."""
    if not _bearable(html):
        return "".join(f"<p>{entities.escape(each)}</p>" for each in [to_text(html)] if each)
    return nh3.clean(
        html,
        tags={"p", "br", "ul", "ol", "li", "b", "strong", "i", "em", "a", "blockquote", "code"},
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener noreferrer",
    )


@dataclass(slots=True)
class _Seen:
    """What a message shows, and the part of it that is not marked as quoted or signed."""

    all: str = ""
    own: str = ""


def _rendered(html: str) -> _Seen:
    if "<" not in html and "&" not in html:
        text = _tidy(clean(html[:LARGEST]))
        return _Seen(text, text)
    shown = _without_remarks(html[: LARGEST + 1])
    if not _bearable(shown):
        text = _tidy(clean(entities.unescape(_ANY_TAG.sub("\n", shown[:LARGEST]))))
        return _Seen(text, text)
    reader = _Reader()
    reader.feed(shown)
    reader.close()
    return _Seen(_tidy(clean("".join(reader.all))), _tidy(clean("".join(reader.own))))


def _without_remarks(html: str) -> str:
    """Drop comments and declarations; one that never ends hides the rest, as in a browser.

    The parser searches the rest of the text for the end of each, so thousands of open ones would
    hold it for minutes.
    """
    kept, place = [], 0
    while (start := _REMARK.search(html, place)) is not None:
        kept.append(html[place : start.start()])
        end = "-->" if start.group() == "<!--" else ">"
        stop = html.find(end, start.end())
        if stop < 0:
            return "".join(kept)
        place = stop + len(end)
    return "".join([*kept, html[place:]])


def _bearable(html: str) -> bool:
    """Count size, tags and depth in one pass."""
    if len(html) > LARGEST or html.count("<") > _MOST_TAGS:
        return False
    depth = 0
    for tags, found in enumerate(_TAG.finditer(html), start=1):
        if found.group(2).lower() not in _VOID:
            depth += -1 if found.group(1) else 1
            depth = max(depth, 0)
        if depth > _DEEPEST or tags > _MOST_TAGS:
            return False
    return True


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet."""

    tag: str
    silent: bool
    quoted: bool


@dataclass
class _Pile:
    """The open elements, and how many of them hide or quote what is inside."""

    open: list[_Open] = field(default_factory=list["_Open"])
    silent: int = 0
    quoted: int = 0

    def push(self, tag: str, *, silent: bool, quoted: bool) -> None:
        self.open.append(_Open(tag, silent, quoted))
        self.silent += silent
        self.quoted += quoted

    def pop_to(self, tag: str) -> None:
        """Close the nearest such element and all inside it; a stray end tag closes nothing."""
        if not any(each.tag == tag for each in self.open):
            return
        while self.open:
            last = self.open.pop()
            self.silent -= last.silent
            self.quoted -= last.quoted
            if last.tag == tag:
                return


class _Reader(HTMLParser):
    """Collects what is seen: all of it, and what is the writer's own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.all: list[str] = []
        self.own: list[str] = []
        self._pile = _Pile()
        self._cut = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        marks = f"{given.get('class', '')} {given.get('id', '')}"
        # what follows such a mark in Outlook is the quoted mail, though it stands outside of it
        self._cut = self._cut or bool(_CUTS_THE_REST.search(marks)) or _is_outlook_rule(given)
        if tag == "br":
            self._put("\n")
        elif tag == "hr":
            self._put("\n\n")
        elif tag == "li":
            self._put("\n- ")
        elif tag in {"td", "th"}:
            self._put(" ")
        elif tag in _BLOCKS:
            self._put("\n\n" if tag in _PARAGRAPHS else "\n")
        if tag not in _VOID:
            silent = tag in _SILENT or _is_hidden(given)
            self._pile.push(tag, silent=silent, quoted=_is_quoted(tag, given, marks))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self._pile.pop_to(tag)
        if tag in _BLOCKS:
            self._put("\n\n" if tag in _PARAGRAPHS else "\n")

    def handle_data(self, data: str) -> None:
        if any(each.tag == "pre" for each in self._pile.open):
            self._put(data)
        else:
            self._put(re.sub(r"[ \t\r\n\f]+", " ", data))

    def _put(self, text: str) -> None:
        if self._pile.silent:
            return
        self.all.append(text)
        if not self._pile.quoted and not self._cut:
            self.own.append(text)


def _is_hidden(given: dict[str, str]) -> bool:
    if "hidden" in given:
        return True
    style = entities.unescape(given.get("style", ""))
    if _HIDDEN_STYLE.search(style):
        return True
    ink, paper = _INK.search(style), _PAPER.search(style)
    if not ink:
        return False
    colour = _colour(ink.group(1))
    return colour == "transparent" or (
        colour in _WHITE and (not paper or _colour(paper.group(1)) in _WHITE)
    )


def _colour(text: str) -> str:
    return "".join(text.lower().split())


def _is_quoted(tag: str, given: dict[str, str], marks: str) -> bool:
    if tag == "blockquote":
        return (
            given.get("type", "").lower() == "cite"
            or bool(_QUOTE_MARKS.search(marks))
            or ("border-left" in given.get("style", ""))
        )
    return bool(_QUOTE_MARKS.search(marks) or _SIGNATURE_MARKS.search(marks))


def _is_outlook_rule(given: dict[str, str]) -> bool:
    return bool(_OUTLOOK_RULE.search(given.get("style", "")))


def _tidy(text: str) -> str:
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
