"""Sources of the knowledge base as pages: help-centre articles, and a folder of text files."""

import codecs
import hashlib
import html as entities
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.html import to_text
from tools.knowledge.article import CANNED, Page
from tools.knowledge.words import guess_language
from tools.model import Article, Canned

FILE_MOST = 512 * 1024
"""Bytes a file of the folder may have."""
FILES_MOST = 20_000
_TABLE = (
    (re.compile(r"</t[hd]\s*>\s*<t[hd]\b[^<>]*>", re.IGNORECASE), " | "),
    (
        re.compile(r"</tr\s*>(?:\s|</?t(?:head|body|foot)\b[^<>]*>)*<tr\b[^<>]*>", re.IGNORECASE),
        "<br>",
    ),
    (re.compile(r"<table\b[^<>]*>", re.IGNORECASE), "<p>"),
    (re.compile(r"</table\s*>", re.IGNORECASE), "</p>"),
    (re.compile(r"</?t(?:head|body|foot|r|h|d)\b[^<>]*>", re.IGNORECASE), ""),
)
"""A table as lines with ` | ` between its cells, so that a row stays one thing to quote."""
_POINTS = re.compile(r"""\bhref\s*=\s*["']?([^\s"'>]+)""", re.IGNORECASE)
_PICTURE = re.compile(r"<(?:img|video|iframe|object)\b", re.IGNORECASE)
_SUFFIXES = frozenset({".md", ".markdown", ".txt"})
_LANGUAGE_SUFFIX = re.compile(r"\.(?P<language>[a-z]{2})$")
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_MARKUP = re.compile(r"(?<!\w)(?:\*\*|__|`)(?=\S)|(?<=\S)(?:\*\*|__|`)(?!\w)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$|^\s*\|?[\s:|-]*-{3,}[\s:|-]*\|?\s*$", re.MULTILINE)
_GAP = re.compile(r"\n\s*\n+")


class BadFile(ValueError):
    """A file of the knowledge folder that cannot be used; the message names it."""


def digest(text: str) -> str:
    """Return sha256 of the text, hexadecimal: what evidence refers to."""
    return hashlib.sha256(text.encode()).hexdigest()


def page_of(article: Article, *, primary: str = "en") -> Page:
    """Return a help-centre article as a page; a translation's id ends in `@` and its language."""
    text = to_text(_with_rows(article.html))
    language = article.language or primary
    suffix = "" if language == primary else f"@{language}"
    return Page(
        id=f"article:{article.id}{suffix}",
        title=article.title,
        text=text,
        url=article.url or None,
        language=language,
        quotable=article.quotable,
        digest=digest(text),
        tags=article.tags,
    )


def canned_page(response: Canned, *, primary: str = "en") -> Page | None:
    """Return a canned response as a page, or None where its words alone are not the whole of it.

    We say it in plain paragraphs: a file, a picture or a link behind a word would be missing.
    """
    text = to_text(_with_rows(response.html))
    hidden = any(entities.unescape(link) not in text for link in _POINTS.findall(response.html))
    if response.files or _PICTURE.search(response.html) or hidden or not text.strip():
        return None
    return Page(
        id=f"{CANNED}{response.id}",
        title=response.title,
        text=text,
        url=None,
        language=guess_language(text) or primary,
        quotable=True,
        digest=digest(text),
    )


def _with_rows(html: str) -> str:
    for found, put in _TABLE:
        html = found.sub(put, html)
    return html


def pages_of(articles: Iterable[Article], *, primary: str = "en") -> tuple[Page, ...]:
    """Return help-centre articles as pages; the empty ones are left out."""
    pages = (page_of(article, primary=primary) for article in articles)
    return tuple(page for page in pages if page.text.strip())


@dataclass(frozen=True, slots=True)
class Folder:
    """A knowledge folder as it was read.

    Attributes:
        faults: files that could not be used, each with its name and what to do about it.
    """

    pages: tuple[Page, ...]
    faults: tuple[str, ...] = ()


def read_folder(path: Path, *, primary: str = "en") -> Folder:
    """Return a folder's Markdown and text files as pages, sub-folders included.

    Other kinds of file, hidden files and binaries are skipped. `name.de.md` is German;
    without such an ending the language is told from the words. A file that cannot be used is
    named and left out: one bad file must not take the others with it.

    Raises:
        BadFile: the folder itself cannot be read, or holds too many files.
    """
    if not path.is_dir():
        raise BadFile(f"the knowledge folder {str(path)!r} is not a folder")
    files = sorted(p for p in path.rglob("*") if _wanted(p, path))
    if len(files) > FILES_MOST:
        raise BadFile(f"{str(path)!r} holds {len(files)} files, more than {FILES_MOST}")
    pages: list[Page] = []
    faults: list[str] = []
    for file in files:
        try:
            page = _page(file, path, primary)
        except BadFile as fault:
            faults.append(str(fault))
        else:
            pages += [page] if page is not None else []
    return Folder(tuple(pages), tuple(faults))


def _wanted(file: Path, root: Path) -> bool:
    if any(part.startswith(".") for part in file.relative_to(root).parts):
        return False
    try:
        inside = file.resolve(strict=True).is_relative_to(root.resolve())
        return inside and file.suffix.lower() in _SUFFIXES and file.is_file()
    except (OSError, RuntimeError):  # gone meanwhile, or a link that leads to itself
        return False


def _page(file: Path, root: Path, primary: str) -> Page | None:
    name = file.relative_to(root).as_posix()
    source = _text_of(file, name)
    if source is None:
        return None
    title, text = _plain(source, file)
    if not text.strip():
        return None
    tagged = _LANGUAGE_SUFFIX.search(file.stem)
    language = tagged["language"] if tagged else guess_language(text) or primary
    base = name[: -len(file.suffix)]
    page_id = f"file:{base[:-3]}{file.suffix}" if tagged else f"file:{name}"
    return Page(
        id=page_id if language == primary or not tagged else f"{page_id}@{language}",
        title=title,
        text=text,
        url=None,
        language=language,
        quotable=True,
        digest=digest(text),
    )


def _text_of(file: Path, name: str) -> str | None:
    """Return the file's text, or None if it is binary."""
    try:
        if file.stat().st_size > FILE_MOST:
            raise BadFile(f"{name!r} is larger than {FILE_MOST} bytes: split it")
        raw = file.read_bytes()
    except OSError as error:
        raise BadFile(f"{name!r} cannot be read: {error.strerror or 'I/O error'}") from error
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\0" in raw and not wide:
        return None
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        told = f"{name!r} is not UTF-8 (byte {error.start}): save it as UTF-8"
        raise BadFile(told) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _plain(source: str, file: Path) -> tuple[str, str]:
    """Return title and text with Markdown's marks removed, paragraphs apart by blank lines."""
    title = file.stem.replace("-", " ").replace("_", " ").strip()
    if file.suffix.lower() != ".txt":
        first = source.lstrip().split("\n", 1)
        if first[0].startswith("# "):
            title, source = first[0][2:].strip(), first[1] if len(first) > 1 else ""
        source = _HEADING.sub("\n", _RULE.sub("", _LINK.sub(r"\1", source)))
        source = _MARKUP.sub("", source)
    lines = (line.rstrip() for line in source.split("\n"))
    return title, _GAP.sub("\n\n", "\n".join(lines)).strip()
