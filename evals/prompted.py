"""Does the live prompt stand in the recordings, and if not, which segment differs?"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence

from evals import keyed
from evals.draws import Draws
from prompts.library import Prompt

RECORDED = ("draft_reply",)
"""Prompts whose answers are recorded."""
_INPUT = re.compile(r"\{\{[a-z_]+\}\}")


def unrecorded(prompt: Prompt, draws: Draws, *, where: str) -> tuple[str, ...]:
    """Return a fault for each segment that no recorded request holds, with the lines that differ.

    Args:
        prompt: the live one.
        draws: what is recorded.
        where: folder of the recordings, to be named in the fault.
    """
    said = tuple(dict.fromkeys(filter(None, map(_said, draws.requests))))
    changed = [(name, text) for name, text in prompt.segments if not _held(text, said)]
    return tuple(_fault(prompt, name, text, said, where) for name, text in changed)


def _said(request: Mapping[str, object]) -> str:
    """Return what we said before the model said anything; pages and tickets stand in it too."""
    messages = request.get("messages")
    first = messages[:2] if isinstance(messages, list) else []
    return "\n".join(str(one.get("content", "")) for one in first if isinstance(one, dict))


def _held(text: str, said: Sequence[str]) -> bool:
    """Whether a request holds every piece between a segment's inputs, in order."""
    pieces = [piece.strip() for piece in _INPUT.split(text)]
    pattern = re.compile(r"[\s\S]*?".join(map(re.escape, pieces)))
    return any(pattern.search(one) for one in said)


def _fault(prompt: Prompt, name: str, text: str, said: Sequence[str], where: str) -> str:
    lines = "\n".join(f"    {line}" for line in _differing(text, said))
    return (
        f"prompts/{prompt.name}/{prompt.version}.md: segment {name!r} is not what was recorded in "
        f"{where}\n{lines}\n  to mend it: undo the edit, or write the next version, lock it with "
        f"'python -m prompts.lock {prompt.name} vN' and record it with "
        f"'{keyed.mend()}'"
    )


def _differing(text: str, said: Sequence[str]) -> Iterator[str]:
    """Yield lines recorded and no more there, and lines there and not recorded."""
    now = text.splitlines()
    then = max(
        (_like(one, now) for one in said), key=lambda one: len(set(one) & set(now)), default=[]
    )
    steps = difflib.SequenceMatcher(None, then, now, autojunk=False).get_opcodes()
    for place, (step, a, b, c, d) in enumerate(steps):
        outside = step == "delete" and place in {0, len(steps) - 1}  # another segment's lines
        if step != "equal" and not outside:
            yield from (f"- {line}" for line in then[a:b])
            yield from (f"+ {line}" for line in now[c:d])


def _like(said: str, now: Sequence[str]) -> list[str]:
    """Return recorded lines, those of a template's line with its inputs as the template has it."""
    filled = {
        re.compile(".*".join(map(re.escape, _INPUT.split(line)))): line
        for line in now
        if _INPUT.search(line)
    }
    filled = {pattern: line for pattern, line in filled.items() if _INPUT.sub("", line).strip()}

    def as_written(line: str) -> str:
        return next((own for pattern, own in filled.items() if pattern.fullmatch(line)), line)

    return [as_written(line) for line in said.splitlines()]
