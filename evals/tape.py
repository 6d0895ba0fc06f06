"""Cassettes of helpdesk traffic as files: one an endpoint, JSON, made to be read in a review."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tools.freshdesk.limits import API, price

RECORDED_AT = "http://127.0.0.1:1"
"""Stands for the helpdesk's own address in everything that is kept."""
OF_SANDBOX = (
    "Recorded from Deskhand's own sandbox, not from Freshdesk: it pins the requests we send and "
    "proves nothing about the vendor's answers."
)
VERSION = 1
_ID = re.compile(r"/\d+(?=/|$)")
_TRANSLATED = re.compile(r"(/solutions/folders/\{id\}/articles)/[a-zA-Z-]+$")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it left.

    Attributes:
        query: as written, percent signs and order included.
        body: as written; a form's boundary is a fixed word.
        kind: the content type; "" without a body.
    """

    method: str
    path: str
    query: str
    body: str = field(repr=False)
    kind: str

    @property
    def credits(self) -> int:
        """What our client expects it to cost."""
        return price(self.method, self.path, dict(parse_qsl(self.query)))[1]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, with the headers that our client reads."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    asked: Asked
    answer: Answer


@dataclass(frozen=True, slots=True)
class Cassette:
    """All exchanges with one endpoint, in order.

    Attributes:
        of: whose answers these are.
        endpoint: such as `GET /tickets/{id}`.
    """

    of: str
    endpoint: str
    exchanges: tuple[Exchange, ...]


class Tapes:
    """A folder of cassettes."""

    def __init__(self, folder: Path, *, mend: str) -> None:
        self.folder = folder
        self._mend = mend

    def load(self) -> list[Cassette]:
        """Return them, in order of their names.

        Raises:
            ValueError: there is none, or one cannot be read; file, line and mend are named.
        """
        files = sorted(self.folder.glob("*.json"))
        if not files:
            raise ValueError(f"{self.folder}: there is no cassette in it; run {self._mend}")
        return [self._read(file) for file in files]

    def save(self, cassettes: Sequence[Cassette]) -> None:
        """Write these in place of what is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        texts = {_file(one.endpoint): _written(one) for one in cassettes}
        for old in self.folder.glob("*.json"):
            if old.name not in texts:
                old.unlink()
        for name, text in texts.items():
            (self.folder / name).write_text(text, encoding="utf-8")

    def _read(self, file: Path) -> Cassette:
        try:
            told = json.loads(file.read_text("utf-8"))
            if told["version"] != VERSION:
                raise ValueError(f"it is of version {told['version']}, this is {VERSION}")
            exchanges = tuple(map(_exchange, told["exchanges"]))
            for one, kept in zip(exchanges, told["exchanges"], strict=True):
                self._check(file, one, kept)
            return Cassette(told["of"], told["endpoint"], exchanges)
        except json.JSONDecodeError as fault:
            text = f"{file}:{fault.lineno}: cut or not JSON ({fault.msg}); run {self._mend}"
            raise ValueError(text) from fault
        except (KeyError, TypeError) as fault:
            raise ValueError(f"{file}:1: no cassette: {fault!r}; run {self._mend}") from fault

    def _check(self, file: Path, one: Exchange, kept: dict[str, Any]) -> None:
        if one.asked.credits != kept["credits"]:
            raise ValueError(
                f"{file}: {one.asked.method} {one.asked.path} is recorded with {kept['credits']} "
                f"credits and our client expects {one.asked.credits}; mend tools/freshdesk/"
                f"limits.py, or run {self._mend}"
            )


def endpoint_of(asked: Asked) -> str:
    """Return the endpoint of a request, ids and languages left out."""
    bare = _ID.sub("/{id}", asked.path.removeprefix(API))
    return asked.method + " " + _TRANSLATED.sub(r"\1/{lang}", bare)


def _file(endpoint: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", endpoint.lower()).strip("-") + ".json"


def _written(cassette: Cassette) -> str:
    told = {
        "version": VERSION,
        "of": cassette.of,
        "endpoint": cassette.endpoint,
        "exchanges": [_kept(one) for one in cassette.exchanges],
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _kept(one: Exchange) -> dict[str, Any]:
    asked, answer = one.asked, one.answer
    request = {"method": asked.method, "path": asked.path, "query": asked.query}
    request |= {"kind": asked.kind, "body": asked.body} if asked.body else {}
    try:
        body: dict[str, Any] = {"json": json.loads(answer.body)} if answer.body else {}
    except ValueError:
        body = {"text": answer.body.decode("utf-8", errors="replace")}
    headers = dict(sorted(answer.headers.items()))
    told = {"status": answer.status, "headers": headers, **body}
    return {"credits": asked.credits, "request": request, "answer": told}


def _exchange(kept: dict[str, Any]) -> Exchange:
    sent, told = kept["request"], kept["answer"]
    asked = Asked(
        sent["method"], sent["path"], sent["query"], sent.get("body", ""), sent.get("kind", "")
    )
    body = told.get("text", "").encode()
    if "json" in told:
        body = json.dumps(told["json"], ensure_ascii=False).encode()
    return Exchange(asked, Answer(told["status"], told["headers"], body))
