"""Read the YAML that people write, and say of every mistake its file, its line and the mend."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer
import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)
USAGE = 2
"""The exit code of what cannot be done as it was asked."""


class BadCase(ValueError):
    """Cases or worlds that cannot be played; one line for each mistake.

    Attributes:
        mistakes: each with file, line and what to do.
    """

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


def refuse(*mistakes: str, code: int = USAGE) -> NoReturn:
    """End a command with what is wrong, a line each."""
    for mistake in mistakes:
        typer.echo(f"deskhand evals: {mistake}", err=True)
    raise typer.Exit(code)


class Source:
    """A YAML file with the lines its keys stand on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = _text(path)
        try:
            self.root = yaml.compose(text, Loader=yaml.CSafeLoader)
            self.content = yaml.load(text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as fault:
            line = fault.problem_mark.line + 1 if fault.problem_mark else 1
            raise BadCase([f"{path}:{line}: not YAML: {fault.problem}"]) from fault
        repeated = list(_repeated(self.root))
        if repeated:
            raise BadCase(f"{path}:{line}: {key!r} is written twice" for key, line in repeated)

    def line(self, place: Sequence[int | str] = ()) -> int:
        """Return the line of the deepest key of `place` that is written in the file."""
        node, line = self.root, 1
        for step in place:
            found = _below(node, step)
            if found is None:
                continue
            line, node = found
        return line

    def at(self, place: Sequence[int | str], problem: str) -> str:
        """Return a mistake as people read it."""
        return f"{self.path}:{self.line(place)}: {problem}"

    def read(self, kind: type[M]) -> M:
        """Return the file's content as a model.

        Raises:
            BadCase: it does not fit; every mistake is listed.
        """
        try:
            return kind.model_validate(self.content)
        except ValidationError as fault:
            details = fault.errors(include_url=False)
            raise BadCase(self.at(d["loc"], _mend(d, kind)) for d in details) from fault


def yaml_files(folder: Path) -> list[Path]:
    """Return a folder's YAML files in order of their names."""
    return sorted(folder.glob("*.yaml"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadCase([f"{path}:1: cannot be read ({type(fault).__name__})"]) from fault


def _below(node: yaml.Node | None, step: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None


def _repeated(node: yaml.Node | None) -> Iterable[tuple[str, int]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated(value)


def _mend(detail: ErrorDetails, kind: type[BaseModel]) -> str:
    name = detail["loc"][-1] if detail["loc"] else "the file"
    if detail["type"] == "extra_forbidden":
        return f"unknown key {name!r}{_suggestion(str(name), _keys(kind))}"
    if detail["type"] == "missing":
        return f"the key {name!r} is missing; add it"
    message = str(detail["msg"]).removeprefix("Value error, ")
    return f"{'.'.join(str(step) for step in detail['loc'])}: {message}"


def _suggestion(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else "; remove it"


def _keys(kind: type[BaseModel]) -> list[str]:
    """Return the keys of a model and of the models inside it."""
    found: list[str] = []
    for name, info in kind.model_fields.items():
        found.append(name)
        inner: Any = info.annotation
        for each in (inner, *getattr(inner, "__args__", ())):
            if isinstance(each, type) and issubclass(each, BaseModel) and each is not kind:
                found += _keys(each)
    return found
