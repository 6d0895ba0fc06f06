"""What turns texts into vectors, where the settings name it, loaded late."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.llm.endpoint import Endpoint
from server import endpoints
from server.settings import Settings
from tools.clock import Clock
from tools.knowledge.meaning import Vector

if TYPE_CHECKING:
    from agent.llm.embed import OpenAIEmbedder


class LateEmbedder:
    """An endpoint's embedder whose library loads in a thread when first needed."""

    def __init__(self, endpoint: Endpoint, clock: Clock) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._made: OpenAIEmbedder | None = None
        self._loading = asyncio.Lock()

    @property
    def model(self) -> str:
        """The model's name."""
        return self._endpoint.model

    async def load(self) -> "OpenAIEmbedder":
        """Load it, once."""
        async with self._loading:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
            return self._made

    def _make(self) -> "OpenAIEmbedder":
        from agent.llm.embed import OpenAIEmbedder  # noqa: PLC0415 -- heavy, so only when one is set

        return OpenAIEmbedder(self._endpoint, clock=self._clock)

    async def embed(self, texts: Sequence[str], *, seconds: float) -> tuple[Vector, ...]:
        """Embed with what is behind it.

        Raises:
            NoVectors: the endpoint did not answer.
        """
        return await (await self.load()).embed(texts, seconds=seconds)

    async def aclose(self) -> None:
        """Give its connections back."""
        if self._made is not None:
            await self._made.aclose()


def embedder_of(settings: Settings, clock: Clock) -> LateEmbedder | None:
    """Return what embeds, or None where no endpoint is set.

    Raises:
        BadSetting: the base URL cannot be used.
    """
    endpoint = endpoints.embedding(settings)
    return None if endpoint is None else LateEmbedder(endpoint, clock)
