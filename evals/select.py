"""Which cases an expression means: words joined by and, or, not."""

import re
from collections.abc import Sequence


def selects(expression: str, names: Sequence[str]) -> bool:
    """Whether an expression fits any of the names: words with `and`, `or` and `not`.

    Raises:
        ValueError: it is no such expression.
    """
    return not expression.strip() or any(
        all(_holds(part, names) for part in _split(" and ", side))
        for side in _split(" or ", expression)
    )


def _split(by: str, text: str) -> list[str]:
    return [part.strip() for part in text.split(by)]


def _holds(part: str, names: Sequence[str]) -> bool:
    word = part.removeprefix("not ").strip()
    if not re.fullmatch(r"[\w-]+", word) or word in {"and", "or", "not"}:
        raise ValueError(f"-k cannot read {part!r}; write words joined by and, or, not")
    return any(word.casefold() in name for name in names) != part.startswith("not ")
