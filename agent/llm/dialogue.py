"""The drafter on a language model: pages first, then a short dialogue with a hard end.

Pages are searched for before the first call, so the common path is one call; the read-only tools
stay within reach for two rounds more, and one objection is told to the model.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from agent import context
from agent.errors import DraftFailed, LimitReached, ModelUnavailable, ResponderError
from agent.extractive import document, mail_of
from agent.llm import answer, offer, turns
from agent.llm import chat as llm
from agent.llm.answer import Answer, Refused
from agent.llm.chat import Model
from agent.llm.endpoint import Endpoint
from agent.llm.offer import Sampling
from agent.llm.prices import Prices
from agent.llm.tally import Tally
from agent.llm.turns import HandedIn, Message, Said, Told
from agent.model import Draft, RunLimits, Snapshot
from agent.policy.terms import Policy
from prompts import library
from prompts.library import Prompt
from tools.clock import Clock, SystemClock
from tools.kit import TOOLS
from tools.kit.tool import Desk

_OBJECTIONS = 1
"""How often a model is told what was wrong before we give up."""
_CHARS_A_TOKEN = 3
"""For estimates before a call; the endpoint's own count replaces them."""

Fit = Callable[[Endpoint, Sampling], Awaitable[Sampling]]
"""Tells how an endpoint has to be asked, after a probe where none was made."""


async def as_it_is(endpoint: Endpoint, sampling: Sampling) -> Sampling:
    """Ask as told, without a probe."""
    del endpoint
    return sampling


@dataclass(slots=True)
class _Run:
    """One draft in the making."""

    tally: Tally
    sampling: Sampling
    messages: list[Message] = field(default_factory=list[Message])


class ModelDrafter:
    """Drafts with a model behind an OpenAI-compatible endpoint; implements `Drafter`."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        sampling: Sampling | None = None,
        fit: Fit = as_it_is,
        prompt: Prompt | None = None,
        prices: Prices | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._sampling = sampling or Sampling()
        self._fit = fit
        self._prompt = prompt or library.live("draft_reply")
        self._prices = prices or Prices()
        self._clock = clock or SystemClock()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._endpoint.model

    @property
    def prompt(self) -> str:
        """`name@version` of the prompt in use."""
        return self._prompt.reference

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Return the model's draft with evidence checked against the pages of this run.

        Raises:
            ModelUnavailable: down, overloaded, or out of time; it may pass.
            DraftFailed: no usable answer, even after the model was told what was wrong.
            LimitReached: calls, tokens, seconds, credits or money ran out.
        """
        tally = Tally(desk, limits, self._clock, model=self.name, prices=self._prices)
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._drafted(snapshot, tally, policy)
        except TimeoutError as error:
            slow = LimitReached(f"drafting took longer than {limits.seconds:g} s")
            slow.usage = tally.usage
            raise slow from error
        except ResponderError as error:
            error.usage = tally.usage
            raise

    async def _drafted(self, snapshot: Snapshot, tally: Tally, policy: Policy) -> Draft:
        tally.afford()  # before a probe, which is a call as well
        run = _Run(tally, await self._fit(self._endpoint, self._sampling))
        given = tuple(document(page) for page in tally.desk.fetched.values())
        hits = await tally.search(mail_of(snapshot))
        pages = (*offer.pages(hits, most=run.sampling.page_chars), *given)
        # No secret seed: the mark is a digest of the message, so no message can hold its own,
        # and the same ticket gives the same prompt.
        seen = context.build(
            snapshot,
            documents=pages,
            earlier=await tally.earlier(),
            budget=run.sampling.context_tokens,
        )
        tally.missing += seen.missing
        run.messages += self._question(seen.text, tally.desk.language, policy, run.sampling)
        async with llm.opened(self._endpoint, run.sampling) as model:
            handed = await self._talk(model, run)
        return self._as_draft(handed, tally)

    def _question(
        self, seen: str, language: str, policy: Policy, sampling: Sampling
    ) -> list[Message]:
        """Return rules, pages and ticket: what seldom changes first, for the endpoint's cache."""
        filled = self._prompt.fill(
            {
                "context": seen,
                "language": language or "as in the message",
                "tone": policy.tone or "polite and plain",
            }
        )
        rules, *rest = filled.values()
        more = offer.rules(sampling.strategy, answer.SCHEMA)
        whole = f"{rules}\n\n{more}" if more else rules
        return [Told("rules", whole), Told("user", "\n\n".join(rest))]

    async def _talk(self, model: Model, run: _Run) -> Answer:
        """Call the model until it hands in a usable answer; a hard end stands on every path."""
        objections, rounds, most = 0, 0, run.sampling.tool_rounds
        while True:
            said = await self._call(model, run, tools_open=rounds < most)
            try:
                wanted = turns.wanted(said)
                if isinstance(wanted, HandedIn):
                    handed = answer.read(wanted.arguments, run.tally.desk.fetched)
                    turns.insist(handed, run.tally.desk, last=objections >= _OBJECTIONS)
                    return handed
                turns.still_open(rounds, most=most)
            except Refused as refused:
                if objections >= _OBJECTIONS:
                    raise DraftFailed(f"{self.name}: unusable answer: {refused}") from refused
                objections += 1
                run.messages += turns.objection(said, str(refused))
            else:
                rounds += 1
                run.messages.append(Said(said.text, wanted))  # only calls that get an answer
                for call in wanted:
                    told = await run.tally.use(call.name, call.arguments)
                    run.messages.append(Told("tool", told, call.id))

    async def _call(self, model: Model, run: _Run, *, tools_open: bool) -> Said:
        """Make one model call and count it.

        Raises:
            ModelUnavailable, DraftFailed: as `draft` says.
            LimitReached: the call would pass a limit.
        """
        functions = offer.functions(TOOLS if tools_open else ())
        form = offer.form(run.sampling.strategy, functions, answer.SCHEMA)
        read = _tokens(run.messages) + form.size // _CHARS_A_TOKEN
        run.tally.begin_call(read=read, written=run.sampling.output_tokens)
        try:
            said = await model.say(run.messages, form)
        except ModelUnavailable as gone:
            run.tally.end_call(read=read if gone.asked else 0, written=0)
            raise
        run.tally.end_call(
            read=read if said.read is None else said.read,
            written=_tokens([said]) if said.written is None else said.written,
            cached=said.cached,
        )
        return said

    def _as_draft(self, handed: Answer, tally: Tally) -> Draft:
        language = handed.language or tally.desk.language
        return Draft(
            outcome=handed.outcome,
            language=language,
            paragraphs=handed.paragraphs,
            reason=handed.reason or turns.REASONS[handed.outcome],
            summary=handed.summary,
            documents=tuple(document(page) for page in tally.desk.fetched.values()),
            drafter=self.name,
            prompt=self.prompt,
            usage=tally.usage,
            tools=tuple(tally.uses),
            missing=tuple(tally.missing),
        )


def _tokens(messages: Sequence[Message]) -> int:
    return sum(turns.length(message) for message in messages) // _CHARS_A_TOKEN
