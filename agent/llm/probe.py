"""Ask an endpoint small questions and see what it can do; nothing of a customer is sent."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from agent.errors import EndpointRefused, ModelUnavailable
from agent.llm import chat as llm
from agent.llm.answer import Refused
from agent.llm.chat import Model
from agent.llm.endpoint import Abilities, Endpoint, bare, needed
from agent.llm.offer import Form, Sampling
from agent.llm.turns import Said, Told, json_of

SECONDS = 60.0
"""One question of a probe may take; a small model on a busy machine needs a fair part of it."""
_UNFIT = {400, 422}
"""A request that is refused as such: for a parameter it holds, perhaps."""
_WORD = "lamp"
_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {"word": {"type": "string", "maxLength": 20}},
    "required": ["word"],
    "additionalProperties": False,
}
_NOTE = "note_word"
_FUNCTION: Mapping[str, object] = {
    "type": "function",
    "function": {"name": _NOTE, "description": "Note a word.", "parameters": _SCHEMA},
}
_SIZES = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx")
"""What servers call the size of their context in the list of models."""
_TOLD_SIZE = re.compile(r"(?:context|n_ctx|maximum)[^0-9]{0,60}?([0-9][0-9,]{2,8})", re.IGNORECASE)
_SMALLEST, _LARGEST = 256, 20_000_000
_FILLER = "The lamp is green. "
_FILLER_TOKENS = 5
_ASKED = 0.9
"""Share of the size that is filled; the answer needs the rest."""
_KEPT = 0.7
"""Share of what was sent that an endpoint has to count for it to have read everything."""


async def probe(
    endpoint: Endpoint, sampling: Sampling, *, thorough: bool, seconds: float = SECONDS
) -> Abilities:
    """Return what an endpoint can do.

    One short call where it calls tools, a few more where it does not; `thorough` makes about four
    besides, one of them as long as the longest question of a draft.

    Args:
        endpoint: whom to ask.
        sampling: how a draft would be asked for.
        thorough: try everything, whether it decides anything or not.
        seconds: one question may take.

    Raises:
        ModelUnavailable: it does not answer.
        EndpointRefused: it accepts nothing, whatever is asked: a wrong key, name or address.
    """
    short = replace(sampling, call_seconds=seconds, output_tokens=60)
    need = needed(sampling) if thorough else None
    try:
        return await _probed(endpoint, short, need=need)
    except EndpointRefused as refused:
        if refused.status not in _UNFIT:
            raise
        return replace(await _probed(endpoint, bare(short), need=need), bare=True)


async def _probed(endpoint: Endpoint, short: Sampling, *, need: int | None) -> Abilities:
    """Probe with one way of asking; `need` is the tokens that a thorough probe tries to send."""
    async with llm.opened(endpoint, short) as model:
        tools = await _tools(model)
        schema = await _keeps_schema(model) if need or tools != "required" else None
        if tools == "none" and not schema:
            await model.say([Told("user", "Say yes.")], Form())  # is it the form, or everything?
        found = Abilities(tools=tools, json_schema=schema)
        if need is None:
            return replace(found, context=await _told_context(model))
        found = replace(found, streaming=await _streams(model))
        return await _with_context(model, found, need)


async def _tools(model: Model) -> Literal["required", "auto", "none"]:
    ask = [Told("user", f"Note the word {_WORD}. Use the tool.")]
    if _called(await _tried(model, ask, Form((_FUNCTION,)))):
        return "required"
    return (
        "auto" if _called(await _tried(model, ask, Form((_FUNCTION,), must_call=False))) else "none"
    )


async def _tried(model: Model, ask: list[Told], form: Form) -> Said:
    """Make a call; a request that is not accepted is an answer, and says nothing."""
    try:
        return await model.say(ask, form)
    except EndpointRefused as refused:
        if refused.status in {401, 403, 404}:
            raise
        return Said("")


def _called(said: Said) -> bool:
    return any(call.name == _NOTE and "word" in call.arguments for call in said.calls)


async def _keeps_schema(model: Model) -> bool:
    ask = [Told("user", f"Give the word {_WORD} as JSON.")]
    said = await _tried(model, ask, Form(schema=_SCHEMA))
    try:
        handed = json_of(said.text)
    except Refused:
        return False
    return isinstance(handed, dict) and set(handed) == {"word"} and said.text.strip()[:1] == "{"


async def _streams(model: Model) -> bool:
    try:
        return await model.pieces("Count from one to five, in words.") > 1
    except (EndpointRefused, ModelUnavailable):
        return False


async def _told_context(model: Model) -> int | None:
    """Return the size that the list of models tells, at any depth, or None."""
    try:
        return _size(await model.listed())
    except (EndpointRefused, ModelUnavailable):
        return None


def _size(listed: Mapping[str, object]) -> int | None:
    for name in _SIZES:
        told = listed.get(name)
        if isinstance(told, int) and _SMALLEST <= told <= _LARGEST:
            return told
    inner = (_size(one) for one in listed.values() if isinstance(one, dict))
    return next((size for size in inner if size is not None), None)


async def _with_context(model: Model, found: Abilities, need: int) -> Abilities:
    """Send a question as long as a draft's longest, and see whether all of it was read.

    One that is refused is sent half as long, twice, unless the refusal names the size.
    """
    told = await _told_context(model)
    if told is not None and told < need:
        return replace(found, context=told)
    for size in (need, need // 2, need // 4):
        sent = int(size * _ASKED)
        try:
            said = await model.say([Told("user", _FILLER * (sent // _FILLER_TOKENS))], Form())
        except EndpointRefused as refused:
            named = told_size(refused.told)
            if named is not None:
                return replace(found, context=named, truncates=False)
            continue
        except ModelUnavailable:
            break  # too slow to tell: what the list says must do
        if said.read is not None and said.read < sent * _KEPT:
            return replace(found, context=said.read, truncates=True)
        proved = told or (None if size == need else size)
        return replace(found, context=proved, truncates=None if said.read is None else False)
    return replace(found, context=told)


def told_size(message: str) -> int | None:
    """Return the size of the context that a refusal names, or None."""
    sizes = [int(size.replace(",", "")) for size in _TOLD_SIZE.findall(message)]
    return next((size for size in sizes if _SMALLEST <= size <= _LARGEST), None)
