"""What `doctor` finds out about the models: each role's endpoint is asked a few small questions."""

import asyncio
from decimal import Decimal

from agent.errors import EndpointRefused, ModelUnavailable
from agent.llm.endpoint import Abilities, Endpoint, needed
from agent.llm.offer import Sampling
from agent.llm.prices import Prices
from server import endpoints
from server.check import Check
from server.drafters import prices_of, probes_of
from server.endpoints import Probes
from server.errors import BadSetting
from server.settings import Settings
from tools.clock import Clock
from tools.knowledge.meaning import NoVectors

LONGEST = 240.0
"""Seconds one endpoint may take to be asked everything."""
EMBED_SECONDS = 60.0
SERVER_FAULT = 500
_STRATEGIES = {
    "tools": "asked by tools",
    "auto": "asked by tools it is free not to call",
    "json": "asked by schema, without tools",
    "text": "asked for JSON in plain words",
}


async def checks(settings: Settings, clock: Clock, *, money: Decimal | None) -> list[Check]:
    """Probe every endpoint that is set, keep what was found, and say how to mend what is wrong.

    Args:
        settings: name the endpoints.
        clock: for the moment of each probe.
        money: what a run may cost at most, or None.
    """
    try:
        return [*await _drafting(settings, clock, money), *await _others(settings, clock)]
    except BadSetting as fault:
        return [Check("model", "bad", str(fault), "Set it and run doctor again.")]


async def _drafting(settings: Settings, clock: Clock, money: Decimal | None) -> list[Check]:
    draft = endpoints.drafting(settings)
    if draft is None:
        return [Check("model", "ok", "none: drafts quote the help centre")]
    table, probes = prices_of(settings), probes_of(settings, clock)
    roles = [("model", draft), *(("fallback", one) for one in endpoints.fallbacks(settings))]
    return [await _drafts(name, one, probes, _priced(one, table, money)) for name, one in roles]


async def _others(settings: Settings, clock: Clock) -> list[Check]:
    judge, embed = endpoints.judging(settings), endpoints.embedding(settings)
    found = []
    if judge is not None:
        found.append(await _drafts("judge", judge, probes_of(settings, clock), None))
    if embed is not None:
        found.append(await _embeds(embed))
    return found


def _priced(endpoint: Endpoint, table: Prices, money: Decimal | None) -> Check | None:
    """Return what is wrong with a model's price, or None."""
    if table.find(endpoint.model) is not None or money is None:
        return None
    return Check(
        "price",
        "bad",
        f"a run may cost {money} at most, and no price is known for {endpoint.model}: no draft",
        f"{table.unknown(endpoint.model)}.",
    )


async def _drafts(name: str, endpoint: Endpoint, probes: Probes, price: Check | None) -> Check:
    from agent.llm.probe import probe  # noqa: PLC0415 -- heavy, so only when a model is set

    where = f"{endpoint.model} at {endpoint.base_url}"
    if price is not None:
        return Check(name, price.state, f"{where}: {price.found}", price.mend)
    sampling = Sampling()
    try:
        async with asyncio.timeout(LONGEST):
            found = await probe(endpoint, sampling, thorough=True)
    except EndpointRefused as refused:
        told = f"{where}: {refused}; it said: {refused.told}"
        return Check(name, "bad", told, _mend(name, refused.status))
    except (ModelUnavailable, TimeoutError) as fault:
        said = str(fault) or f"not done within {LONGEST:g} s"
        return Check(name, "bad", f"{where}: {said}", _mend(name, None))
    probes.keep(endpoint, found, thorough=True)
    return _told(name, where, found, needed(sampling))


def _told(name: str, where: str, found: Abilities, need: int) -> Check:
    size = "unknown" if found.context is None else f"{found.context} tokens"
    parts = (
        f"tools {found.tools}",
        f"JSON schema {'yes' if found.json_schema else 'no'}",
        f"streaming {'yes' if found.streaming else 'no'}",
        f"context {size}",
    )
    said = f"{where}: {_STRATEGIES[found.strategy]} ({', '.join(parts)})"
    if found.truncates:
        return Check(
            name,
            "note",
            f"{said}; it cuts longer questions without a word",
            f"Give the server a context of {need} tokens; until then drafts are shown less.",
        )
    if found.context is not None and found.context < need:
        return Check(
            name,
            "note",
            f"{said}; a draft's longest question is {need}",
            "A larger context lets a draft see all of a long thread and its pages.",
        )
    if found.strategy == "text":
        return Check(
            name,
            "note",
            said,
            "Unusable answers are more likely; a server with tools or JSON schema has fewer.",
        )
    return Check(name, "ok", said)


async def _embeds(endpoint: Endpoint) -> Check:
    from agent.llm.embed import OpenAIEmbedder  # noqa: PLC0415 -- heavy, so only when one is set

    where = f"{endpoint.model} at {endpoint.base_url}"
    try:
        async with OpenAIEmbedder(endpoint) as embeds:
            vectors = await embeds.embed(["The lamp is green."], seconds=EMBED_SECONDS)
    except NoVectors as fault:
        said = f"; it said: {fault.told}" if fault.told else ""
        refused = fault.status if fault.status and fault.status < SERVER_FAULT else None
        return Check("embed", "bad", f"{where}: {fault}{said}", _mend("embed", refused))
    return Check("embed", "ok", f"{where}: {len(vectors[0])} numbers a text")


def _mend(role: str, status: int | None) -> str:
    prefix = f"DESKHAND_{role.upper()}"
    key = "OPENAI_API_KEY" if role == "model" else f"{prefix}_API_KEY"
    match status:
        case 401 | 403:
            return f"Check {key}: a key is sent to its own address only."
        case 404:
            return f"Check {prefix}_NAME and {prefix}_BASE_URL, which ends in /v1 as a rule."
        case None:
            return f"Check {prefix}_BASE_URL and whether the server runs; then run doctor again."
        case _:
            return f"Check {prefix}_NAME and what the endpoint says it does not accept."
