"""What a model is offered: the ticket and pages between marks, and tools as functions; pure."""

from collections.abc import Sequence

from agent import answer
from agent.model import Snapshot
from tools.html import newest_words
from tools.kit.search_articles import shown
from tools.kit.tool import Tool
from tools.knowledge.article import Hit

SUBMIT = "submit_draft"
"""The function that ends the task."""
_MESSAGES_MOST = 6
_MESSAGE_CHARS = 1_500


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


def pages(hits: Sequence[Hit], *, most: int) -> str:
    """Return the pages between marks; the best comes whole, the others as far as room is left."""
    parts: list[str] = []
    left = most
    for hit in hits:
        if left < 200:  # noqa: PLR2004  less is no use to anybody
            break
        text = shown(hit.page, hit.passage, most=left).replace("<<<", "<").replace(">>>", ">")
        parts.append(f"<<<page\n{text}\n>>>")
        left -= len(text)
    return "\n".join(parts) or "(none was found)"


def ticket(snapshot: Snapshot) -> str:
    """Return the ticket as data between marks: subject, fields, messages, the newest last."""
    lines = [f"subject: {snapshot.ticket.subject}"]
    lines += [f"field {field.label}: {field.value}" for field in snapshot.fields]
    turn = snapshot.turn
    earlier = [
        f"{one.author.value}: {newest_words(one.body_html)[:_MESSAGE_CHARS]}"
        for one in snapshot.thread.conversations[-_MESSAGES_MOST:]
        if not one.private and (turn is None or one.id != turn.conversation_id)
    ]
    if turn is not None and turn.conversation_id is not None:
        first = newest_words(snapshot.ticket.description_html)[:_MESSAGE_CHARS]
        earlier = [f"customer: {first}", *earlier]
    lines += earlier
    if turn is not None:
        lines.append(f"customer, newest: {turn.text[: 4 * _MESSAGE_CHARS]}")
    text = "\n".join(lines).replace("<<<", "<").replace(">>>", ">")
    return f"The ticket:\n<<<ticket\n{text}\n>>>"
