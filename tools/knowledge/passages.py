"""A page's text cut into what can be quoted: paragraphs, lists with their lead-in, table rows."""

import re
from dataclasses import dataclass
from enum import StrEnum

_BLOCK = re.compile(r"[^\n]+(?:\n[^\n]+)*")
_ITEM = re.compile(r"\s*(?:[-*•·\u2013]|\d{1,2}[.)])\s+")
_CELL = re.compile(r"\s*\|\s*|\t")
_END = re.compile(r"(?<=[.!?…])[\"'”“»)\]]*\s+(?=[\"'“„«(\[¿¡]*[^\W\d_a-zß-ÿ]|[¿¡\d])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|z\. ?b|d\. ?h|u\. ?a|bzw|ca|etc|inkl|zzgl|nr|no|tel|str|p\. ?ej|p\. ?ex"
    r"|env|approx|vs|mr|mrs|dr|st|sr|sra|max|min|usw|evtl|art|abs)|(?<![°\w])[A-Za-z])\.$",
    re.IGNORECASE,
)
_HEADING_MOST = 100
"""Characters: a longer line without a full stop is a paragraph, not a heading."""


class Form(StrEnum):
    """What a passage is made of."""

    PARAGRAPH = "paragraph"
    LIST = "list"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a page, exactly as it stands there.

    Attributes:
        heading: of the section it stands in, and for a row the table's first line; "" if none.
        order: 0 for the page's first passage.
    """

    text: str
    form: Form
    heading: str
    order: int


def passages(text: str) -> tuple[Passage, ...]:
    """Return the passages in order; headings are context and not passages."""
    blocks = [(m.start(), m.end()) for m in _BLOCK.finditer(text)]
    found: list[Passage] = []
    heading = ""
    at = 0
    while at < len(blocks):
        start, end = blocks[at]
        body = text[start:end]
        follows = at + 1 < len(blocks)
        if follows and _leads_in(body) and _is_list(text[slice(*blocks[at + 1])]):
            at += 1
            body = text[start : blocks[at][1]]
            found.append(Passage(body, Form.LIST, heading, len(found)))
        elif follows and _is_heading(body):
            heading = body.lstrip("# ").strip()
        elif _is_table(body):
            found += _rows(body, heading, len(found))
        else:
            inner, rest = _split_heading(body)
            heading = inner or heading
            form = Form.LIST if _is_list(rest) else Form.PARAGRAPH
            found.append(Passage(rest, form, heading, len(found)))
        at += 1
    return tuple(found)


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences or list items of a passage, each exactly as it stands there."""
    found: list[str] = []
    for line in text.split("\n"):
        item = _ITEM.match(line)
        body = line[item.end() :] if item else line
        start = 0
        for cut in _END.finditer(body):
            if _ABBREVIATION.search(body[start : cut.start()]):
                continue
            found.append(body[start : cut.start()] + cut.group().rstrip())
            start = cut.end()
        found.append(body[start:])
    return tuple(s.strip() for s in found if s.strip())


def items(text: str) -> tuple[str, ...]:
    """Return the items of a list passage, without their bullets and without the lead-in."""
    return tuple(line[m.end() :].strip() for line in text.split("\n") if (m := _ITEM.match(line)))


def lead_in(text: str) -> str:
    """Return what stands before a list's first item, or ""."""
    before: list[str] = []
    for line in text.split("\n"):
        if _ITEM.match(line):
            break
        before.append(line)
    return "\n".join(before).strip()


def cells(row: str) -> tuple[str, ...]:
    """Return a table row's cells."""
    return tuple(cell.strip() for cell in _CELL.split(row.strip(" |")) if cell.strip())


@dataclass(frozen=True, slots=True)
class Row:
    """A table row beside its column heads.

    Attributes:
        head: the table's first line, exactly as it stands.
    """

    head: str
    pairs: tuple[tuple[str, str], ...]


def row_of(text: str, passage: str) -> Row | None:
    """Return the passage as a table row, or None if it is none; the first column stays bare."""
    for block in (m.group() for m in _BLOCK.finditer(text)):
        lines = block.split("\n")
        if passage in lines[1:] and _is_table(block):
            head = next(line for line in lines if cells(line))
            heads = ("", *cells(head)[1:])
            own = cells(passage)
            if len(own) != len(heads):
                heads = ("",) * len(own)
            return Row(head.strip(), tuple(zip(heads, own, strict=True)))
    return None


def _leads_in(block: str) -> bool:
    return block.rstrip().endswith(":") and not _is_list(block)


def _is_list(block: str) -> bool:
    lines = block.split("\n")
    return bool(_ITEM.match(lines[-1])) and any(_ITEM.match(line) for line in lines[:2])


def _is_table(block: str) -> bool:
    lines = block.split("\n")
    return sum(len(cells(line)) > 1 for line in lines) >= max(2, len(lines) - 1)


def _is_heading(block: str) -> bool:
    if block.startswith("#"):
        return True
    return (
        "\n" not in block
        and len(block) <= _HEADING_MOST
        and not block.rstrip().endswith((".", "!", ":", ";", ",", "…"))
        and not _ITEM.match(block)
    )


def _split_heading(block: str) -> tuple[str, str]:
    """Part a heading line from the text right below it."""
    first, _, rest = block.partition("\n")
    if rest and _is_heading(first) and not _is_list(block):
        return first.lstrip("# ").strip(), rest
    if rest and first.startswith("#"):
        return first.lstrip("# ").strip(), rest
    return "", block


def _rows(table: str, heading: str, order: int) -> list[Passage]:
    lines = [line for line in table.split("\n") if cells(line)]
    head = " | ".join(cells(lines[0]))
    context = f"{heading}\n{head}" if heading else head
    return [Passage(row, Form.ROW, context, order + n) for n, row in enumerate(lines[1:])]
