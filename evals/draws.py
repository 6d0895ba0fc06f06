"""Keep and find a model's answers by the content of the request; a miss is an outcome of its own.

One line a draw, in JSONL files named by the first two digits of the key: they merge without
conflict and an unchanged request costs nothing. Only bodies are kept, never a header.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evals.segments import differences

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
MEND = "take the file from version control again, or delete the line and record it again"


@dataclass(frozen=True, slots=True)
class Draw:
    """One recorded answer.

    Attributes:
        request: what the key is made of, kept to name what differs on a miss.
        n: the trial that it was drawn in, from 0.
        response: what of the body is kept.
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
        asked: the request, as a key is made of it.
        nearest: the draw whose request is most like it, or None if there is none.
        differs: a line for each segment that differs, and the lines that do.
    """

    def __init__(
        self, asked: Mapping[str, object], n: int, nearest: Draw | None, differs: tuple[str, ...]
    ) -> None:
        near = f"nearest is {nearest.key[:12]}" if nearest else "nothing is recorded"
        lines = "".join(f"\n  {one}" for one in differs)
        super().__init__(f"no draw for {_digest(asked)[:12]} in trial {n}; {near}{lines}")
        self.asked = asked
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
    return _digest(keyed(body))


class Draws:
    """A folder of recorded answers, read whole.

    Raises:
        ValueError: a line is no draw, or was touched; file, line and mend are named.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: dict[str, dict[int, Draw]] = {}
        for shard in shards(folder):
            for draw in _lines(shard):
                self._kept.setdefault(draw.key, {})[draw.n] = draw

    def __len__(self) -> int:
        return sum(len(draws) for draws in self._kept.values())

    def __iter__(self) -> Iterator[Draw]:
        """Yield every draw, by key and number."""
        kept = (self._kept[key_] for key_ in sorted(self._kept))
        return (draws[n] for draws in kept for n in sorted(draws))

    @property
    def requests(self) -> tuple[Mapping[str, object], ...]:
        """Every recorded request, once."""
        return tuple(draw.request for draw in self._firsts())

    @property
    def keys(self) -> frozenset[tuple[str, int]]:
        """Every recorded key with its trial."""
        return frozenset((draw.key, draw.n) for draw in self)

    def find(self, body: Mapping[str, object], *, n: int = 0) -> Draw:
        """Return what a request was answered in a trial.

        Raises:
            Unrecorded: it was not asked in this trial.
        """
        asked = keyed(body)
        draws = self._kept.get(_digest(asked), {})
        if n in draws:
            return draws[n]
        if draws:
            own = draws[min(draws)]
            raise Unrecorded(asked, n, own, (f"the same request, in {len(draws)} other trials",))
        nearest = max(self._firsts(), key=lambda draw: _alike(draw.request, asked), default=None)
        differs = differences(nearest.request, asked) if nearest else ()
        raise Unrecorded(asked, n, nearest, differs)

    def add(self, draw: Draw) -> None:
        """Keep a draw; its file is replaced whole, and stays sorted by key and number."""
        self._kept.setdefault(draw.key, {})[draw.n] = draw
        self._write(draw.key[:2])

    def drop(self, gone: Collection[tuple[str, int]]) -> None:
        """Keep these no more; a file without a draw is removed."""
        for key_, n in gone:
            del self._kept[key_][n]
        for shard in sorted({key_[:2] for key_, _ in gone}):
            self._write(shard)

    def _firsts(self) -> Iterator[Draw]:
        return (draws[min(draws)] for draws in self._kept.values() if draws)

    def _write(self, shard: str) -> None:
        lines = [_line(draw) for draw in self if draw.key.startswith(shard)]
        file = self.folder / f"{shard}.jsonl"
        if lines:
            replace_whole(file, "\n".join(lines) + "\n")
        else:
            file.unlink(missing_ok=True)


def shards(folder: Path) -> list[Path]:
    """Return the files that hold draws, in order."""
    return sorted(folder.glob("[0-9a-f][0-9a-f].jsonl"))


def replace_whole(file: Path, text: str) -> None:
    """Write a file so that a kill leaves the old one or the new one, never half of either."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_text(text, "utf-8")
    beside.replace(file)


def _alike(one: Mapping[str, object], other: Mapping[str, object]) -> tuple[bool, int, int]:
    same = sum(one.get(name) == other.get(name) for name in _KEYED)
    talks = [_canonical(each.get("messages")) for each in (one, other)]
    turns = [talk.count('"role":') for talk in talks]
    return turns[0] == turns[1], same, _common(*talks)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _digest(asked: Mapping[str, object]) -> str:
    return hashlib.sha256(_canonical(asked).encode()).hexdigest()


def _common(one: str, other: str) -> int:
    """Return how many characters two texts share at both ends together."""
    begin = _beginning(one, other)
    return begin + _beginning(one[begin:][::-1], other[begin:][::-1])


def _beginning(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _line(draw: Draw) -> str:
    return _canonical({name: getattr(draw, name) for name in Draw.__dataclass_fields__})


def _lines(shard: Path) -> list[Draw]:
    found: list[Draw] = []
    for number, line in enumerate(shard.read_text("utf-8").splitlines(), start=1):
        try:
            draw = Draw(**json.loads(line))
        except (ValueError, TypeError) as error:
            told = f"{shard}:{number}: this line is no draw ({error}); {MEND}"
            raise ValueError(told) from error
        if key(draw.request) != draw.key:
            raise ValueError(f"{shard}:{number}: the request does not have this key; {MEND}")
        answered = draw.response.get("model", "")
        if not same_model(str(draw.request.get("model")), str(answered)):
            raise ValueError(
                f"{shard}:{number}: the request asks {draw.request.get('model')!r}, but "
                f"{answered!r} answered; delete this line and record it again"
            )
        found.append(draw)
    return found


def same_model(asked: str, answered: str) -> bool:
    """Whether an answer is of the model asked: endpoints add dates and names of makers."""
    return not answered or asked in answered or answered in asked
