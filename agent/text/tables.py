"""Read a row of a page's table with the head above it, as a reader does; pure."""

from functools import lru_cache
from itertools import pairwise

from agent.text.words import plain

BAR = " | "


def cells(page: str, line: str) -> tuple[str, ...]:
    """Return what a table's row says, each cell with its row's and its column's head.

    Args:
        page: the whole page; a table stands there as lines with ` | ` between the cells.
        line: a line of it, plain and caseless.
    """
    if BAR not in line:
        return ()
    head = _heads(page).get(line.strip(), "")
    titles, row = head.split(BAR), line.strip().split(BAR)
    if len(titles) != len(row):
        return ()
    told = [_told(title, cell) for title, cell in zip(titles, row, strict=True)]
    return tuple(f"{told[0]} {one}" for one in told[1:])


def spoken(page: str, line: str) -> str:
    """Return a row as one line says it, `herbs; amount: 4 ml; when: every two weeks`, or ""."""
    head = _heads(page).get(line.strip(), "")
    titles, row = head.split(BAR), line.strip().split(BAR)
    if BAR not in line or len(titles) != len(row):
        return ""
    pairs = zip(titles[1:], row[1:], strict=True)
    return "; ".join([row[0], *(f"{title}: {cell}" for title, cell in pairs)])


def _told(title: str, cell: str) -> str:
    """Return a cell with its head before it; behind a bare number the head is what it counts."""
    counted = not any(char.isalpha() or char in "€$£%°" for char in cell)
    return f"{title} {cell} {title}" if counted else f"{title} {cell}"


@lru_cache(maxsize=512)
def _heads(page: str) -> dict[str, str]:
    """Return the head of each row's table: the first of the lines with bars above it."""
    lines = [plain(line).casefold() for line in page.splitlines()]
    found: dict[str, str] = {}
    head = ""
    for above, line in pairwise(["", *lines]):
        head = head if BAR in above else line
        if BAR in line and line != head:
            found.setdefault(line, head)
    return found
