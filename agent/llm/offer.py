"""What a model is offered, and how it is asked: pages, tools as functions, sampling; pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.extractive import document
from agent.llm import answer
from agent.model import Document
from tools.kit.search_articles import part
from tools.kit.tool import Tool
from tools.knowledge.article import Hit

SUBMIT = "submit_draft"
"""The function that ends the task."""
Strategy = Literal["tools", "auto", "json", "text"]
"""How the draft's form is asked for: a tool must be called, may be called, the endpoint keeps the
answer to a schema, or the model is only told the schema."""
_ROOM_LEAST = 200
"""Characters: less of a page is of no use to anybody."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model is asked.

    Attributes:
        temperature, seed, frequency_penalty: not sent where None; some endpoints refuse them.
        call_seconds: one call may take, to its last byte.
        output_tokens: of one answer at most.
        page_chars: of pages in the prompt at most.
        context_tokens: of pages, thread and message at most, estimated.
        tool_rounds: turns that may ask for tools; the one after them must hand in a draft. Pages
            are searched for before the first turn, so that a model too slow for more needs none.
        answer_bytes: of one answer as it comes over the wire, at most.
    """

    temperature: float | None = 0.0
    seed: int | None = 1
    frequency_penalty: float | None = None
    call_seconds: float = 180.0
    output_tokens: int = 1_000
    page_chars: int = 6_000
    context_tokens: int = 8_000
    tool_rounds: int = 2
    answer_bytes: int = 2_000_000
    strategy: Strategy = "tools"


@dataclass(frozen=True, slots=True)
class Form:
    """The form an answer is asked for: functions to call, a schema to keep to, or neither.

    Attributes:
        must_call: one of the functions has to be called.
    """

    functions: tuple[Mapping[str, object], ...] = ()
    must_call: bool = True
    schema: Mapping[str, object] | None = None

    @property
    def size(self) -> int:
        """Characters that it adds to a question."""
        return len(json.dumps([*self.functions, self.schema], default=dict))


def form(
    strategy: Strategy, functions: Sequence[Mapping[str, object]], schema: Mapping[str, object]
) -> Form:
    """Return the form an answer is asked for: functions to call, or its schema by itself."""
    match strategy:
        case "tools" | "auto":
            return Form((*functions,), must_call=strategy == "tools")
        case "json":
            return Form(schema=schema)
        case "text":
            return Form()


def rules(strategy: Strategy, schema: Mapping[str, object]) -> str:
    """Return what the rules need besides, where a model cannot call tools; "" where it can."""
    told = "Tools are not open here. Answer with one JSON object and nothing around it"
    match strategy:
        case "tools" | "auto":
            return ""
        case "json":
            return f"{told}."
        case "text":
            return f"{told}. It fits this JSON schema:\n{json.dumps(schema)}"


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
