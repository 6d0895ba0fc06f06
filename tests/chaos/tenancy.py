"""I7, watched where it counts: at every statement and every call made on an account's behalf.

While something is done for one account, each statement on a table that belongs to accounts must
name that account, by its id, a turn's key, a run's or a delivery's number; and no other one.
"""

import re
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event, text

from server.store.db import Connection, Database

acting: ContextVar[str] = ContextVar("acting", default="")
"""For which account something is done at this moment; "" for nobody's in particular."""

_OWNED = ("deliveries", "runs", "posts", "seen", "cursors", "definitions", "drifts")
_TOUCHES = re.compile(rf"\b(?:FROM|INTO|UPDATE|JOIN)\s+({'|'.join(_OWNED)})\b")
_NUMBER = re.compile(r"\bdeliveries\.id = (?=\?)")
_RUN = re.compile(r"r[0-9a-f]{12}")


@contextmanager
def on_behalf_of(account: str) -> Generator[None]:
    """Act for one account during a block."""
    token = acting.set(account)
    try:
        yield
    finally:
        acting.reset(token)


class Tenancy:
    """Watches one database for as long as a play lasts.

    Attributes:
        numbers: whose each delivery is, as far as known.
    """

    def __init__(
        self, database: Database, accounts: Iterable[str], wrong: Callable[[str], None]
    ) -> None:
        self._database, self._accounts, self._wrong = database, tuple(accounts), wrong
        self.numbers: dict[int, str] = {}
        self._runs: dict[str, str] = {}
        event.listen(database.engine, "before_cursor_execute", self._hear)

    def close(self) -> None:
        """Watch no longer."""
        event.remove(self._database.engine, "before_cursor_execute", self._hear)

    def _hear(
        self, _connection: object, _cursor: object, statement: str, parameters: Any, *_: object
    ) -> None:
        ours, found = acting.get(), _TOUCHES.search(statement)
        if ours not in self._accounts or found is None:
            return
        by_number = _NUMBER.search(statement)
        place = statement[: by_number.start()].count("?") if by_number else None
        for row in parameters if isinstance(parameters, list) else [parameters]:
            self._judge(ours, found.group(1), list(row), place)

    def _judge(self, ours: str, table: str, bound: list[Any], place: int | None) -> None:
        """Judge one statement.

        Args:
            ours: for whom it is.
            table: which it touches.
            bound: its values.
            place: of a delivery's number among them.
        """
        owners = {owner for value in bound if (owner := self._owner(value))}
        if place is not None:
            owners.add(self.numbers.get(bound[place], ours))
        if owners - {ours}:
            self._wrong(f"I7: for {ours}, a statement on {table} names {sorted(owners - {ours})}")
        elif not owners:
            self._wrong(f"I7: for {ours}, a statement on {table} names no account")
        for value in bound:
            if isinstance(value, str) and _RUN.fullmatch(value):
                self._runs.setdefault(value, ours)

    def _owner(self, value: object) -> str | None:
        """Return whose a bound value is, if it tells."""
        if not isinstance(value, str):
            return None
        head = value.partition("|")[0]
        return head if head in self._accounts else self._runs.get(value)


def strangers(connection: Connection, accounts: Iterable[str]) -> list[str]:
    """Return in words every row of one account in which another one's name stands."""
    found = []
    names = tuple(accounts)
    for table in _OWNED:
        for row in connection.execute(text(f"SELECT * FROM {table}")).mappings():  # noqa: S608
            told = " ".join(_plain(value) for value in row.values())
            found += [
                f"I7: a row of {row['account']} in {table} holds something of {name}"
                for name in names
                if row["account"] in names and name != row["account"] and name in told
            ]
    return found


def _plain(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
