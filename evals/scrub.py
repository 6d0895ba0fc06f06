"""Traffic of a real account with nobody in it: every text, name, number and own key replaced.

What stays is what the vendor made: keys, types, nulls, small numbers and words of its lists.
"""

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from evals.pseudonyms import Pseudonyms
from evals.tape import Answer, Asked

_VENDORS_KEY = re.compile(r"[a-z][a-z0-9_]*")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LONG = re.compile(r"\d{4,}")
_ENUMS = frozenset({"type", "language", "group_type", "content_type", "level", "code"})
OWN = frozenset({"custom_fields", "choices", "ratings"})
"""Objects whose keys the account made up."""
_WORD = re.compile(r"[a-z_/.-]{2,40}")
_SMALL = 1000


@dataclass(slots=True)
class Scrubber:
    """Implements `evals.recorder.Scrub`; the same person or number is the same throughout."""

    _names: Pseudonyms = field(default_factory=Pseudonyms)
    _keys: dict[str, str] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict)

    def asked(self, asked: Asked) -> Asked:
        """Return the request with other ids; what it searched for is ours."""
        path = re.sub(r"(?<=/)\d+(?=/|$)", lambda one: str(self._id(int(one[0]))), asked.path)
        query = re.sub(r"(?<=_id=)\d+", lambda one: str(self._id(int(one[0]))), asked.query)
        return replace(asked, path=path, query=query)

    def answer(self, asked: Asked, answer: Answer) -> Answer:
        """Return the answer with nothing in it that is the account's own."""
        del asked
        headers = dict(answer.headers)
        for name in ("link", "location"):
            if name in headers:
                headers[name] = _LONG.sub(lambda one: str(self._id(int(one[0]))), headers[name])
        try:
            body = json.dumps(self._value(json.loads(answer.body), "")).encode()
        except ValueError:
            body = b"a body that is no JSON" if answer.body else b""
        return Answer(answer.status, headers, body)

    def _value(self, value: Any, key: str) -> Any:  # noqa: ANN401 -- any JSON
        match value:
            case bool() | None:
                return value
            case int():
                named = key == "id" or key.endswith(("_id", "_ids"))
                return self._id(value) if named or abs(value) >= _SMALL else value
            case float():
                return value if abs(value) < _SMALL else 0.5
            case str():
                return self._text(value, key)
            case list():
                return [self._value(one, key) for one in value]
            case dict():
                own = key in OWN
                return {
                    self._key(name, own=own): self._value(one, key if own else name)
                    for name, one in value.items()
                }
        return None

    def _text(self, text: str, key: str) -> str:
        if not text:
            return text
        if when := _TIME.fullmatch(text):
            return "2026-01-01" + ("T00:00:00" + (when[3] or "") if when[1] else "")
        if text.isdecimal():
            return str(self._id(int(text)))
        if key in _ENUMS and _WORD.fullmatch(text):
            return text
        if _MAIL.search(text):
            return self._names.mail(text)
        return "<p>Text</p>" if text.lstrip().startswith("<") else "Text"

    def _key(self, name: str, *, own: bool) -> str:
        if not own and _VENDORS_KEY.fullmatch(name) and not name.startswith("cf_"):
            return name
        if name.isdecimal() and len(name) < len(str(_SMALL)):
            return name
        return self._keys.setdefault(name, f"own_{len(self._keys) + 1}")

    def _id(self, number: int) -> int:
        """Return another number of as many digits."""
        text = str(number)
        if text not in self._ids:
            serial = len(self._ids) + 1
            made = 7 * 10 ** (len(text) - 1) + serial if len(text) > 1 else serial
            self._ids[text] = made
        return self._ids[text]
