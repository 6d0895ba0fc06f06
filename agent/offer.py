"""What a model is offered, and how it is asked: pages, tools as functions, sampling; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent import answer
from agent.extractive import document
from agent.model import Document
from tools.kit.search_articles import part
from tools.kit.tool import Tool
from tools.knowledge.article import Hit

SUBMIT = "submit_draft"
"""The function that ends the task."""
_ROOM_LEAST = 200
"""Characters: less of a page is of no use to anybody."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model is asked.

    Attributes:
        call_seconds: one call may take, to its last byte.
        output_tokens: of one answer at most.
        page_chars: of pages in the prompt at most.
        context_tokens: of pages, thread and message at most, estimated.
        strategy: `tools` lets the model call tools; `json` asks for the schema alone.
    """

    temperature: float = 0.0
    seed: int | None = 1
    frequency_penalty: float = 0.0
    call_seconds: float = 180.0
    output_tokens: int = 1_000
    page_chars: int = 6_000
    context_tokens: int = 8_000
    strategy: Literal["tools", "json"] = "tools"


def functions(tools: Sequence[Tool]) -> list[dict[str, object]]:
    """Return the tools, and the one that hands in a draft, as functions a model can call."""
    return [*(_function(tool) for tool in tools), _SUBMIT_FUNCTION]


def _function(tool: Tool) -> dict[str, object]:
    """Return a tool as a function that a model can call."""
    given = {a.name: {"type": "string", "description": a.purpose} for a in tool.arguments}
    schema = {"type": "object", "properties": given, "required": [*given]}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.purpose, "parameters": schema},
    }


_SUBMIT_FUNCTION: dict[str, object] = {
    "type": "function",
    "function": {
        "name": SUBMIT,
        "description": "Hand in the draft; ends the task.",
        "parameters": answer.SCHEMA,
    },
}


def pages(hits: Sequence[Hit], *, most: int) -> tuple[Document, ...]:
    """Return the pages a model is shown: the best whole, the others as far as room is left."""
    found: list[Document] = []
    left = most
    for hit in hits:
        if left < _ROOM_LEAST:
            break
        text = part(hit.page, hit.passage, most=left)
        found.append(replace(document(hit.page), text=text))
        left -= len(text)
    return tuple(found)
