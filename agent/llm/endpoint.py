"""Where a model answers, what a probe found that it can do, and how it is therefore asked; pure."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from agent.llm.offer import Sampling, Strategy

_OVERHEAD = 2_000
"""Tokens of the rules, the tools and the form around what a ticket brings."""
_LEAST = 800
"""Tokens: with less room than this for a ticket and its pages no draft is worth having."""
_PAGES = 0.6
_CHARS_A_TOKEN = 3

Answering = Callable[[bytes], Awaitable[tuple[int, bytes]]]
"""Takes a request's body and gives the answer's status and body, without a socket."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model of one endpoint in OpenAI's wire format.

    Attributes:
        base_url: up to and with `/v1`.
        api_key: sent to that address and to no other; never kept or shown.
        answering: answers in place of the address, for recordings; None asks the address.
    """

    model: str
    base_url: str
    api_key: str = field(repr=False)
    answering: Answering | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a probe found; None is what was not tried or could not be told.

    Attributes:
        tools: `required` keeps to a tool; `auto` calls one where it is free to; `none` does not.
        json_schema: an answer keeps to a schema.
        streaming: an answer comes in pieces.
        context: tokens of question and answer together.
        truncates: a question that is too long is cut without a word.
        bare: it refuses temperature, seed and penalties; answers then differ from time to time.
    """

    tools: Literal["required", "auto", "none"] | None = None
    json_schema: bool | None = None
    streaming: bool | None = None
    context: int | None = None
    truncates: bool | None = None
    bare: bool = False

    @property
    def strategy(self) -> Strategy:
        """How the draft's form is asked for: the surest way that works."""
        if self.tools == "required":
            return "tools"
        if self.json_schema:
            return "json"
        if self.tools == "auto":
            return "auto"
        return "tools" if self.tools is None else "text"


def bare(sampling: Sampling) -> Sampling:
    """Return the same without what steers how a model draws its words."""
    return replace(sampling, temperature=None, seed=None, frequency_penalty=None)


def needed(sampling: Sampling) -> int:
    """Return the tokens that a draft's longest question and answer come to, estimated."""
    return _OVERHEAD + sampling.context_tokens + sampling.output_tokens


def fitted(sampling: Sampling, found: Abilities) -> Sampling:
    """Return how a model is asked, given what it can do."""
    chosen = replace(bare(sampling) if found.bare else sampling, strategy=found.strategy)
    if found.context is None or found.context >= needed(sampling):
        return chosen
    room = max(_LEAST, found.context - _OVERHEAD - sampling.output_tokens)
    pages = min(sampling.page_chars, int(room * _PAGES * _CHARS_A_TOKEN))
    return replace(chosen, context_tokens=min(room, sampling.context_tokens), page_chars=pages)
