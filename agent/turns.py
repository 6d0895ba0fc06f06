"""What a model's turn means: a draft handed in, tools wanted, or nothing usable; pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from agent.answer import Answer, Refused
from agent.model import Outcome
from agent.offer import SUBMIT
from tools.kit.tool import Desk

TOOL_ROUNDS = 2
"""Turns that may ask for tools; the one after them must hand in a draft."""
_CALLS_MOST = 3

REASONS = {
    Outcome.ANSWER: "The model answered from the pages listed.",
    Outcome.CLARIFY: "The model asks for a missing detail.",
    Outcome.FOR_AGENT: "The model found facts for the team, but no reply.",
    Outcome.NO_ANSWER: "The model found no page that answers this.",
    Outcome.HUMAN: "The model says that a person should take this.",
}
"""For a draft that came without a reason."""


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
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    cut_off: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The arguments of a draft, not yet checked."""

    arguments: object


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
    try:
        return HandedIn(json.loads(said.text))
    except ValueError as error:
        raise Refused(
            f"That was no tool call. Call {SUBMIT} with its arguments as JSON."
        ) from error


def still_open(rounds: int) -> None:
    """Refuse another round of tools.

    Raises:
        Refused: every round is used.
    """
    if rounds >= TOOL_ROUNDS:
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
