"""A policy file's tables while they are read: which keys were asked for, and what is wrong."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar

from agent.policy.values import Unfit, shown

T = TypeVar("T")
Path = tuple[str | int, ...]
"""Where something stands: keys, and places in a list from 1."""


@dataclass(slots=True)
class Told:
    """What is wrong with a file, so far."""

    where: str
    lines: Mapping[Path, int]
    faults: list[str] = field(default_factory=list[str])

    def fault(self, path: Path, reason: str) -> None:
        """Note a mistake, with the line of what it is about, or of the table around it."""
        known = (path[:size] for size in range(len(path), 0, -1))
        line = next((self.lines[one] for one in known if one in self.lines), None)
        place = f"{self.where}:{line}" if line else self.where
        self.faults.append(f"{place}: {reason}")


@dataclass(slots=True)
class Table:
    """One table of the file while it is read; it knows which keys were asked for."""

    told: Told
    path: Path
    content: Mapping[str, object]
    known: set[str] = field(default_factory=set[str])

    def get(self, key: str, read_it: Callable[[object], T], default: T) -> T:
        """Return a key's value; a wrong one is noted, and the default stands in."""
        self.known.add(key)
        if key not in self.content:
            return default
        value = self.content[key]
        try:
            return read_it(value)
        except Unfit as unfit:
            path = (*self.path, key)
            self.told.fault(path, f"{_spelled(path)} = {shown(value)}: {unfit}")
            return default

    def need(self, key: str, read_it: Callable[[object], T], default: T, fix: str) -> T:
        """Return the value of a key that must be there."""
        if key not in self.content:
            self.told.fault(self.path, f"{_spelled(self.path)} has no {key}: {fix}")
        return self.get(key, read_it, default)

    def table(self, key: str) -> "Table":
        """Return a table inside; an empty one where there is none."""
        content = self.get(key, _is_table, _NOTHING)
        return Table(self.told, (*self.path, key), content)

    def named(self, key: str) -> "Iterator[tuple[str, Table]]":
        """Yield the tables of a table, such as `[topics.returns]`, by name."""
        outer = self.table(key)
        for name in outer.content:
            yield name, outer.table(name)

    def each(self, key: str) -> "Iterator[Table]":
        """Yield the tables written with double brackets, such as `[[cell]]`."""
        for at, content in enumerate(self.get(key, _are_tables, _NO_TABLES), start=1):
            yield Table(self.told, (*self.path, key, at), content)

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for key in self.content:
            if key not in self.known:
                path = (*self.path, key)
                inside = f" in {_spelled(self.path)}" if self.path else ""
                self.told.fault(path, f"unknown key {key!r}{inside}{_nearest(key, self.known)}")


def _is_table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Unfit("write it as a table, with [its name] on a line of its own")
    return value


def _are_tables(value: object) -> tuple[Mapping[str, object], ...]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unfit("write [[its name]] with double brackets, once for each")
    return tuple(value)


def _nearest(key: str, known: set[str]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return "; known are " + ", ".join(sorted(known))


def _spelled(path: Path) -> str:
    parts = (f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)
    return "".join(parts).removeprefix(".")


def lines_of(written: str) -> dict[Path, int]:
    """Return on which line each table and key begins; the parser itself does not tell."""
    found: dict[Path, int] = {}
    counts: dict[str, int] = {}
    table: Path = ()
    inside_text = False
    for number, line in enumerate(written.splitlines(), start=1):
        if not inside_text:
            header, key = _HEADER.match(line), _KEY.match(line)
            if header is not None:
                name = header["name"]
                counts[name] = counts.get(name, 0) + 1
                table = (*_parts(name), counts[name]) if header["many"] else _parts(name)
                found.setdefault(table, number)
            elif key is not None:
                found.setdefault((*table, *_parts(key["name"])), number)
        if (line.count('"""') + line.count("'''")) % 2:
            inside_text = not inside_text
    return found


def _parts(name: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


_NOTHING: Mapping[str, object] = {}
_NO_TABLES: tuple[Mapping[str, object], ...] = ()
_HEADER = re.compile(r"\s*\[(?P<many>\[)?\s*(?P<name>[^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*(?P<name>[\w.\-\"']+)\s*=")
