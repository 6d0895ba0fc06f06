"""The custom-field contract: what changed in an account's fields is noticed and kept."""

from dataclasses import replace
from pathlib import Path

from server.store import definitions
from server.store.db import open_database
from server.store.migrate import migrate
from tools.model import Choice, FieldKind, TicketField

ORDER = TicketField("1", "order_no", "Order number", FieldKind.TEXT, custom=True)
LINE = TicketField(
    "2",
    "cf_line_297",
    "Product line",
    FieldKind.DROPDOWN,
    custom=True,
    choices=(Choice("Sprig", "Sprig"), Choice("Trellis", "Trellis")),
)


def test_every_kind_of_change_is_kept_per_account(tmp_path: Path) -> None:
    """A renamed or retyped field silently misleads prompts and rules; somebody must be told."""
    store = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(store)
    more = replace(LINE, label="Line", choices=(*LINE.choices, Choice("Arbor", "Arbor")))
    number = replace(ORDER, kind=FieldKind.NUMBER)

    first = store.write_now(lambda c: definitions.observe(c, "a", (ORDER, LINE), now=1.0))
    store.write_now(lambda c: definitions.observe(c, "b", (ORDER,), now=1.0))
    store.write_now(lambda c: definitions.observe(c, "a", (number, more), now=2.0))
    store.write_now(lambda c: definitions.observe(c, "a", (number,), now=3.0))
    kept = store.read_now(lambda c: definitions.changes(c, "a", since=0.0))
    other = store.read_now(lambda c: definitions.changes(c, "b", since=0.0))
    store.close()

    assert () == first
    assert [] == other
    assert {"type changed", "renamed", "new choice", "removed"} == {one.change for one in kept}
    assert "removed" == kept[0].change
