"""What any capable model says to a small question, and a text as a vector; pure."""

import hashlib
import json
import re
from collections.abc import Mapping

from agent.sandbox.scripts import Reply

_SIZE = 64
_WORD = re.compile(r"\w+")


def small_talk(body: Mapping[str, object]) -> Reply:
    """Answer a question that hands no rules over: in the form that is asked for, if one is."""
    tools, kept = body.get("tools"), body.get("response_format")
    if isinstance(tools, list) and tools:
        function = tools[0]["function"]
        return Reply(calls=((function["name"], json.dumps(_least(function["parameters"]))),))
    if isinstance(kept, dict):
        return Reply(content=json.dumps(_least(kept["json_schema"]["schema"])))
    return Reply(content="one two three four five")


def _least(schema: Mapping[str, object]) -> dict[str, str]:
    """Return the least that fits a schema of texts."""
    needed = schema.get("required", [])
    return dict.fromkeys(needed if isinstance(needed, list) else [], "lamp")


def vector(text: str) -> list[float]:
    """Return a text as a vector: texts that share words point the same way."""
    counts = [0.0] * _SIZE
    for word in _WORD.findall(text.casefold()):
        counts[hashlib.sha256(word.encode()).digest()[0] % _SIZE] += 1.0
    length = sum(value * value for value in counts) ** 0.5 or 1.0
    return [value / length for value in counts]
