"""What a play came to."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Verdict:
    """What a play came to.

    Attributes:
        real: it was played on the real engine.
        held: deliveries of which nobody knows whether their post landed.
        kills: deaths, by where.
        acts: what people did.
        wrong: in words, each beginning with the invariant that broke.
        story: what happened, in order, a line each.
    """

    seed: int
    real: bool = False
    kills: Counter[str] = field(default_factory=Counter[str])
    acts: Counter[str] = field(default_factory=Counter[str])
    faults: int = 0
    deliveries: int = 0
    replies: int = 0
    notes: int = 0
    updates: int = 0
    held: int = 0
    wrong: list[str] = field(default_factory=list[str])
    story: list[str] = field(default_factory=list[str])
