"""One API call, read to the end: path, query, body and files."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request

from tools.freshdesk.sandbox.answers import Answer, Fault, Refused, coded, invalid_value, validation
from tools.freshdesk.sandbox.records import Json

_LONGEST = 32 * 1024 * 1024  # bytes; attachments are refused earlier, at 20 MB
_NESTED = re.compile(r"^(?P<name>[^\[\]]+)\[(?P<key>[^\[\]]*)\](?P<list>\[\])?$")


@dataclass(frozen=True, slots=True)
class File:
    """One uploaded file: what an attachment needs to be shown."""

    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Call:
    """What the routes see of a request.

    Attributes:
        path: below `/api/v2`, with one leading slash.
        origin: scheme and host as the caller wrote them, for links.
        form: the body came as a form, so every scalar is text.
        params: the parameters in the path.
    """

    method: str
    path: str
    origin: str
    query: Mapping[str, str]
    body: Json
    files: tuple[File, ...] = ()
    form: bool = False
    params: Mapping[str, str] = field(default_factory=dict)

    def id(self, name: str = "id") -> int:
        """Return a path parameter as a number.

        Raises:
            Refused: 404, as the service answers for an id that is no number.
        """
        text = self.params[name]
        if not text.isdecimal() or not text.isascii():
            raise Refused(Answer(HTTPStatus.NOT_FOUND))
        return int(text)


def key_of(header: str | None) -> str | None:
    """Return the user part of a Basic header, which is the API key; None if there is none.

    Source: https://developers.freshdesk.com/api/#authentication
    """
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return None


async def read(request: Request, path: str, params: Mapping[str, str]) -> Call:
    """Read the whole request.

    Raises:
        Refused: 406, 415, or 400 for a body that is not JSON or too large.
    """
    _acceptable(request.headers.get("accept"))
    raw = await request.body()
    if len(raw) > _LONGEST:
        raise validation(
            [invalid_value("base", "The request is too large.")],
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    # The last of repeated keys wins, as in the vendor's framework.
    query = dict(parse_qsl(request.url.query, keep_blank_values=True))
    origin = f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"
    body, files, form = await _content(request, raw)
    return Call(request.method, path, origin, query, body, files, form, params)


def _acceptable(accept: str | None) -> None:
    if not accept:
        return
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    # Clients list fallbacks ("application/json, text/plain, */*"); one that fits is enough.
    if not any(kind in {"application/json", "application/*", "*/*", "*", ""} for kind in wanted):
        raise Refused(Answer(HTTPStatus.NOT_ACCEPTABLE))


async def _content(request: Request, raw: bytes) -> tuple[Json, tuple[File, ...], bool]:
    if not raw:
        return {}, (), False
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" or (
        kind == "application/x-www-form-urlencoded" and request.method != "GET"
    ):
        return await _form(request)
    if request.method == "GET":
        return {}, (), False  # a body on GET is ignored
    if kind != "application/json":
        # The vendor's list of codes has none for it, and no sample shows a body.
        raise Refused(Answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE))
    return _json(raw), (), False


def _json(raw: bytes) -> Json:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as fault:
        raise coded(
            HTTPStatus.BAD_REQUEST, "invalid_json", "Request body has invalid json format"
        ) from fault
    if not isinstance(body, dict):
        raise coded(HTTPStatus.BAD_REQUEST, "invalid_json", "Request body has invalid json format")
    return body


async def _form(request: Request) -> tuple[Json, tuple[File, ...], bool]:
    body: Json = {}
    files: list[File] = []
    async with request.form(max_part_size=25 * 1024 * 1024) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files.append(
                    File(
                        value.filename or "",
                        value.content_type or "application/octet-stream",
                        value.size or 0,
                    )
                )
            elif name in {"attachments[]", "attachments"}:
                raise validation([_not_a_file()])
            else:
                _put(body, name, value)
    return body, tuple(files), True


def _not_a_file() -> Fault:
    # An attachment sent as text: https://github.com/verbb/formie/issues/725.
    return invalid_value("attachments", "It should be a valid file")


def _put(body: Json, name: str, value: str) -> None:
    found = _NESTED.match(name)
    if found is None:
        body[name] = value
    elif not found["key"]:
        body.setdefault(found["name"], []).append(value)
    else:
        inner = body.setdefault(found["name"], {})
        if found["list"]:
            inner.setdefault(found["key"], []).append(value)
        else:
            inner[found["key"]] = value
