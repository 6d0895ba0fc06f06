"""Whether an answer has the shape that the vendor's answers have, by files transcribed by hand."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from evals.files import BadCase, Source, yaml_files

SHAPES = Path(__file__).parent / "shapes"
TAGS = frozenset("DFLIVX")
_KEY = re.compile(r"(?P<type>[^\s?~]+)(?P<null>\??)(?P<absent>~?) (?P<tag>[A-Z])\b ?(?P<source>.*)")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
_CALLS = "calls.yaml"
_OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of one key.

    Attributes:
        kinds: of which its value has one.
        tag: how sure the facts page is, in its letters.
        source: as the facts page gives it.
    """

    kinds: tuple[str, ...]
    null: bool
    absent: bool
    tag: str
    source: str


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a header.

    Attributes:
        on: the statuses it comes with; empty for any.
        like: a pattern for its whole value.
    """

    on: frozenset[int]
    like: str


@dataclass(frozen=True, slots=True)
class Shapes:
    """Everything that is known.

    Attributes:
        calls: the shape of an answer, by endpoint and status; `[x]` is a list of x.
        errors: the shapes a body may have, by status.
        codes: what an error may say.
    """

    objects: Mapping[str, Mapping[str, Key]]
    calls: Mapping[str, Mapping[int, str]]
    errors: Mapping[int, tuple[str, ...]]
    codes: frozenset[str]
    headers: Mapping[str, Header]

    def faults(
        self, call: str, status: int, headers: Mapping[str, str], body: bytes
    ) -> tuple[str, ...]:
        """Return in what an answer differs from the vendor's; values are never told.

        Args:
            call: the endpoint, such as `GET /tickets/{id}`.
            status: of the answer.
            headers: names in any case.
            body: as it came.
        """
        lower = {name.lower(): value for name, value in headers.items()}
        found = [*self._headers(status, lower), *self._body(call, status, body)]
        return tuple(f"{call} {status}: {fault}" for fault in found)

    def _headers(self, status: int, headers: Mapping[str, str]) -> Iterator[str]:
        for name, known in self.headers.items():
            value = headers.get(name)
            if known.on and status not in known.on:
                if value is not None:
                    yield f"the header {name} comes with {sorted(known.on)} alone"
            elif value is None:
                yield f"the header {name} is missing"
            elif not re.fullmatch(known.like, value):
                yield f"the header {name} is not like {known.like!r}"

    def _body(self, call: str, status: int, body: bytes) -> Iterator[str]:
        if status in self.errors:
            yield from self._error(status, body)
            return
        if status not in _OK:
            yield "the facts page knows no such status"
            return
        wanted = self.calls.get(call, {}).get(status)
        if wanted is None:
            if call in self.calls:
                yield f"it answers {sorted(self.calls[call])}"
            return
        try:
            value = json.loads(body)
        except ValueError:
            yield "the body is not JSON"
            return
        kind = f"[@{wanted[1:-1]}]" if wanted.startswith("[") else f"@{wanted}"
        yield from dict.fromkeys(self._misfits(value, (kind,), "the body"))

    def _error(self, status: int, body: bytes) -> Iterator[str]:
        allowed = self.errors[status]
        if not body:
            if "empty" not in allowed:
                yield f"the body is empty, it should be {' or '.join(allowed)}"
            return
        try:
            value = json.loads(body)
        except ValueError:
            yield "the body is not JSON"
            return
        told = [list(self._misfits(value, (f"@{n}",), "the body")) for n in allowed if n != "empty"]
        if not told:
            yield "the body should be empty"
        elif all(told):
            yield from min(told, key=len)
        else:
            codes = [value.get("code"), *(one.get("code") for one in value.get("errors", []))]
            yield from (f"no code is {c!r}" for c in codes if c and c not in self.codes)

    def _misfits(self, value: object, kinds: tuple[str, ...], at: str) -> list[str]:
        tried = [list(self._misfit(value, kind, at)) for kind in kinds]
        return min(tried, key=len)

    def _misfit(self, value: object, kind: str, at: str) -> Iterator[str]:
        if kind.startswith("["):
            if not isinstance(value, list):
                yield f"{at} is {_kind(value)}, it should be a list"
                return
            for one in value:
                yield from self._misfits(one, (kind[1:-1],), f"{at}[]")
        elif kind.startswith("@"):
            yield from self._object(value, kind[1:], at)
        elif not _is(value, kind):
            yield f"{at} is {_kind(value)}, it should be {kind}"

    def _object(self, value: object, name: str, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at} is {_kind(value)}, it should be an object ({name})"
            return
        keys = self.objects[name]
        for extra in value.keys() - keys.keys():
            yield f"{at}.{extra}: no {name} has this key"
        for key, known in keys.items():
            if key not in value:
                if not known.absent:
                    yield f"{at}.{key} is missing from {name} ({known.tag} {known.source})"
            elif value[key] is None:
                if not known.null:
                    yield f"{at}.{key} is null, which {name} never has"
            else:
                yield from self._misfits(value[key], known.kinds, f"{at}.{key}")


@cache
def load(folder: Path = SHAPES) -> Shapes:
    """Return what the files say.

    Raises:
        BadCase: one does not fit; file, line and mend are named.
    """
    objects: dict[str, dict[str, Key]] = {}
    for path in yaml_files(folder):
        if path.name != _CALLS:
            source = Source(path)
            for name, keys in source.content.items():
                objects[name] = _keys(source, (name,), keys, objects)
    source = Source(folder / _CALLS)
    told = source.content
    for name, keys in reversed(told["bodies"].items()):
        objects[name] = _keys(source, ("bodies", name), keys, objects)
    errors = {status: tuple(one["body"]) for status, one in told["errors"].items()}
    headers = {name: _header(one) for name, one in told["headers"].items()}
    shapes = Shapes(objects, told["calls"], errors, frozenset(told["codes"]), headers)
    _check(source, shapes)
    return shapes


def _keys(
    source: Source, place: tuple[str, ...], keys: dict[str, str], known: Mapping[str, Any]
) -> dict[str, Key]:
    found: dict[str, Key] = dict(known[keys["like"]]) if "like" in keys else {}
    for key, text in keys.items():
        if key == "like":
            continue
        read = _KEY.fullmatch(str(text))
        if read is None or read["tag"] not in TAGS:
            mend = f"{key}: {text!r} is not 'type TAG source', such as 'int? D REF'"
            raise BadCase([source.at([*place, key], mend)])
        kinds = tuple(read["type"].split("|"))
        found[key] = Key(
            kinds, bool(read["null"]), bool(read["absent"]), read["tag"], read["source"]
        )
    return found


def _header(told: Mapping[str, Any]) -> Header:
    return Header(frozenset() if told["with"] == "any" else frozenset(told["with"]), told["like"])


def _check(source: Source, shapes: Shapes) -> None:
    """Refuse a name that no file explains: it would hold nothing to anything."""
    for call, answers in shapes.calls.items():
        for name in answers.values():
            if name.strip("[]") not in shapes.objects:
                raise BadCase([source.at(["calls", call], f"no file has a shape {name!r}")])
    for name, keys in shapes.objects.items():
        for key, known in keys.items():
            for kind in known.kinds:
                bare = kind.strip("[]")
                if bare.lstrip("@") not in (shapes.objects if "@" in bare else _KINDS):
                    raise BadCase([f"{source.path.parent}: {name}.{key}: no kind {kind!r}"])


_KINDS: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "num": (int, float),
    "str": (str,),
    "time": (str,),
    "bool": (bool,),
    "obj": (dict,),
    "any": (object,),
}


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool) and kind not in {"bool", "any"}:
        return False
    if kind == "time" and not (isinstance(value, str) and _TIME.fullmatch(value)):
        return False
    return isinstance(value, _KINDS[kind])


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__
