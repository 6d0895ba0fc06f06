"""Pages of a list, and the `Link` header to the next one."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode

from tools.freshdesk.sandbox.answers import Answer, Fault, invalid_value, validation
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.records import Json

Item = TypeVar("Item")

DEFAULT_PAGE = 30
LONGEST_PAGE = 100


def page(
    call: Call,
    items: Sequence[Item],
    show: Callable[[Item], Json],
    *,
    last_page: int | None = None,
    extra_credits: int = 0,
) -> Answer:
    """Answer one page, rendered only as far as it is shown.

    Args:
        call: for `page`, `per_page` and the address of the next page.
        items: the whole list, in order.
        show: renders one item.
        last_page: the number beyond which the vendor answers 400; None: no such wall.
        extra_credits: what the includes cost.

    Raises:
        Refused: 400 for a page or a page size out of range.

    Source: https://developers.freshdesk.com/api/#pagination
    """
    number, size = _asked(call)
    if last_page is not None and number > last_page:
        # https://github.com/airbytehq/airbyte/issues/3858
        message = (
            f"You cannot access tickets beyond the {last_page}th page. "
            "Please provide a smaller page number."
        )
        raise validation([invalid_value("page", message)])
    start = (number - 1) * size
    shown = [show(item) for item in items[start : start + size]]
    more = len(items) > start + size
    return Answer(200, shown, _link(call, number + 1) if more else {}, extra_credits)


def _asked(call: Call) -> tuple[int, int]:
    faults: list[Fault] = []
    number = _positive(call.query.get("page", "1"))
    size = _positive(call.query.get("per_page", str(DEFAULT_PAGE)))
    if number is None:
        faults.append(invalid_value("page", "It should be a Positive Integer"))
    if size is None or size > LONGEST_PAGE:
        message = f"It should be a Positive Integer less than or equal to {LONGEST_PAGE}"
        faults.append(invalid_value("per_page", message))
    if faults:
        raise validation(faults)
    return number or 1, size or DEFAULT_PAGE


def _positive(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and int(text) > 0 else None


def _link(call: Call, number: int) -> dict[str, str]:
    rest = {**call.query, "page": str(number)}
    address = f"{call.origin}/api/v2{quote(call.path)}?{urlencode(rest)}"
    # The vendor's sample has a space after "<", recorded answers have none: both must be read.
    gap = " " if number % 2 == 0 else ""
    return {"Link": f'<{gap}{address}>;rel="next"'}
