"""R1: whatever a 429 says about when to come back, nobody calls before, and the work is done."""

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from server.store.inbox import State
from tests.chaos import crowd
from tests.chaos.crowd import Company, Crowd
from tests.chaos.house import Setting
from tests.chaos.props import NAMES, Props
from tests.chaos.theatre import ACCOUNT, START, Theatre, auto
from tests.server.front_door import quiet
from tools.budget import Allowance, Ask, Heard
from tools.freshdesk.sandbox.faults import Planned
from tools.http import Wire
from tools.ledger import Key, Ledger, MemoryLedger
from tools.message import Answer, Request

MINUTE, DAY = 60.0, 86_400.0
VALID = (1, 2, 7, 30, 59, 60, 61, 299, 900, 3600)
TOLD: dict[str | None, float] = {
    **{str(seconds): float(seconds) for seconds in VALID},
    None: MINUTE,
    "": MINUTE,
    "0": 0.0,
    "-1": MINUTE,
    "12.5": 12.5,
    "34.0": 34.0,
    "1e3": 1000.0,
    " 45 ": 45.0,
    "soon": MINUTE,
    "NaN": MINUTE,
    "inf": MINUTE,
    "-Infinity": MINUTE,
    "9" * 30: DAY,
    "60, 60": MINUTE,
    "1:30": MINUTE,
    "Wed, 21 Oct 2015 07:28:00 GMT": MINUTE,
    "Mon, 02 Mar 2026 09:02:20 GMT": 115.0,
    "Monday": MINUTE,
}
"""What a Retry-After may hold, and the seconds in which nobody may call at least: a minute where
it says nothing. The date is two minutes after these plays begin, less what has passed by then."""
BODIES = (b"", b'{"code": "rate_limit"}', b"<html>429</html>", b"{")
RATES: tuple[dict[str, str], ...] = (
    {},
    {"x-ratelimit-total": "200.0", "x-ratelimit-remaining": "0.0"},
    {"x-ratelimit-total": "NaN", "x-ratelimit-remaining": "-1"},
    {"x-ratelimit-remaining": "1e400", "x-ratelimit-used-currentrequest": "1.0"},
)
_rates, _bodies = itertools.cycle(RATES), itertools.cycle(BODIES)


def _refusal(told: str | None, rates: Iterator[dict[str, str]] = _rates) -> Answer:
    """Return a 429; its body and its rate headers are any that were ever seen."""
    said = {} if told is None else {"retry-after": told}
    return Answer(429, {**next(rates), **said}, next(_bodies))


class Refusing:
    """A wire that refuses some of the calls; implements `Sender`."""

    def __init__(
        self,
        inner: Wire,
        method: str,
        told: str | None,
        *,
        times: int,
        rates: Iterator[dict[str, str]] = _rates,
    ) -> None:
        self._inner, self._method, self._told, self._times = inner, method, told, times
        self._rates = rates

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def send(self, request: Request) -> Answer:
        """Send it once, or refuse it."""
        if request.method == self._method and self._times > 0:
            self._times -= 1
            return _refusal(self._told, self._rates)
        return await self._inner.send(request)


@pytest.mark.parametrize("told", TOLD, ids=lambda told: "missing" if told is None else told[:20])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_429_is_obeyed_whatever_it_says(
    theatre: Theatre, method: str, told: str | None
) -> None:
    """A call before the time earns the next 429, and in the end a lock-out."""
    wire = Refusing(theatre.wire.wire, method, told, times=2)
    theatre.wire.wire = cast("Wire", wire)
    ticket = theatre.write()
    theatre.deliver(ticket)

    await theatre.work()

    refused = [at for at, _, _, status in theatre.wire.calls if status == 429]
    least = TOLD[told] if told != "Mon, 02 Mar 2026 09:02:20 GMT" else _until_then(refused[0])
    early = [
        (at, refused[0])
        for at, _, _, _ in theatre.wire.calls
        if refused[0] < at < refused[0] + least
    ]
    assert 2 == len(refused)
    assert [] == early
    assert 1 == len(theatre.said(ticket))
    assert [State.DONE] == [one.state for one in theatre.deliveries()]


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(RATES)), 2)))
async def test_rate_headers_that_contradict_each_other_stop_nobody_for_good(
    theatre: Theatre, order: tuple[int, int]
) -> None:
    """A pool that is suddenly told to be much smaller must not look used up for ever."""
    told = itertools.cycle([RATES[one] for one in order])
    wire = Refusing(theatre.wire.wire, "POST", "1", times=2, rates=told)
    theatre.wire.wire = cast("Wire", wire)
    ticket = theatre.write()
    theatre.deliver(ticket)

    await theatre.work(until=START.timestamp() + 600)

    assert 1 == len(theatre.said(ticket))


def _until_then(at: float) -> float:
    return START.timestamp() + 120 - at - 1


async def test_a_429_that_came_by_wire_is_obeyed(props: Props) -> None:
    """A trial's answers carry decimals in their rate headers, and its 429 has no body."""
    theatre = Theatre(props, 1, Setting(ACCOUNT, props.shelf(NAMES[0]), auto(), plan="trial"))
    theatre.app.faults.planned.append(Planned("GET /tickets/*", "429", retry_after=900))
    ticket = theatre.write()
    theatre.deliver(ticket)

    await theatre.work()
    await theatre.close()

    refused = [at for at, _, _, status in theatre.wire.calls if status == 429]
    assert 1 == len(refused)
    assert not [at for at, *_ in theatre.wire.calls if refused[0] < at < refused[0] + 900]
    assert 1 == len(theatre.said(ticket))


class Weather:
    """A storm of refusals at one company; each is drawn, and some calls get through."""

    def __init__(self, *, share: float) -> None:
        self._chance = random.Random(4)  # noqa: S311 -- the same each time
        self._share = share
        self.told: dict[int, float] = {}

    def __call__(self, request: Request) -> Answer | None:
        """Refuse this call, or let it through."""
        del request
        if self._chance.random() > self._share:
            return None
        told = self._chance.choice([told for told, least in TOLD.items() if least < 1000])
        answer = _refusal(told)
        self.told[id(answer)] = 0.0 if told and "2026" in told else TOLD[told]
        return answer

    def least(self, answer: Answer) -> float:
        """Return the seconds for which an answer forbids calls."""
        return self.told.get(id(answer), 0.0)


TICKETS = 8
LONG, SHORT = DAY, 900.0


async def _both(
    props: Props,
    weather: Callable[[Request], Answer | None] | None,
    ledger: Ledger,
    seconds: float,
) -> tuple[Crowd, Company, Company]:
    """Let the same webhooks come for both companies, one of which may stand in a storm."""
    on = Crowd(props, props.shelf(NAMES[0]), auto(), names=("stormy", "calm"), ledger=ledger)
    stormy, calm = on.companies.values()
    if weather is not None:
        stormy.wire.instead = weather
    for number in range(TICKETS):
        for one in (stormy, calm):
            status = await on.hook(one, one.house.write(email=f"kim{number}@example.com"))
            assert 202 == status
    await on.work(seconds=seconds)
    return on, stormy, calm


def _play(
    props: Props,
    weather: Callable[[Request], Answer | None] | None,
    ledger: Ledger | None = None,
    *,
    seconds: float = LONG,
) -> tuple[Crowd, Company, Company]:
    with quiet():
        return crowd.run(lambda: _both(props, weather, ledger or MemoryLedger(), seconds))


def test_in_a_storm_nobody_calls_early_and_every_ticket_is_answered_once(props: Props) -> None:
    """Sixteen runs at once meet refusals of every kind; one that is told binds all of them."""
    weather = Weather(share=0.15)

    on, stormy, calm = _play(props, weather)

    refused = [answer for _, answer in stormy.wire.answered if answer.status == 429]
    assert len(refused) > 10
    assert [] == stormy.wire.early(weather.least)
    assert {State.DONE} == {one.state for one in on.deliveries()}
    for one in (stormy, calm):
        tickets = {int(t) for t in one.ended(on.deliveries())}
        assert [1] * TICKETS == [len(one.house.said(ticket)) for ticket in tickets]


def _ends(on: Crowd, company: Company) -> dict[str, float]:
    return company.ended(on.deliveries())


def test_a_storm_at_one_company_moves_no_other(props: Props) -> None:
    """The neighbours' customers must not wait for a pool that is not theirs."""
    on, _, calm = _play(props, None)
    fair = _ends(on, calm)
    on, stormy, calm = _play(props, Weather(share=1.0), seconds=SHORT)
    foul = _ends(on, calm)

    assert not [one for one in stormy.house.desk.log if one.via == "api"]
    assert fair.keys() == foul.keys()
    assert max(foul.values()) <= max(fair.values()) + 0.5


class Deaf(MemoryLedger):
    """A ledger that never pauses: the mutant that hears no 429."""

    async def pause(self, key: Key, *, until: float) -> None:
        """Go on."""


class OnePool(MemoryLedger):
    """A ledger that keeps one pool for everybody: the mutant that knows no accounts."""

    _ALL = Key("freshdesk", "all")

    async def spend(self, key: Key, ask: Ask, *, assume: Allowance, now: float) -> float:
        """Charge the one pool."""
        del key
        return await super().spend(self._ALL, ask, assume=assume, now=now)

    async def learn(self, key: Key, ask: Ask, heard: Heard, *, sent: float, now: float) -> None:
        """Correct the one pool."""
        del key
        await super().learn(self._ALL, ask, heard, sent=sent, now=now)

    async def pause(self, key: Key, *, until: float) -> None:
        """Stop everybody."""
        del key
        await super().pause(self._ALL, until=until)


def test_without_the_pause_calls_come_early(props: Props) -> None:
    """A storm in which nothing could go wrong would show nothing."""
    weather = Weather(share=0.15)

    _, stormy, _ = _play(props, weather, Deaf(), seconds=SHORT)

    assert [] != stormy.wire.early(weather.least)


def test_with_one_pool_for_all_the_neighbours_wait(props: Props) -> None:
    """The comparison notices a company that is held up by another's storm."""
    on, _, calm = _play(props, None)
    fair = _ends(on, calm)
    on, _, calm = _play(props, Weather(share=0.15), OnePool(), seconds=SHORT)

    assert max(_ends(on, calm).values()) > max(fair.values()) + 0.5
