"""Find, check and fill a prompt; nothing here knows what a prompt is for.

A version is one file, `name/vN.md`: a TOML head between `+++` lines (`why`, `inputs`), then
segments, each begun by a line `=== name`. An input stands as `{{name}}` in the text.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_VERSION = re.compile(r"v[1-9][0-9]*")
_HEAD = re.compile(r"\A\+\+\+\n(?P<head>.*?)^\+\+\+\n(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
_SEGMENT = re.compile(r"^=== ([a-z_]+)\n", re.MULTILINE)
_INPUT = re.compile(r"\{\{([a-z_]+)\}\}")


class BadPrompt(ValueError):
    """A prompt cannot be found, read or filled; the message names the file and the fault."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One version of one text.

    Attributes:
        inputs: what `fill` must be given, no more and no less.
        why: what this version is for, from its head.
        segments: name and text with `{{input}}` places, in order.
        digest: sha256 of the whole file, hexadecimal.
    """

    name: str
    version: str
    why: str
    inputs: tuple[str, ...]
    segments: tuple[tuple[str, str], ...]
    digest: str

    @property
    def reference(self) -> str:
        """`name@version`, as kept with every draft."""
        return f"{self.name}@{self.version}"

    def fill(self, inputs: Mapping[str, str]) -> dict[str, str]:
        """Return each segment's text with the inputs in place.

        What an input says is put in as it is: `{{…}}` inside it stays text.

        Raises:
            BadPrompt: an input is missing or surplus.
        """
        missing = sorted(set(self.inputs) - set(inputs))
        surplus = sorted(set(inputs) - set(self.inputs))
        if missing or surplus:
            raise BadPrompt(f"{self.reference}: missing inputs {missing}, surplus inputs {surplus}")
        return {
            name: _INPUT.sub(lambda place: inputs[place[1]], text) for name, text in self.segments
        }

    @property
    def lock(self) -> dict[str, str]:
        """The digests that the lock keeps: of the file, and of each segment."""
        own = {name: _sha256(text) for name, text in self.segments}
        return {"file": self.digest, **own}


def live(name: str) -> Prompt:
    """Return the version that `current.toml` names.

    Raises:
        BadPrompt: no such prompt is live, or its file is faulty.
    """
    current = _table(_root() / "current.toml")
    version = current.get(name)
    if not isinstance(version, str):
        raise BadPrompt(
            f"prompts/current.toml names no version of {name!r}; live: {sorted(current)}"
        )
    return find(name, version)


@cache
def find(name: str, version: str) -> Prompt:
    """Return one version.

    Raises:
        BadPrompt: there is no such file, or it is faulty.
    """
    if not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
        raise BadPrompt(
            f"{name!r}@{version!r} is no prompt reference; one looks like draft_reply@v1"
        )
    where = f"prompts/{name}/{version}.md"
    file = _root() / name / f"{version}.md"
    if not file.is_file():
        raise BadPrompt(f"{where} does not exist")
    return parse(file.read_text("utf-8"), name=name, version=version)


def parse(source: str, *, name: str, version: str) -> Prompt:
    """Return a prompt from its file's text.

    Raises:
        BadPrompt: the head or a segment is faulty.
    """
    where = f"prompts/{name}/{version}.md"
    parted = _HEAD.match(source.replace("\r\n", "\n"))
    if parted is None:
        raise BadPrompt(f"{where}: line 1: the TOML head must stand between two +++ lines")
    why, inputs = _head(parted["head"], where)
    segments = _segments(parted["body"], where)
    used = {place for _, text in segments for place in _INPUT.findall(text)}
    if used != set(inputs):
        raise BadPrompt(
            f"{where}: the head names inputs {sorted(inputs)}, the text uses {sorted(used)}"
        )
    return Prompt(name, version, why, inputs, segments, _sha256(source))


def check() -> tuple[str, ...]:
    """Return what is wrong with the library, in words; nothing if all is well.

    Every version parses, every released one is as it was locked, and what is live is locked.
    """
    faults: list[str] = []
    locked = _table(_root() / "lock.toml")
    seen: set[str] = set()
    for name, version in _versions():
        try:
            prompt = find(name, version)
        except BadPrompt as error:
            faults.append(str(error))
            continue
        seen.add(prompt.reference)
        kept = locked.get(prompt.reference)
        if isinstance(kept, dict):
            faults += _changed(prompt, kept)
    faults += [f"prompts/lock.toml: {gone} has no file" for gone in sorted(set(locked) - seen)]
    promoted = [f"{name}@{version}" for name, version in _table(_root() / "current.toml").items()]
    faults += [
        f"prompts/current.toml: {reference} is live but not in lock.toml"
        for reference in promoted
        if reference not in locked
    ]
    return tuple(faults)


def _changed(prompt: Prompt, kept: Mapping[str, object]) -> list[str]:
    own = prompt.lock
    parts = [part for part in sorted({*own, *kept}) if own.get(part) != kept.get(part)]
    if not parts:
        return []
    where = f"prompts/{prompt.name}/{prompt.version}.md"
    return [f"{where}: released, but edited since ({', '.join(parts)}); write the next version"]


def _head(source: str, where: str) -> tuple[str, tuple[str, ...]]:
    try:
        head = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise BadPrompt(f"{where}: head: {error}") from error
    if set(head) != {"why", "inputs"}:
        raise BadPrompt(f"{where}: the head holds {sorted(head)}, it must hold 'inputs' and 'why'")
    why, inputs = head["why"], head["inputs"]
    if not isinstance(why, str) or not why.strip():
        raise BadPrompt(f"{where}: head: 'why' must say why this version exists")
    if not isinstance(inputs, list) or not all(isinstance(name, str) for name in inputs):
        raise BadPrompt(f"{where}: head: 'inputs' must be a list of names")
    return why, tuple(inputs)


def _segments(body: str, where: str) -> tuple[tuple[str, str], ...]:
    before, *rest = _SEGMENT.split(body)
    if before.strip() or not rest:
        raise BadPrompt(f"{where}: the text must begin with a segment line such as '=== rules'")
    names, texts = rest[::2], [text.strip() for text in rest[1::2]]
    if len(set(names)) != len(names):
        raise BadPrompt(f"{where}: a segment's name is used twice in {names}")
    empty = [name for name, text in zip(names, texts, strict=True) if not text]
    if empty:
        raise BadPrompt(f"{where}: segments without text: {empty}")
    return tuple(zip(names, texts, strict=True))


def _versions() -> list[tuple[str, str]]:
    folders = [
        entry for entry in _root().iterdir() if entry.is_dir() and _NAME.fullmatch(entry.name)
    ]
    found = [
        (folder.name, file.name.removesuffix(".md"))
        for folder in folders
        for file in folder.iterdir()
        if file.name.endswith(".md")
    ]
    return sorted(found)


def _table(file: Traversable) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise BadPrompt(f"prompts/{file.name} is missing") from error
    except tomllib.TOMLDecodeError as error:
        raise BadPrompt(f"prompts/{file.name}: {error}") from error


def _root() -> Traversable:
    return files("prompts")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
