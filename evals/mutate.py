"""Break a copy of the source on purpose, one thing at a time, and see whether any case notices."""

import asyncio
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.case import Strict
from evals.files import BadCase, Source
from evals.grade import Verdict
from evals.results import read

ROOT = Path(__file__).parent.parent
MUTANTS = Path(__file__).parent / "mutants.yaml"
_CODE = ("agent", "evals", "prompts", "tools")
_LINT, _RUN = ("lint", "--quick"), ("run", "--out", "results.json")
_PLAY = "import sys; from evals.cli import app; app(sys.argv[1:])"
_FAILED = 1
_SECONDS = 300.0


class End(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    """A case fails, or lint refuses it."""
    SURVIVED = "survived"
    """Nobody notices: a case is missing."""
    CRASHED = "crashed"
    """It cannot run at all, so it proves nothing and counts for nothing."""


class Change(Strict):
    """A text that is replaced in a file."""

    id: str
    why: str
    file: str
    old: str
    new: str


class DropEach(Strict):
    """A tuple whose members are dropped in turn, one a line."""

    file: str
    of: str


class Plan(Strict):
    """The file of mutants."""

    drop_each: tuple[DropEach, ...] = ()
    change: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Mutant:
    """What became of a change; `by` names who noticed: cases, or lint."""

    change: Change
    end: End
    by: tuple[str, ...] = ()


def changes(path: Path = MUTANTS, *, root: Path = ROOT) -> tuple[Change, ...]:
    """Return every change that is planned.

    Raises:
        BadCase: the plan does not fit the source; file, line and mend are named.
    """
    source = Source(path)
    plan = source.read(Plan)
    found = [one for drop in plan.drop_each for one in _drops(drop, root)]
    mistakes = []
    for number, one in enumerate(plan.change):
        times = _text(root / one.file).count(one.old)
        if times != 1:
            problem = f"{one.id}: its old text stands {times} times in {one.file}; write it anew"
            mistakes.append(source.at(["change", number, "old"], problem))
    empty = [drop.of for drop in plan.drop_each if not list(_drops(drop, root))]
    mistakes += [
        source.at(["drop_each"], f"{name} has no member; is it renamed?") for name in empty
    ]
    if mistakes:
        raise BadCase(mistakes)
    return (*found, *plan.change)


async def mutate(
    planned: Sequence[Change],
    *,
    jobs: int = 2,
    root: Path = ROOT,
    tell: Callable[[Mutant], None] = lambda _: None,
) -> tuple[Mutant, ...]:
    """Play every change in a copy of its own; the source itself is never touched.

    Args:
        planned: what to break.
        jobs: copies played at once, a process each.
        root: where the source stands.
        tell: told of each as it ends.

    Raises:
        BadCase: the source fails as it stands, so that everything would look noticed.
    """
    await _sound(root)
    free = asyncio.Semaphore(jobs)

    async def one(change: Change) -> Mutant:
        async with free:
            told = await _played(change, root)
            tell(told)
            return told

    return tuple(await asyncio.gather(*map(one, planned)))


async def _sound(root: Path) -> None:
    whole = Change(id="none", why="Nothing is changed.", file="agent/__init__.py", old="", new="")
    told = await _played(whole, root)
    if told.end is not End.SURVIVED:
        by = ", ".join(told.by[:3]) or "it does not run"
        raise BadCase(
            [f"{root}: fails unbroken ({by}); mend that first, with 'evals lint' and run"]
        )


def rate(told: Sequence[Mutant]) -> tuple[int, int]:
    """Return how many were killed, and of how many that could run."""
    ran = [one for one in told if one.end is not End.CRASHED]
    return sum(one.end is End.KILLED for one in ran), len(ran)


async def _played(change: Change, root: Path) -> Mutant:
    with TemporaryDirectory(prefix="deskhand-mutant-") as folder:
        copy = Path(folder)
        for name in _CODE:
            shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / change.file
        if change.old:
            file.write_text(_text(file).replace(change.old, change.new), encoding="utf-8")
        code = await _call(copy, _LINT)
        if code == 2:  # noqa: PLR2004 -- what lint refuses with
            return Mutant(change, End.KILLED, ("lint",))
        code = await _call(copy, _RUN)
        try:
            cases = read(copy / "results.json").cases
        except BadCase:
            return Mutant(change, End.CRASHED)
        failed = tuple(case.id for case in cases if case.worst.verdict is Verdict.FAILED)
        if code == _FAILED and failed:
            return Mutant(change, End.KILLED, failed)
        broken = any(case.worst.verdict is Verdict.INFRASTRUCTURE for case in cases)
        return Mutant(change, End.CRASHED if broken else End.SURVIVED)


async def _call(copy: Path, arguments: Sequence[str]) -> int | None:
    """Run the command in a copy; nothing of this process's environment goes along."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _PLAY,
        *arguments,
        cwd=copy,
        env={"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        return await asyncio.wait_for(process.wait(), _SECONDS)
    except TimeoutError:
        process.kill()
        return None


def _drops(drop: DropEach, root: Path) -> Iterator[Change]:
    text = _text(root / drop.file)
    listed = re.search(rf"^{drop.of}\b[^=\n]*= \(\n(.*?)^\)", text, re.DOTALL | re.MULTILINE)
    for member in re.findall(r"^    ([\w.]+),", listed[1] if listed else "", re.MULTILINE):
        name = member.removesuffix(".check").strip("_").replace("_", "-")
        yield Change(
            id=f"drop-{drop.of.lower()}-{name}",
            why=f"{drop.of} in {drop.file} lacks {member}.",
            file=drop.file,
            old=f"\n    {member},",
            new="",
        )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as fault:
        problem = f"{path}:1: cannot be read ({type(fault).__name__}); mutants need the source"
        raise BadCase([problem]) from fault
