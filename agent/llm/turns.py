"""What a model is told and what its turn means: a draft, tools wanted, or nothing usable; pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.llm.answer import Answer, Refused
from agent.llm.offer import SUBMIT
from agent.model import Outcome
from tools.kit.tool import Desk

_CALLS_MOST = 3
_REPEATED_MOST = 4_000
"""Characters of a model's own words that it is shown again with an objection."""
_SHOWN_TEXT = 400
_DEEPEST = 40
_HALF = re.compile("[\ud800-\udfff]")

REASONS = {
    Outcome.ANSWER: "The model answered from the pages listed.",
    Outcome.CLARIFY: "The model asks for a missing detail.",
    Outcome.FOR_AGENT: "The model found facts for the team, but no reply.",
    Outcome.NO_ANSWER: "The model found no page that answers this.",
    Outcome.HUMAN: "The model says that a person should take this.",
    Outcome.TRIAGE: "The model chose what is set on the ticket.",
}
"""For a draft that came without a reason."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a model is told: the rules, the task or an objection, or a tool's answer.

    Attributes:
        call: id of the tool call that is answered.
    """

    role: Literal["rules", "user", "tool"]
    text: str
    call: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool a model wants to use."""

    id: str
    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of a model.

    Attributes:
        cut_off: it came to the end of its allowance.
        refused: the model or its endpoint declined.
        read, written, cached: tokens as the endpoint counted them, or None where it did not.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    cut_off: bool = False
    refused: bool = False
    read: int | None = None
    written: int | None = None
    cached: int = 0


Message = Told | Said


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The arguments of a draft, not yet checked."""

    arguments: object


def length(message: Message) -> int:
    """Return how many characters a message has, tool calls included."""
    calls = message.calls if isinstance(message, Said) else ()
    return len(message.text) + sum(len(str(call.arguments)) + len(call.name) for call in calls)


def wanted(said: Said) -> HandedIn | tuple[ToolCall, ...]:
    """Return what the model wants: to hand in a draft, or to use tools.

    Raises:
        Refused: neither.
    """
    if said.cut_off:
        raise Refused("The answer was cut off because it was too long. Be much shorter.")
    if said.refused:
        raise Refused(f"A refusal is no draft. Call {SUBMIT}, with no_answer if need be.")
    for call in said.calls:
        if call.name == SUBMIT:
            return HandedIn(call.arguments)
    if said.calls:
        return said.calls[:_CALLS_MOST]
    return HandedIn(json_of(said.text))


def json_of(text: str) -> object:
    """Return the one JSON object in a text; words or marks around it are passed over.

    Raises:
        Refused: there is none.
    """
    start = max(text.find("{"), 0)
    try:
        found, _ = json.JSONDecoder().raw_decode(text[start:])
        return well_formed(found)
    except (ValueError, RecursionError) as error:
        raise Refused(
            f"That was no tool call. Call {SUBMIT} with its arguments as JSON."
        ) from error


def well_formed(value: object, depth: int = 0) -> object:
    """Return JSON without halves of characters, which can be neither kept nor sent.

    Raises:
        Refused: it is nested deeper than any form we ask for.
    """
    if depth > _DEEPEST:
        raise Refused("The arguments are nested too deeply.")
    match value:
        case str():
            return _HALF.sub("\ufffd", value)
        case list():
            return [well_formed(one, depth + 1) for one in value]
        case dict():
            return {
                str(well_formed(key)): well_formed(one, depth + 1) for key, one in value.items()
            }
        case _:
            return value


def objection(said: Said, reason: str) -> Sequence[Message]:
    """Return the turn that tells the model what was wrong; every tool call gets its answer."""
    if said.calls and length(said) <= _REPEATED_MOST:
        return [said, *(Told("tool", reason, call.id) for call in said.calls)]
    return [Said(said.text[:_SHOWN_TEXT] or "(nothing usable)"), Told("user", reason)]


def still_open(rounds: int, *, most: int) -> None:
    """Refuse another round of tools.

    Raises:
        Refused: every round is used.
    """
    if rounds >= most:
        raise Refused(f"No more tools. Call {SUBMIT}.")


def insist(handed: Answer, desk: Desk, *, last: bool) -> None:
    """Send a draft back whose quotes do not stand in the pages, unless it was sent back before.

    Raises:
        Refused: the model should copy exact words.
    """
    if handed.unproved and not last:
        raise Refused(
            f"{handed.unproved} quotes do not stand in the page named. Copy words exactly, from"
            f" one of {sorted(desk.fetched)}, or choose no_answer."
        )
