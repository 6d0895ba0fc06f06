"""Keep and find a model's answers by the content of the request; a miss is an outcome of its own.

One line a draw, in JSONL files named by the first two digits of the key: they merge without
conflict and an unchanged request costs nothing. Only bodies are kept, never a header.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

RECORDINGS = Path(__file__).parent / "cassettes" / "model"
"""The answers that ship."""
API = "chat.completions"
_KEYED = (
    "model",
    "messages",
    "tools",
    "tool_choice",
    "response_format",
    "temperature",
    "frequency_penalty",
    "seed",
    "max_tokens",
)
_SHOWN = 60
_MEND = "take the file from version control again, or delete the line and record it again"


@dataclass(frozen=True, slots=True)
class Draw:
    """One recorded answer.

    Attributes:
        request: what the key is made of, kept to name what differs on a miss.
        n: 0 for the first draw of this key; repeated trials count up.
        response: the whole body as it came.
        latency_ms: milliseconds, at recording.
        recorded_at: ISO time, UTC.
        sdk: name and version of the library that asked.
    """

    key: str
    n: int
    request: Mapping[str, object]
    status: int
    response: Mapping[str, object]
    latency_ms: int
    recorded_at: str
    sdk: str


class Unrecorded(LookupError):
    """No draw has this request: neither a pass nor a fault of the product.

    Attributes:
        nearest: the key of the recorded request most like it, or None if there is none.
        differs: where the two differ, such as "messages[1].content from character 312".
    """

    def __init__(self, key: str, nearest: str | None, differs: tuple[str, ...]) -> None:
        near = f"nearest {nearest[:12]}: {'; '.join(differs)}" if nearest else "nothing recorded"
        super().__init__(f"no draw for {key[:12]} ({near})")
        self.key = key
        self.nearest = nearest
        self.differs = differs


def keyed(body: Mapping[str, object]) -> dict[str, object]:
    """Return what of a request decides its answer, under one set of names."""
    named = dict(body)
    if "max_completion_tokens" in named:
        named["max_tokens"] = named["max_completion_tokens"]
    return {"api": API} | {name: named[name] for name in _KEYED if named.get(name) is not None}


def key(body: Mapping[str, object]) -> str:
    """Return sha256 over canonical JSON of what decides the answer."""
    return hashlib.sha256(_canonical(keyed(body)).encode()).hexdigest()


class Draws:
    """A folder of recorded answers, read whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, list[Draw]] = {}
        for shard in sorted(folder.glob("[0-9a-f][0-9a-f].jsonl")):
            for draw in _lines(shard):
                self._kept.setdefault(draw.key, []).append(draw)

    def __len__(self) -> int:
        return sum(len(draws) for draws in self._kept.values())

    def __iter__(self) -> Iterator[Draw]:
        """Yield every draw, by key and number."""
        return (draw for key_ in sorted(self._kept) for draw in self._kept[key_])

    @property
    def requests(self) -> tuple[Mapping[str, object], ...]:
        """Every recorded request, once."""
        return tuple(draws[0].request for draws in self._kept.values())

    @property
    def keys(self) -> frozenset[str]:
        """Every recorded key."""
        return frozenset(self._kept)

    def find(self, body: Mapping[str, object], *, n: int = 0) -> Draw:
        """Return the n-th draw of a request.

        Raises:
            Unrecorded: there is none.
        """
        wanted = key(body)
        draws = self._kept.get(wanted, [])
        if n < len(draws):
            return draws[n]
        nearest = None if draws else self._nearest(keyed(body))
        if nearest is None:
            raise Unrecorded(wanted, wanted if draws else None, (f"only {len(draws)} draws",))
        raise Unrecorded(wanted, nearest.key, differences(nearest.request, keyed(body)))

    def add(self, draw: Draw) -> None:
        """Keep a draw; its file stays sorted by key and number."""
        self._kept.setdefault(draw.key, []).append(draw)
        self._folder.mkdir(parents=True, exist_ok=True)
        shard = draw.key[:2]
        own = [d for k, draws in self._kept.items() if k.startswith(shard) for d in draws]
        lines = [_line(d) for d in sorted(own, key=lambda d: (d.key, d.n))]
        (self._folder / f"{shard}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")

    def drawn(self, body: Mapping[str, object]) -> int:
        """Return how many draws a request has."""
        return len(self._kept.get(key(body), []))

    def _nearest(self, request: Mapping[str, object]) -> Draw | None:
        firsts = [draws[0] for draws in self._kept.values()]
        return max(firsts, key=lambda d: _alike(d.request, request), default=None)


def differences(recorded: object, asked: object, where: str = "") -> tuple[str, ...]:
    """Return the places where two requests differ, in words that quote neither."""
    if recorded == asked:
        return ()
    if isinstance(recorded, Mapping) and isinstance(asked, Mapping):
        names = sorted({*recorded, *asked})
        return tuple(
            fault
            for name in names
            for fault in differences(recorded.get(name), asked.get(name), f"{where}.{name}")
        )
    if isinstance(recorded, list) and isinstance(asked, list) and len(recorded) == len(asked):
        pairs = enumerate(zip(recorded, asked, strict=True))
        return tuple(f for at, (a, b) in pairs for f in differences(a, b, f"{where}[{at}]"))
    if isinstance(recorded, str) and isinstance(asked, str):
        return (f"{where.lstrip('.')} from character {_common(recorded, asked)}",)
    if isinstance(recorded, list) and isinstance(asked, list):
        return (f"{where.lstrip('.')}: {len(recorded)} then, {len(asked)} asked",)
    return (f"{where.lstrip('.')}: {str(recorded)[:_SHOWN]} then, {str(asked)[:_SHOWN]} asked",)


def _common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _alike(one: Mapping[str, object], other: Mapping[str, object]) -> tuple[bool, int, int]:
    same = sum(one.get(name) == other.get(name) for name in _KEYED)
    talks = (one.get("messages"), other.get("messages"))
    turns = [len(talk) if isinstance(talk, list) else 0 for talk in talks]
    return turns[0] == turns[1], _common(_canonical(talks[0]), _canonical(talks[1])), same


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _line(draw: Draw) -> str:
    return _canonical({name: getattr(draw, name) for name in Draw.__dataclass_fields__})


def _lines(shard: Path) -> list[Draw]:
    found: list[Draw] = []
    for number, line in enumerate(shard.read_text("utf-8").splitlines(), start=1):
        try:
            draw = Draw(**json.loads(line))
        except (ValueError, TypeError) as error:
            told = f"{shard}:{number}: this line is no draw ({error}); {_MEND}"
            raise ValueError(told) from error
        if key(draw.request) != draw.key:
            raise ValueError(f"{shard}:{number}: the request does not have this key; {_MEND}")
        found.append(draw)
    return found
