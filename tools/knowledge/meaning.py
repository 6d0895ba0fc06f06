"""Texts as vectors, from the endpoint that the settings name: what one run may ask of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

Vector = Sequence[float]
QUERY_SECONDS = 2.0
"""A run waits for its mail's vectors no longer: searching by words alone is always at hand."""
CHARS_MOST = 2_000
"""Characters of a text that are sent; small models read no more than this of one."""
FAILED = "The embeddings endpoint could not be asked, so pages were found by words alone."


class NoVectors(Exception):
    """The endpoint gave no vectors; the message holds nothing of what was asked.

    Attributes:
        retry_after: seconds to wait at least.
        refused: these texts are not accepted, however often they are sent.
        status: of the endpoint's refusal, where it came to one.
        told: what the endpoint said; it may repeat the texts, so it is shown by `doctor` alone.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        refused: bool = False,
        status: int | None = None,
        told: str = "",
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.refused = refused
        self.status = status
        self.told = told


class Embeds(Protocol):
    """Turns texts into vectors."""

    @property
    def model(self) -> str:
        """The model's name: vectors of two models cannot be compared."""
        ...

    async def embed(self, texts: Sequence[str], *, seconds: float) -> tuple[Vector, ...]:
        """Return one vector for each text, all of one size, within so many seconds.

        Raises:
            NoVectors: it did not answer in time, or not in this form.
        """
        ...


class Meaning:
    """One run's texts as vectors: each is asked for once, and none after a failure.

    Attributes:
        missing: why pages were found by words alone; "" where they were not.
    """

    def __init__(self, embeds: Embeds, *, seconds: float = QUERY_SECONDS) -> None:
        self.missing = ""
        self._embeds = embeds
        self._seconds = seconds
        self._known: dict[str, Vector] = {}

    @property
    def model(self) -> str:
        """The model's name."""
        return self._embeds.model

    async def of(self, texts: Iterable[str]) -> Mapping[str, Vector]:
        """Return the texts' vectors, or nothing at all where one of them is not to be had."""
        wanted = [text for text in dict.fromkeys(texts) if text.strip()]
        lacking = [text for text in wanted if text not in self._known]
        if lacking and self.missing:
            return {}
        if lacking:
            try:
                vectors = await self._embeds.embed(
                    [text[:CHARS_MOST] for text in lacking], seconds=self._seconds
                )
            except NoVectors:
                self.missing = FAILED
                return {}
            self._known.update(zip(lacking, vectors, strict=True))
        return {text: self._known[text] for text in wanted}
