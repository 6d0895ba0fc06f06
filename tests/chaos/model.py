"""A small model of ours: what a customer who wrote must, may and must not hear in public."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agent.policy.terms import Mode
from tests.chaos.house import House

NOTHING, ANYTHING, OWED = frozenset({0}), frozenset({0, 1}), frozenset({1})


@dataclass
class Talk:
    """One ticket, as somebody remembers it who only watched.

    Attributes:
        turn: the customer's newest word, by its key.
        allowed: how many public replies to it there may be, once all has ended.
        older: turns before it; nobody owes them a reply any more.
        joined: a person has joined the conversation, so that we only propose from then on.
        touched: a person did something since the newest word.
        dropped: a person ended a delivery of it by hand since then.
        cuts: calls of ours that will be cut, since the newest word.
        texts: what a person had sent in the place of a proposal; None for the proposal itself.
    """

    house: House
    number: int
    turn: str = ""
    allowed: frozenset[int] = NOTHING
    older: list[str] = field(default_factory=list[str])
    joined: bool = False
    touched: bool = False
    dropped: bool = False
    cuts: int = 0
    texts: list[str | None] = field(default_factory=list[str | None])

    @property
    def proposes(self) -> bool:
        """Whether a person sends the replies here."""
        return self.house.responder.policy.mode is not Mode.AUTO

    def word(self, turn: str, *, killed: bool) -> None:
        """Hear the customer: what was owed before is owed to this word."""
        self.older += [self.turn] if self.turn else []
        self.turn, self.touched, self.dropped, self.cuts, self.texts = turn, False, False, 0, []
        self.allowed = NOTHING if self.proposes else ANYTHING if killed or self.joined else OWED

    def person(self, so_far: int, *, joins: bool) -> None:
        """See a person act: what is not there yet need not come, and may be under way."""
        self.joined, self.touched = self.joined or joins, True
        if self.allowed != NOTHING:
            self.allowed = OWED if so_far else ANYTHING

    def loosen(self, so_far: int) -> None:
        """See something after which the reply may be a note, or wait for a person."""
        if self.allowed == OWED and not so_far:
            self.allowed = ANYTHING

    def cut(self, so_far: int) -> None:
        """See a call being cut: once is mended, more may leave the reply to a person."""
        self.cuts += 1
        if self.cuts > 1:
            self.loosen(so_far)

    def drop(self, so_far: int) -> None:
        """See a delivery ended by hand: nobody need look at it any more."""
        self.dropped = True
        self.loosen(so_far)

    def approved(self, text: str) -> None:
        """See a person have the proposal, or their own words, sent."""
        self.texts.append(text or None)
        self.allowed = ANYTHING if self.touched or self.cuts > 1 else OWED

    def faults(self, public: Mapping[str, int], *, ended: bool) -> Iterable[str]:
        """Return in words what does not fit.

        Args:
            public: public replies on the desk, by turn.
            ended: all has come to its end, so that what is owed must be there.
        """
        there = public.get(self.turn, 0)
        if there > max(self.allowed):
            yield f"model: a public reply to {self.turn}, to which none may be"
        if ended and there < min(self.allowed):
            yield f"model: no public reply to {self.turn}, which is owed one"
        if ended and there and self.texts and None not in self.texts:
            said = " ".join(self.house.said(self.number))
            if not any(text in said for text in self.texts if text):
                yield f"model: none of the words that were approved stand on {self.number}"
