"""The drafter that the settings name: a model, loaded late, with those behind it, or none."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from agent.drafter import Drafter
from agent.errors import DraftFailed
from agent.extractive import ExtractiveDrafter
from agent.llm import prices
from agent.llm.endpoint import Endpoint
from agent.llm.fallback import Chain, StandIn
from agent.llm.prices import BadPrices, Prices
from agent.model import Draft, RunLimits, Snapshot
from agent.policy.terms import Policy
from agent.triage.sorter import RuleSorter
from prompts import library
from server import endpoints
from server.endpoints import Probes
from server.errors import BadSetting
from server.settings import Settings
from tools.clock import Clock
from tools.kit.tool import Desk


class LateDrafter:
    """A model's drafter whose libraries, seconds of them, load in a thread when first needed.

    Attributes:
        spares: who drafts, in this order, while it is away.
    """

    def __init__(
        self, name: str, prompt: str, make: Callable[[], Drafter], *, spares: tuple[Drafter, ...]
    ) -> None:
        self.name = name
        self.prompt = prompt
        self.spares = spares
        self._make = make
        self._made: Drafter | None = None
        self._loading = asyncio.Lock()

    async def load(self) -> Drafter:
        """Load it, once."""
        async with self._loading:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
            return self._made

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Draft with the model behind it."""
        return await (await self.load()).draft(snapshot, desk=desk, policy=policy, limits=limits)


def drafter_of(settings: Settings, clock: Clock) -> LateDrafter | ExtractiveDrafter:
    """Return the drafter that the settings name; its libraries are not loaded yet.

    Raises:
        BadSetting: an endpoint, a fallback or the price table cannot be used.
    """
    first = endpoints.drafting(settings)
    if first is None:
        if settings.fallback_name:
            raise BadSetting(
                "DESKHAND_FALLBACK_NAME is set and DESKHAND_MODEL_NAME is not: a fallback stands "
                "in for a model. Set DESKHAND_MODEL_NAME as well."
            )
        return ExtractiveDrafter(clock=clock)
    table, probes = prices_of(settings), probes_of(settings, clock)
    spares = tuple(
        StandIn(_late(one, table, probes, clock)) for one in endpoints.fallbacks(settings)
    )
    return _late(first, table, probes, clock, spares=spares)


def sorter_of(settings: Settings, clock: Clock) -> LateDrafter | RuleSorter:
    """Return who proposes what triage sets: the drafting model and its fallbacks, or the rules.

    Raises:
        BadSetting: an endpoint, a fallback or the price table cannot be used.
    """
    first = endpoints.drafting(settings)
    if first is None:
        return RuleSorter()
    table, probes = prices_of(settings), probes_of(settings, clock)
    spares = tuple(
        StandIn(_late_sorter(one, table, probes, clock)) for one in endpoints.fallbacks(settings)
    )
    return _late_sorter(first, table, probes, clock, spares=spares)


def probes_of(settings: Settings, clock: Clock) -> Probes:
    """Return what is known of the endpoints, kept in the home."""
    return Probes(settings.home / "endpoints.json", clock)


def prices_of(settings: Settings) -> Prices:
    """Return the price table: the operator's, or the one without prices that is shipped.

    Raises:
        BadSetting: the file cannot be read or does not fit.
    """
    if settings.prices is None:
        return prices.shipped()
    try:
        return prices.parse(settings.prices.read_text("utf-8"), where=str(settings.prices))
    except (OSError, UnicodeDecodeError) as fault:
        raise BadSetting(
            f"DESKHAND_PRICES names {str(settings.prices)!r}, which cannot be read "
            f"({type(fault).__name__})."
        ) from fault
    except BadPrices as fault:
        raise BadSetting(f"DESKHAND_PRICES, {fault}") from fault


def _late(
    endpoint: Endpoint,
    table: Prices,
    probes: Probes,
    clock: Clock,
    *,
    spares: tuple[Drafter, ...] = (),
) -> LateDrafter:
    prompt = library.live("draft_reply")

    def make() -> Drafter:
        from agent.llm.dialogue import ModelDrafter  # noqa: PLC0415 -- heavy, so only when a model is set

        return ModelDrafter(endpoint, fit=probes.fit, prompt=prompt, prices=table, clock=clock)

    return LateDrafter(endpoint.model, prompt.reference, make, spares=spares)


def _late_sorter(
    endpoint: Endpoint,
    table: Prices,
    probes: Probes,
    clock: Clock,
    *,
    spares: tuple[Drafter, ...] = (),
) -> LateDrafter:
    prompt = library.live("triage_ticket")

    def make() -> Drafter:
        from agent.triage.sorting import ModelSorter  # noqa: PLC0415 -- heavy, so only when a model is set

        return ModelSorter(endpoint, fit=probes.fit, prompt=prompt, prices=table, clock=clock)

    return LateDrafter(endpoint.model, prompt.reference, make, spares=spares)


def at_once(drafter: Drafter) -> Drafter:
    """Return who drafts for a person that waits: the drafter, and without a pause its spares."""
    spares = drafter.spares if isinstance(drafter, LateDrafter) else ()
    return Chain((drafter, *spares)) if spares else drafter


def last_resort(drafter: Drafter, reason: str) -> Drafter:
    """Return who drafts once the drafter has not answered often enough: its spares, then nobody."""
    spares = drafter.spares if isinstance(drafter, LateDrafter) else ()
    return Chain((*spares, NoModel(drafter, reason)))


def last_sorter(sorter: Drafter) -> Drafter:
    """Return who sorts once the model has not answered often enough: its spares, then the rules."""
    spares = sorter.spares if isinstance(sorter, LateDrafter) else ()
    return Chain((*spares, RuleSorter()))


@dataclass(frozen=True, slots=True)
class NoModel:
    """Stands in for a drafter that has not answered often enough."""

    instead_of: Drafter
    reason: str

    @property
    def name(self) -> str:
        """As the drafter it stands in for."""
        return self.instead_of.name

    @property
    def prompt(self) -> str:
        """As the drafter it stands in for."""
        return self.instead_of.prompt

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Refuse, so that a person is given the ticket."""
        del snapshot, desk, policy, limits
        raise DraftFailed(self.reason)
