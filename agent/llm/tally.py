"""One drafting run's account: what it may still use, has used, and the tools it used it on."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from agent import calls
from agent.errors import LimitReached
from agent.llm.prices import Prices
from agent.model import RunLimits, ToolUse, Usage
from tools.clock import Clock
from tools.errors import HelpdeskError
from tools.kit import TOOLS, past_tickets
from tools.kit.search_articles import find, indexed
from tools.kit.tool import Desk, GiveUp, TryAgain
from tools.knowledge.article import Hit

_RESULT_MOST = 6_000
"""Characters of a tool's answer that a model is shown."""


class Tally:
    """Counts one run against its limits, and runs its read-only tools."""

    def __init__(
        self,
        desk: Desk,
        limits: RunLimits,
        clock: Clock,
        *,
        model: str = "",
        prices: Prices | None = None,
    ) -> None:
        self.desk = desk
        self.uses: list[ToolUse] = []
        self.missing: list[str] = []
        self._limits = limits
        self._clock = clock
        self._started = clock.steady()
        self._credits_before = desk.helpdesk.credits
        self._model, self._prices = model, prices or Prices()
        self._calls = self._input = self._cached = self._output = 0

    @property
    def usage(self) -> Usage:
        """What has been used up to this moment."""
        used = Usage(
            credits=self.desk.helpdesk.credits - self._credits_before,
            model_calls=self._calls,
            input_tokens=self._input,
            output_tokens=self._output,
            seconds=self._clock.steady() - self._started,
            cached_tokens=self._cached,
        )
        cost = self._prices.cost(self._model, used)
        if cost is None:
            return used
        return replace(used, cost=round(float(cost), 6), currency=self._prices.currency)

    def begin_call(self, *, read: int, written: int) -> None:
        """Count a model call that may use this many tokens.

        Raises:
            LimitReached: it would pass the limit of calls, of tokens or of money, or nobody
                knows what it would cost.
        """
        self.afford(read=read, written=written)
        if self._calls >= self._limits.model_calls:
            raise LimitReached(
                f"{self._calls} model calls made, {self._limits.model_calls} allowed"
            )
        used = self._input + self._output
        more = read + written
        if used + more > self._limits.tokens:
            raise LimitReached(
                f"{used} tokens used, {more} more may be needed, {self._limits.tokens} allowed"
            )
        self._calls += 1

    def afford(self, *, read: int = 0, written: int = 0) -> None:
        """Refuse what could cost more money than is left.

        Raises:
            LimitReached: it could, or there is a limit and no known price.
        """
        most = self._limits.money
        if most is None:
            return
        price, spent = self._prices.find(self._model), self._prices.cost(self._model, self.usage)
        if price is None or spent is None:
            raise LimitReached(
                f"a run may cost {most} at most, and {self._prices.unknown(self._model)}"
            )
        more = price.of(read=read, cached=0, written=written)
        if spent + more > most:
            raise LimitReached(
                f"{_money(spent)} {self._prices.currency} spent, {_money(more)} more may be"
                f" needed, {most} allowed"
            )

    def end_call(self, *, read: int, written: int, cached: int = 0) -> None:
        """Count the tokens of a call, as the endpoint said or as we estimate."""
        self._input += read
        self._cached += cached
        self._output += written

    async def search(self, mail: str) -> tuple[Hit, ...]:
        """Look for pages before the first call; a helpdesk that fails leaves the index's hits."""
        spent, started = self.desk.helpdesk.credits, self._clock.steady()
        if self._left() < 1:
            self.desk.live_searches = 0
        try:
            hits, ok = await find(self.desk, mail), True
        except HelpdeskError:
            self.missing.append("The helpdesk's own search could not be asked.")
            hits = await indexed(self.desk, mail)
            self.desk.fetched.update((hit.page.id, hit.page) for hit in hits)
            ok = False
        self._note("search_articles", spent, started, ok=ok, found=tuple(h.page.id for h in hits))
        return hits

    async def earlier(self) -> tuple[str, ...]:
        """Return the requester's other tickets, a line each, or say why they are left out."""
        spent, started, ok = self.desk.helpdesk.credits, self._clock.steady(), True
        if not calls.affords(calls.EARLIER, self._limits) or self._left() < 1:
            self.missing.append("earlier tickets: not read, to spare the account's calls")
            return ()
        try:
            return await past_tickets.earlier(self.desk)
        except HelpdeskError:
            ok = False
            self.missing.append("earlier tickets: they could not be read")
            return ()
        finally:
            self._note("past_tickets", spent, started, ok=ok, found=())

    async def use(self, name: str, arguments: Mapping[str, object]) -> str:
        """Run a tool and return what the model is told; a failure is told, never raised.

        Raises:
            LimitReached: the run may not spend what the tool may cost.
        """
        tool = next((tool for tool in TOOLS if tool.name == name), None)
        if tool is None:
            self.uses.append(ToolUse("unknown", ok=False, credits=0, ms=0))
            return f"There is no such tool. There are: {', '.join(tool.name for tool in TOOLS)}."
        if tool.credits > self._left():
            raise LimitReached(f"{tool.name} may cost {tool.credits} credits, {self._left()} left")
        known = {argument.name for argument in tool.arguments}
        given = {key: str(value) for key, value in arguments.items() if key in known}
        spent, started = self.desk.helpdesk.credits, self._clock.steady()
        before = set(self.desk.fetched)
        try:
            told, ok = await tool.run(self.desk, given), True
        except (TryAgain, GiveUp) as failed:
            told, ok = str(failed), False
        found = tuple(page_id for page_id in self.desk.fetched if page_id not in before)
        self._note(name, spent, started, ok=ok, found=found)
        return told[:_RESULT_MOST]

    def _left(self) -> int:
        return self._limits.credits - (self.desk.helpdesk.credits - self._credits_before)

    def _note(
        self, name: str, spent: int, started: float, *, ok: bool, found: tuple[str, ...]
    ) -> None:
        ms = round((self._clock.steady() - started) * 1000)
        self.uses.append(
            ToolUse(name, ok=ok, credits=self.desk.helpdesk.credits - spent, ms=ms, found=found)
        )


def _money(amount: Decimal) -> str:
    return f"{amount:.6f}".rstrip("0").rstrip(".")
