"""The one door to the recorder: helpdesk traffic on tape, one cassette an endpoint, serial.

What a cassette holds of a request pins it: method, path, query as written, body and credits.
Credentials are never written: headers are kept by a list of names, and none of them is secret.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from vcr import VCR
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.request import Request

from evals.tape import RECORDED_AT, Answer, Asked, Cassette, Exchange, Tapes, endpoint_of


class Scrub(Protocol):
    """Takes out of traffic whatever is somebody's, before it is kept anywhere."""

    def asked(self, asked: Asked) -> Asked:
        """Return the request as it may be kept."""
        ...

    def answer(self, asked: Asked, answer: Answer) -> Answer:
        """Return the answer to such a request as it may be kept."""
        ...


_KEPT = frozenset({
    "content-type", "date", "link", "location", "retry-after", "x-freshdesk-api-version",
    "x-ratelimit-total", "x-ratelimit-remaining", "x-ratelimit-used-currentrequest",
})  # fmt: skip
_BOUNDARY = re.compile(rb"boundary=([^\s;]+)")
_FIXED = b"deskhand-boundary"
_OTHERS = ("httplib", "requests", "boto3", "urllib3", "httplib2", "tornado", "aiohttp", "httpx2")
_AT_ONCE = threading.Lock()


class Changed(AssertionError):
    """What is sent is not what was recorded; the sentence says which call, and the mend."""


@contextmanager
def playing(folder: Path, *, mend: str) -> Iterator[None]:
    """Answer every request from a folder's cassettes, and refuse all others.

    Args:
        folder: of cassettes.
        mend: the command that records them again.

    Raises:
        Changed: a request is none of the recorded ones, or a recorded one was not made.
        ValueError: a cassette cannot be read.
    """
    tapes = Tapes(folder, mend=mend)
    tapes.load()
    with _serial(), _vcr(_Persister(tapes, of="")).use_cassette(str(folder)) as cassette:
        try:
            yield
        except Exception as fault:
            miss = _miss(fault)
            if miss is None:
                raise
            raise Changed(_told(miss, cassette, mend)) from fault
        left = [r for n, r in enumerate(cassette.requests) if not cassette.play_counts[n]]
        if left:
            named = ", ".join(f"{one.method} {_below(one.uri)}" for one in left[:3])
            raise Changed(
                f"{folder}: {len(left)} recorded requests were not made, {named} first; if that is "
                f"meant, record again: {mend}"
            )


@contextmanager
def recording(folder: Path, *, of: str, mend: str, scrub: Scrub | None = None) -> Iterator[None]:
    """Let requests through and keep them, one cassette an endpoint, in place of the folder's.

    Args:
        folder: what is in it is replaced, once the whole traffic went well.
        of: whose answers these are, for whoever opens a cassette.
        mend: the command that records them again.
        scrub: takes out what is somebody's.
    """
    persister = _Persister(Tapes(folder, mend=mend), of=of)
    recorder = _vcr(persister, record=True, scrub=scrub)
    with _serial(), recorder.use_cassette(str(folder), record_on_exception=False):
        yield


@contextmanager
def _serial() -> Iterator[None]:
    """Hold the process for one tape at a time: two at once would answer each other's requests."""
    if not _AT_ONCE.acquire(blocking=False):
        raise RuntimeError("another tape runs in this process; record and play one at a time")
    try:
        yield
    finally:
        _AT_ONCE.release()


def _vcr(persister: "_Persister", *, record: bool = False, scrub: Scrub | None = None) -> Any:  # noqa: ANN401 -- the library has no types
    hooks = _Hooks(scrub)
    recorder = VCR(
        record_mode="all" if record else "none",
        serializer="json",
        match_on=["exactly"],
        before_record_request=hooks.request,
        before_record_response=hooks.response,
        decode_compressed_response=True,
        skip_patchers=_OTHERS,
    )
    recorder.register_matcher("exactly", _exactly)
    recorder.register_persister(persister)
    return recorder


def _exactly(sent: Request, recorded: Request) -> None:
    """Tell two requests apart by all that pins them; the library's own queries forget blanks."""
    for name, one, other in (
        ("method", sent.method, recorded.method),
        ("address", _below(sent.uri), _below(recorded.uri)),
        ("body", sent.body or b"", recorded.body or b""),
    ):
        assert one == other, f"the {name} is {one!r}, recorded is {other!r}"  # noqa: S101 -- so the library asks for it


def _below(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@dataclass(slots=True)
class _Hooks:
    """What happens to an exchange before the library keeps or compares it; serial, so it may wait.

    Attributes:
        origin: where the last request went, to be replaced in the headers of its answer.
    """

    scrub: Scrub | None
    origin: str = RECORDED_AT
    asked: Asked | None = None

    def request(self, sent: Request) -> Request:
        parts = urlsplit(sent.uri)
        if f"{parts.scheme}://{parts.netloc}" != RECORDED_AT:
            self.origin = f"{parts.scheme}://{parts.netloc}"
        body, kind = sent.body or b"", str(sent.headers.get("content-type", ""))
        found = _BOUNDARY.search(kind.encode())
        if found:
            body, kind = (
                body.replace(found[1], _FIXED),
                kind.replace(found[1].decode(), _FIXED.decode()),
            )
        asked = Asked(sent.method, parts.path, parts.query, body.decode("utf-8"), kind)
        self.asked = asked if self.scrub is None else self.scrub.asked(asked)
        return _as_request(self.asked)

    def response(self, told: dict[str, Any]) -> dict[str, Any]:
        headers = {
            name.lower(): str(values[0]).replace(self.origin, RECORDED_AT)
            for name, values in told["headers"].items()
            if name.lower() in _KEPT
        }
        answer = Answer(told["status"]["code"], headers, bytes(told["body"]["string"]))
        if self.scrub is not None and self.asked is not None:
            answer = self.scrub.answer(self.asked, answer)
        return _as_response(answer)


class _Persister:
    """Keeps one conversation as a cassette for each endpoint; the library asks for this shape."""

    def __init__(self, tapes: Tapes, *, of: str) -> None:
        self._tapes = tapes
        self._of = of

    def load_cassette(self, path: str, serializer: object) -> tuple[list[Request], list[Any]]:
        """Return all exchanges of the folder; none where something is to be recorded."""
        del path, serializer
        if self._of:
            raise CassetteNotFoundError
        exchanges = [one for tape in self._tapes.load() for one in tape.exchanges]
        asked = [_as_request(one.asked) for one in exchanges]
        return asked, [_as_response(one.answer) for one in exchanges]

    def save_cassette(self, path: str, cassette_dict: dict[str, Any], serializer: object) -> None:
        """Write one file an endpoint."""
        del path, serializer
        by: dict[str, list[Exchange]] = {}
        for sent, told in zip(cassette_dict["requests"], cassette_dict["responses"], strict=True):
            parts, kind = urlsplit(sent.uri), str(sent.headers.get("content-type", ""))
            body = (sent.body or b"").decode("utf-8")
            asked = Asked(sent.method, parts.path, parts.query, body, kind)
            headers = {name: values[0] for name, values in told["headers"].items()}
            answer = Answer(told["status"]["code"], headers, told["body"]["string"])
            by.setdefault(endpoint_of(asked), []).append(Exchange(asked, answer))
        self._tapes.save([Cassette(self._of, name, tuple(by[name])) for name in sorted(by)])


def _as_request(asked: Asked) -> Request:
    question = f"?{asked.query}" if asked.query else ""
    headers = {"content-type": asked.kind} if asked.kind else {}
    return Request(asked.method, RECORDED_AT + asked.path + question, asked.body.encode(), headers)


def _as_response(answer: Answer) -> dict[str, Any]:
    return {
        "status": {"code": answer.status, "message": ""},
        "headers": {name: [value] for name, value in answer.headers.items()},
        "body": {"string": answer.body},
    }


def _miss(fault: BaseException | None) -> Any:  # noqa: ANN401 -- the library's own error
    while fault is not None:
        if isinstance(fault, CannotOverwriteExistingCassetteException):
            return fault
        fault = fault.__cause__ or fault.__context__
    return None


def _told(miss: Any, cassette: Any, mend: str) -> str:  # noqa: ANN401 -- the library's own
    """Say which call was not recorded, and what the nearest recorded one has in its place."""
    sent: Request = miss.failed_request
    asked = Asked(sent.method, urlsplit(sent.uri).path, "", "", "")
    near = [one for one in cassette.requests if _same_endpoint(one, asked)]
    how = "no such call is recorded"
    if near:
        fresh = _Hooks(None).request(sent)
        try:
            _exactly(fresh, near[0])
            how = "it was recorded, but not as often"
        except AssertionError as fault:
            how = str(fault)
    return (
        f"{sent.method} {_below(sent.uri)} is not what was recorded for {endpoint_of(asked)}: "
        f"{how}; if that is meant, record again: {mend}"
    )


def _same_endpoint(one: Request, asked: Asked) -> bool:
    other = Asked(one.method, urlsplit(one.uri).path, "", "", "")
    return endpoint_of(other) == endpoint_of(asked)
