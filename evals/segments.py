"""Which part of a request differs from another one: a miss is told by segments, not by bytes."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping

_HEADS = {
    "# Pages that may be quoted": "pages",
    "# The ticket": "ticket",
    "# Other tickets of this customer": "earlier tickets",
    "# What was said before": "thread",
    "# The message to answer": "message",
    "Now write our reply": "task",
}
"""How the parts of a question begin; what stands after the last one found belongs to it."""
_SAMPLING = ("model", "temperature", "frequency_penalty", "seed", "max_tokens", "tool_choice")
_POLICY = re.compile(r"^(Customer's language|Tone): ")
_SHOWN, _WIDE = 6, 100
_ALIKE = 3
"""With more segments that differ, two requests are of different tickets."""


def segments(request: Mapping[str, object]) -> dict[str, str]:
    """Return a request's parts by name: system, policy, tools, pages, ticket, thread, …."""
    found: dict[str, list[str]] = {}
    messages = request.get("messages")
    for place, message in enumerate(messages if isinstance(messages, list) else []):
        said = _content(message)
        if place == 0:
            found["system"] = [said]
        elif place == 1:
            for name, line in _parts(said):
                found.setdefault(name, []).append(line)
        else:
            found.setdefault("dialogue", []).append(said)
    found["tools"] = [_pretty(request.get("tools")), _pretty(request.get("response_format"))]
    found["sampling"] = [f"{name}: {request.get(name)}" for name in _SAMPLING]
    return {name: "\n".join(lines) for name, lines in found.items()}


def differences(recorded: Mapping[str, object], asked: Mapping[str, object]) -> tuple[str, ...]:
    """Return for each segment that differs its name and the first lines that do."""
    then, now = segments(recorded), segments(asked)
    names = [one for one in dict.fromkeys([*then, *now]) if then.get(one) != now.get(one)]
    if len(names) > _ALIKE:
        return (f"segments {', '.join(map(repr, names))}: another ticket's, so no lines are shown",)
    return tuple(_differing(name, then.get(name, ""), now.get(name, "")) for name in names)


def _parts(said: str) -> Iterator[tuple[str, str]]:
    name = "task"
    for line in said.splitlines():
        head = next((known for begin, known in _HEADS.items() if line.startswith(begin)), name)
        name = head
        yield ("policy" if _POLICY.match(line) else name), line


def _differing(name: str, then: str, now: str) -> str:
    told = [
        line[:_WIDE]
        for line in difflib.unified_diff(then.splitlines(), now.splitlines(), lineterm="", n=0)
        if line[:1] in "+-" and line[:3] not in {"---", "+++"}
    ]
    more = [f"({len(told) - _SHOWN} more)"] if len(told) > _SHOWN else []
    return "\n    ".join([f"segment {name!r}", *told[:_SHOWN], *more])


def _content(message: object) -> str:
    if not isinstance(message, Mapping):
        return str(message)
    calls = message.get("tool_calls")
    return f"{message.get('content') or ''}{_pretty(calls) if calls else ''}"


def _pretty(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
