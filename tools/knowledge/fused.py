"""One score from two: how near a page is in meaning, and how well its words fit; pure.

Nearness alone means nothing: one model calls 0.4 near and another 0.8, and a help centre about one
machine is all alike. So a page's nearness is told in deviations from what pages of this knowledge
base have in common that do not answer each other.
"""

from dataclasses import dataclass, field

LEXICAL = 0.15
"""Weight of the words' score beside the cosine: meaning leads, and words settle what is close."""
_ODDS, _SLOPE = -1.65, 1.57
"""From deviations to log odds, fitted on half of the labelled questions kept beside the tests, each
of them played once more with its page taken away."""
OWN = 4.0
"""Log odds that such a wish costs every page: the same as by words, set by hand."""
_DEVIATION_LEAST = 0.02
LEAST = 0.9
"""The least score any knowledge base may be quoted at: of 192 labelled questions, each with the one
page that answers it taken away, one was still answered at it, and four by words at their own."""
MISSED = 25
"""Of so many titles, one may be answered by another page when its own is taken away."""
_ABOVE = 0.005
_DRIFT = 0.02
"""Part of the passages that may have changed before everything is measured again."""


@dataclass(frozen=True, slots=True)
class Background:
    """How near the passages of one language are to the nearest of another page, in cosines."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured on a knowledge base itself, without any label.

    Attributes:
        model: whose vectors were measured.
        languages: those with enough pages; pages of the others are found by words alone.
        needs: the least score to quote a page by, 0 to 1.
        titles: asked, each with its own page taken away, to find that score.
        version: of the vectors that it is held to be true of.
        passages: that were measured.
        changed: of those, since then; a page more or less does not change what nearness is worth.
    """

    model: str
    languages: dict[str, Background] = field(default_factory=dict[str, Background])
    needs: float = LEAST
    titles: int = 0
    version: int = 0
    passages: int = 0
    changed: int = 0

    def holds(self, passages: int) -> bool:
        """Whether it still stands for a knowledge base of this size."""
        return self.changed + abs(passages - self.passages) <= _DRIFT * self.passages


def rank(cosine: float, lexical: float, background: Background, *, own: bool = False) -> float:
    """Return a page's chance against no page at all, as log odds; 0.0 is even.

    Args:
        cosine: of the page's nearest passage to the mail's nearest question.
        lexical: the page's chance by words alone.
        background: of the page's language.
        own: the mail asks to look something up or to do something, which no page can.
    """
    fused = cosine + LEXICAL * lexical
    return _ODDS + _SLOPE * (fused - background.mean) / _spread(background) - OWN * own


def threshold(passed: list[float]) -> float:
    """Return the least score to quote by, from titles whose own pages were taken away.

    Args:
        passed: each such title's best score.
    """
    ranked = sorted(passed, reverse=True)
    allowed = len(ranked) // MISSED
    return max([LEAST, *(score + _ABOVE for score in ranked[allowed : allowed + 1])])


def _spread(background: Background) -> float:
    return max(background.deviation, _DEVIATION_LEAST)
