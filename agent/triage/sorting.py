"""The sorter on a language model: one call, whose every choice is one of the account's own."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from agent import context
from agent.errors import DraftFailed, LimitReached, ModelUnavailable, ResponderError
from agent.llm import chat as llm
from agent.llm import offer, turns
from agent.llm.answer import Refused
from agent.llm.dialogue import Fit, as_it_is
from agent.llm.endpoint import Endpoint
from agent.llm.offer import Form, Sampling
from agent.llm.prices import Prices
from agent.llm.tally import Tally
from agent.llm.turns import Message, Said, Told
from agent.model import Draft, RunLimits, Slot, Snapshot
from agent.policy.terms import Policy
from agent.triage import sorter
from agent.triage.slots import CHOSEN, Wish
from prompts import library
from prompts.library import Prompt
from tools.clock import Clock, SystemClock
from tools.kit.tool import Desk

SUBMIT = "submit_triage"
"""The function that ends the task."""
_CHARS_A_TOKEN = 3
_TAGS_MOST = 5
_LABEL_MOST = 255
"""Characters of a value that are looked at; no choice is longer."""


class ModelSorter:
    """Sorts with a model behind an OpenAI-compatible endpoint; implements `Drafter`."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        sampling: Sampling | None = None,
        fit: Fit = as_it_is,
        prompt: Prompt | None = None,
        prices: Prices | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._sampling = sampling or Sampling()
        self._fit = fit
        self._prompt = prompt or library.live("triage_ticket")
        self._prices = prices or Prices()
        self._clock = clock or SystemClock()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._endpoint.model

    @property
    def prompt(self) -> str:
        """`name@version` of the prompt in use."""
        return self._prompt.reference

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Return what the rules and the model would set; where nothing is open, no model is asked.

        Raises:
            ModelUnavailable: down, overloaded, or out of time; it may pass.
            DraftFailed: no usable answer came.
            LimitReached: calls, tokens, seconds or money ran out.
        """
        tally = Tally(desk, limits, self._clock, model=self.name, prices=self._prices)

        async def ask(left: Mapping[Slot, tuple[str, ...]]) -> tuple[Wish, ...]:
            async with asyncio.timeout(limits.seconds):
                return await self._asked(snapshot, left, tally)

        try:
            made = await sorter.sort(snapshot, desk=desk.helpdesk, policy=policy, ask=ask)
        except TimeoutError as error:
            slow = LimitReached(f"sorting took longer than {limits.seconds:g} s")
            slow.usage = tally.usage
            raise slow from error
        except ResponderError as error:
            error.usage = tally.usage
            raise
        missing = tuple(tally.missing)
        if not tally.usage.model_calls:
            return replace(made, usage=tally.usage, drafter=sorter.RuleSorter.name)
        who, how = self.name, self.prompt
        return replace(made, usage=tally.usage, missing=missing, drafter=who, prompt=how)

    async def _asked(
        self, snapshot: Snapshot, left: Mapping[Slot, tuple[str, ...]], tally: Tally
    ) -> tuple[Wish, ...]:
        """Ask once, and return what the model chose as wishes: what they are worth is not told."""
        tally.afford()  # before a probe, which is a call as well
        sampling = await self._fit(self._endpoint, self._sampling)
        seen = context.build(snapshot, budget=sampling.context_tokens)
        tally.missing += seen.missing
        schema = _schema(left)
        messages = self._question(seen.text, left, schema, sampling)
        form = offer.form(sampling.strategy, [_function(schema)], schema)
        async with llm.opened(self._endpoint, sampling) as model:
            tally.begin_call(read=_read(messages, form), written=sampling.output_tokens)
            said = await _said(model, messages, form, tally)
        try:
            return _wishes(_handed(said), self.name)
        except Refused as refused:
            raise DraftFailed(f"{self.name}: unusable answer: {refused}") from refused

    def _question(
        self,
        seen: str,
        left: Mapping[Slot, tuple[str, ...]],
        schema: Mapping[str, object],
        sampling: Sampling,
    ) -> list[Message]:
        listed = "\n".join(f"- {slot.value}: {'; '.join(names)}" for slot, names in left.items())
        rules, *rest = self._prompt.fill({"context": seen, "choices": listed}).values()
        more = offer.rules(sampling.strategy, schema)
        whole = f"{rules}\n\n{more}" if more else rules
        return [Told("rules", whole), Told("user", "\n\n".join(rest))]


async def _said(model: llm.Model, messages: list[Message], form: Form, tally: Tally) -> Said:
    """Make the one call and count it."""
    read = _read(messages, form)
    try:
        said = await model.say(messages, form)
    except ModelUnavailable as gone:
        tally.end_call(read=read if gone.asked else 0, written=0)
        raise
    tally.end_call(
        read=read if said.read is None else said.read,
        written=turns.length(said) // _CHARS_A_TOKEN if said.written is None else said.written,
        cached=said.cached,
    )
    return said


def _read(messages: list[Message], form: Form) -> int:
    return (sum(map(turns.length, messages)) + form.size) // _CHARS_A_TOKEN


def _schema(left: Mapping[Slot, tuple[str, ...]]) -> dict[str, object]:
    """Return the form of an answer: of each open field, one of its choices or none."""
    one: dict[str, object] = {
        slot.value: {"type": "string", "enum": [*names, ""]}
        for slot, names in left.items()
        if slot is not Slot.TAGS
    }
    if Slot.TAGS in left:
        items = {"type": "string", "enum": [*left[Slot.TAGS]]}
        one[Slot.TAGS.value] = {"type": "array", "maxItems": _TAGS_MOST, "items": items}
    one["reason"] = {"type": "string", "maxLength": 200}
    return {"type": "object", "properties": one, "required": [*one], "additionalProperties": False}


def _function(schema: Mapping[str, object]) -> dict[str, object]:
    purpose = "Hand in what you chose; ends the task."
    return {
        "type": "function",
        "function": {"name": SUBMIT, "description": purpose, "parameters": schema},
    }


def _handed(said: Said) -> Mapping[str, object]:
    """Return what the model handed in, as the JSON object it is.

    Raises:
        Refused: there is none.
    """
    if said.cut_off or said.refused:
        raise Refused("it was cut off, or declined")
    for call in said.calls:
        if call.name == SUBMIT:
            return call.arguments
    found = turns.json_of(said.text)
    if not isinstance(found, dict):
        raise Refused("it is no object")
    return found


def _wishes(handed: Mapping[str, object], model: str) -> tuple[Wish, ...]:
    """Return each value that was chosen; what is neither text nor a list of texts says nothing."""
    found: list[Wish] = []
    for slot in CHOSEN:
        told = handed.get(slot.value)
        labels = told[:_TAGS_MOST] if isinstance(told, list) else [told]
        found += [
            Wish(slot, one.strip()[:_LABEL_MOST], model)
            for one in labels
            if isinstance(one, str) and one.strip()
        ]
    return tuple(found)
