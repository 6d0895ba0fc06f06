"""The drafter that the settings name: a model, loaded late, or none."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from agent.drafter import Drafter
from agent.errors import DraftFailed
from agent.extractive import ExtractiveDrafter
from agent.model import Draft, RunLimits, Snapshot
from agent.policy import Policy
from prompts import library
from server.settings import Settings
from tools.clock import Clock
from tools.kit.tool import Desk

VENDOR = "https://api.openai.com/v1"
"""Where a model is asked when DESKHAND_MODEL_BASE_URL is not set: the wire format's own vendor."""


class LateDrafter:
    """A model's drafter whose libraries, seconds of them, load in a thread when first needed."""

    def __init__(self, name: str, prompt: str, make: Callable[[], Drafter]) -> None:
        self.name = name
        self.prompt = prompt
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
    """Return the drafter that the settings name; its libraries are not loaded yet."""
    if settings.model_name is None:
        return ExtractiveDrafter(clock=clock)
    name = settings.model_name
    prompt = library.live("draft_reply")
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"

    def make() -> Drafter:
        from agent.llm import LangChainDrafter  # noqa: PLC0415 -- heavy, so only when a model is set

        return LangChainDrafter(
            name,
            base_url=settings.model_base_url or VENDOR,
            api_key=key,
            prompt=prompt,
            clock=clock,
        )

    return LateDrafter(name, prompt.reference, make)


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
