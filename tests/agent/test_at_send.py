"""Whatever allowed a public reply at the draft must allow it still in the moment before the write.

Each change happens while the drafter is at work, under a policy that lets the same answer go out
where nothing changes: the first test is the twin of all others.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from agent.drafter import Drafter
from agent.journal import MemoryJournal
from agent.llm.spend import MemoryPurse
from agent.model import Disposition, Draft, Landing, Result, RunLimits, Snapshot, Usage
from agent.policy.terms import Mode, Policy
from agent.respond import Responder, respond
from server.policies import PolicySource
from tests.agent.test_grants import Opened
from tests.chaos.house import company
from tests.chaos.theatre import START, read_help_centre
from tools.clock import StoppedClock
from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.http import Wire
from tools.kit.tool import Desk
from tools.knowledge.index import KnowledgeIndex
from tools.ledger import MemoryLedger
from tools.provider import Right, share

T = TypeVar("T")
OPEN = """
mode = "auto"
when = "inside"
[hours]
zone = "UTC"
mon-fri = ["08:00-17:00"]
[topics.returns]
words = ["return"]
[spend]
per_day = 10
"""


@dataclass
class Watched:
    """A drafter in whose course something happens; implements `Drafter`."""

    inner: Drafter
    happens: Callable[[], object]
    cost: float = 0.0
    name: str = "a-model"
    prompt: str = "draft_reply@v1"

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Draft, and let it happen."""
        made = await self.inner.draft(snapshot, desk=desk, policy=policy, limits=limits)
        self.happens()
        usage = Usage(model_calls=1, cost=self.cost)
        return replace(made, drafter=self.name, prompt=self.prompt, usage=usage)


@dataclass
class Stage:
    """A run whose policy stands in a file."""

    opened: Opened
    file: Path
    journal: MemoryJournal
    purse: MemoryPurse
    cost: float = 0.0

    def write(self, text: str) -> None:
        """Change the policy's file."""
        self.file.write_text(text, encoding="utf-8")

    def responder(self, happens: Callable[[], object]) -> Responder:
        """Return a responder that reads the file again before it writes."""
        source = PolicySource(self.file, hosts=("larkspur.freshdesk.com",))
        by = self.opened.responder(Mode.AUTO)
        return replace(
            by,
            policy=source.now(),
            reread=source.now,
            drafter=Watched(by.drafter, happens, self.cost),
            purse=self.purse,
        )

    async def run(self, by: Responder) -> tuple[Result, list[str]]:
        """Answer a customer; return how it ended, and what the desk really shows."""
        trigger = self.opened.ask()
        result = await respond(trigger, by=by, journal=self.journal, run="r1")
        kinds = [
            str(entry.kind)
            for entry in self.opened.desk.log
            if str(entry.ticket_id) == trigger.ticket_id and entry.via == "api"
        ]
        return result, kinds


@pytest.fixture(scope="module")
def index() -> Iterator[KnowledgeIndex]:
    """The demo company's help centre, read once."""
    made = asyncio.run(read_help_centre())
    yield made
    made.close()


@pytest_asyncio.fixture
async def opened(index: KnowledgeIndex) -> AsyncIterator[Opened]:
    """The demo company."""
    chance = random.Random(5)  # noqa: S311 -- a phase, not a secret
    desk = loader.load(company(), clock=VirtualClock(START), rng=chance)
    wire, clock = Wire.in_process(create_app(desk, api_key="k")), StoppedClock(START)
    yield Opened(desk, wire, share(wire, MemoryLedger(), clock, rng=chance), index, clock)
    await wire.aclose()


@pytest.fixture
def stage(opened: Opened, tmp_path: Path) -> Stage:
    """Everything open, on a Monday at nine."""
    made = Stage(opened, tmp_path / "policy.toml", MemoryJournal(), MemoryPurse())
    made.write(OPEN)
    return made


def _nothing() -> None:
    return None


async def test_where_nothing_changes_the_answer_goes_out(stage: Stage) -> None:
    """The twin: without it, the tests below would prove that nothing ever goes out."""
    result, kinds = await stage.run(stage.responder(_nothing))

    assert ["reply"] == kinds
    assert result.receipt
    assert () == result.receipt.gates


def _broken(stage: Stage) -> None:
    stage.write(OPEN.replace('mode = "auto"', 'mode = "on"'))


def _to_note(stage: Stage) -> None:
    stage.write(OPEN.replace('mode = "auto"\nwhen = "inside"', 'mode = "note"'))


def _to_cell(stage: Stage) -> None:
    stage.write(OPEN + '[[cell]]\ntopics = ["returns"]\nmode = "one-click"\n')


def _to_people(stage: Stage) -> None:
    stage.write(OPEN + '[human]\ntopics = ["returns"]\n')


def _spent(stage: Stage) -> None:
    stage.purse.used = Decimal("8.5")


CHANGES: dict[str, tuple[Callable[[Stage], object], str]] = {
    "mode": (_to_note, "policy"),
    "cell": (_to_cell, "policy"),
    "people": (_to_people, "topic"),
    "broken file": (_broken, "sent_policy"),
    "gone file": (lambda stage: stage.file.unlink(), "sent_policy"),
    "closing time": (lambda stage: stage.opened.clock.advance(8 * 3600 + 60), "hours"),
    "topic": (lambda stage: stage.journal.halts.add("topic:returns"), "running"),
    "model": (lambda stage: stage.journal.halts.add("model:a-model"), "running"),
    "prompt": (lambda stage: stage.journal.halts.add("prompt:draft_reply@v1"), "running"),
    "money": (_spent, "spend"),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_while_the_draft_is_made_takes_effect_before_the_write(
    stage: Stage, name: str
) -> None:
    """Whoever pulls the plug must not read a minute later what the machine still sent."""
    change, gate = CHANGES[name]

    result, kinds = await stage.run(stage.responder(lambda: change(stage)))

    assert ["note"] == kinds
    assert result.receipt
    assert result.receipt.disposition > Disposition.PUBLIC_REPLY
    held = {one.name for one in result.receipt.gates} | {
        one.name for one in (result.decision.gates if result.decision else ()) if not one.passed
    }
    assert gate in held


async def test_between_decision_and_write_only_the_second_look_can_see_it(stage: Stage) -> None:
    """The mutant does not read the file again, and sends what is no longer allowed."""

    class Late(MemoryJournal):
        async def once(self, step: str, act: Callable[[], Awaitable[T]], kept: type[T]) -> T:
            done = await super().once(step, act, kept)
            if step == "decide":
                _to_note(stage)
            return done

    stage.journal = Late()
    result, kinds = await stage.run(stage.responder(_nothing))
    stage.write(OPEN)
    stage.journal = Late()
    mutant = replace(stage.responder(_nothing), reread=None)
    _, sent = await stage.run(mutant)

    assert (["note"], ["reply"]) == (kinds, sent)
    assert result.decision
    assert result.receipt
    assert Disposition.PUBLIC_REPLY is result.decision.disposition
    assert ["policy", "sent_policy"] == [one.name for one in result.receipt.gates]
    assert "the policy was changed after the draft was made" in result.receipt.reason


@pytest.mark.parametrize("mode", ["off", "observe"])
async def test_switched_off_meanwhile_posts_not_even_a_note(stage: Stage, mode: str) -> None:
    """A setting is asked when it matters, not when the work began."""
    off = OPEN.replace('mode = "auto"\nwhen = "inside"', f'mode = "{mode}"')

    result, kinds = await stage.run(stage.responder(lambda: stage.write(off)))

    assert [] == kinds
    assert result.receipt
    assert (Disposition.SKIP, Landing.NOTHING) == (
        result.receipt.disposition,
        result.receipt.landing,
    )


async def test_what_is_off_is_left_alone_before_anything_is_paid_for(stage: Stage) -> None:
    """No model is asked for a ticket that nobody wants answered."""
    stage.write(OPEN.replace('mode = "auto"\nwhen = "inside"', 'mode = "off"'))
    asked: list[str] = []

    result, kinds = await stage.run(stage.responder(lambda: asked.append("drafted")))

    assert ([], []) == (kinds, asked)
    assert result.skip
    assert "off" == result.skip.name


async def test_a_reply_wears_the_signature_of_the_policy_it_is_sent_under(stage: Stage) -> None:
    """Not the one of the minute before."""
    signed = f'signature = "The new team"\ndisclosure = "A machine wrote this."\n{OPEN}'

    _, kinds = await stage.run(stage.responder(lambda: stage.write(signed)))

    assert ["reply"] == kinds
    assert "The new team" in stage.opened.desk.log[-1].body
    assert "A machine wrote this." in stage.opened.desk.log[-1].body


async def test_a_broken_file_leaves_the_policy_before_in_force_for_notes(stage: Stage) -> None:
    """A typo at noon must neither stop the notes nor open what was closed."""
    source = PolicySource(stage.file, hosts=())
    good = source.now()
    _broken(stage)
    broken = source.now()
    stage.write(OPEN)

    assert (good.version, "") == (broken.version, source.now().fault)
    assert "policy.toml:2: mode = 'on'" in broken.fault


async def test_a_run_that_spends_the_last_of_the_day_ends_in_a_note(stage: Stage) -> None:
    """Its own cost counts: the answer is drafted, a person sends it."""
    stage.cost = 0.5
    stage.purse.used = Decimal("7.6")

    result, kinds = await stage.run(stage.responder(_nothing))

    assert ["note"] == kinds
    assert result.decision
    assert Decimal("8.1") == result.decision.spent
    assert any("81% of the day's 10" in reason for reason in result.decision.reasons)


async def test_no_opening_may_update_a_ticket_where_nothing_is_promised(stage: Stage) -> None:
    """Rights are opened for what a reply promises and for nothing else."""
    await stage.run(stage.responder(_nothing))

    rights = {right for _, grant in stage.opened.openings for right in grant.rights}
    assert Right.REPLY in rights
    assert Right.UPDATE not in rights
