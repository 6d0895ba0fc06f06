"""Recording a model on the loopback, and playing what it said without it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.sandbox.app import app
from agent.sandbox.scripts import SCRIPTS, Asked, Reply, Script, quotes_first_page, said, submit
from evals.cli import app as evals
from evals.draws import Draws
from evals.frozen import FILE, Drafts
from tools.freshdesk.sandbox.serve import serving

COMMAND = CliRunner()
Writing = Callable[..., Path]
CASE = "drafter: {model: local}\nexpect: {notes: 1}"


@dataclass
class Bench:
    """A folder of keyed cases, one of recordings, and a model that answers.

    Attributes:
        seen: every request the model got.
        script: what it says; may change while it is asked.
    """

    cases: Path
    recordings: Path
    url: str = ""
    seen: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    script: Script = quotes_first_page

    async def __call__(self, *words: str, answer: str = "") -> Result:
        """Run a verb on these folders."""
        where = ("--cases", str(self.cases), "--recordings", str(self.recordings))
        return await asyncio.to_thread(COMMAND.invoke, evals, [*words, *where], input=answer)

    async def record(self, *words: str, answer: str = "") -> Result:
        """Run `record` against the model."""
        sure = () if answer else ("--yes",)
        return await self("record", "--base-url", self.url, *sure, *words, answer=answer)


@pytest.fixture
async def bench(tmp_path: Path, write_case: Writing) -> AsyncIterator[Bench]:
    """Yield one keyed case with a model on the loopback, and nothing recorded."""
    one = Bench(write_case("asks", old="expect: {notes: 1}", new=CASE).parent, tmp_path / "kept")

    def answers(what: Asked) -> Reply:
        return one.script(what)

    model = app({**SCRIPTS, "local": answers}, seen=one.seen)
    async with serving(model) as url:
        one.url = f"{url}/v1"
        yield one


async def test_what_was_recorded_is_played_without_the_model(bench: Bench) -> None:
    """Each draw is a trial, and CI has neither a key nor a socket."""
    recorded = await bench.record("--trials", "2")
    asked = len(bench.seen)

    played = await bench("run", "--tier", "keyed", "--trials", "2", "--json", "-")

    assert 0 == recorded.exit_code, recorded.output
    assert "2 of 2 trials were reached" in recorded.output
    assert asked == len(bench.seen) == 2
    assert {"cases": 1, "trials": 2, "passed": 2} == {
        name: json.loads(played.stdout)["tiers"]["keyed"][name]
        for name in ("cases", "trials", "passed")
    }


async def test_recording_again_asks_only_what_is_missing(bench: Bench) -> None:
    """Whoever was interrupted pays for the rest and for nothing twice."""
    await bench.record()

    more = await bench.record("--trials", "3")
    done = await bench.record("--trials", "3")

    assert "1 cases, 2 trials to record" in more.output
    assert 3 == len(bench.seen)
    assert "nothing to ask" in done.output


async def test_the_cost_is_told_before_anything_is_asked(bench: Bench, tmp_path: Path) -> None:
    """Tokens are money, and a no must cost nothing."""
    table = tmp_path / "prices.toml"
    table.write_text(
        'currency = "EUR"\n[[price]]\nmodel = "local"\ninput = 1000.0\noutput = 1000.0\n', "utf-8"
    )

    told = await bench.record("--prices", str(table), answer="n\n")
    unknown = await bench.record(answer="n\n")

    assert 1 == told.exit_code
    assert [] == bench.seen
    assert "1 cases, 1 trials to record: about" in told.output
    assert "EUR" in told.output
    assert "no price is known for the model 'local'" in unknown.output


async def test_a_miss_is_an_outcome_of_its_own_with_the_mend(bench: Bench) -> None:
    """It is no pass and no failure, and the command stands there to be copied."""
    await bench.record()
    text = (bench.cases / "asks.yaml").read_text("utf-8")
    (bench.cases / "asks.yaml").write_text(f"{text}policy: {{replies_per_day: 4}}\n", "utf-8")
    same = await bench("run", "--tier", "keyed")
    moved = text.replace("expect:", "patch: {tickets: {1: {subject: Something else}}}\nexpect:")
    (bench.cases / "asks.yaml").write_text(moved, "utf-8")

    told = await bench("run", "--tier", "keyed")

    assert 0 == same.exit_code, "what the model is not told cannot change its answer"
    assert 3 == told.exit_code
    assert "keyed: 1 case, 1 unrecorded" in told.output
    assert "nearest is " in told.output
    assert "segment 'ticket'" in told.output
    assert "+Subject: Something else" in told.output
    assert "deskhand evals record --missing -k asks --base-url URL\n" in told.output, told.output


async def test_it_stops_in_time_and_says_how_far_it_came(bench: Bench) -> None:
    """A night's recording must not run into the morning."""
    told = await bench.record("--minutes", "0")

    assert 3 == told.exit_code
    assert "0 of 1 trials were reached" in told.output
    assert "the same command goes on" in told.output


@pytest.mark.parametrize(
    "secret", ["sk-abcdefghijklmnop1234", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00"]
)
async def test_an_answer_with_a_secret_is_not_written(bench: Bench, secret: str) -> None:
    """A recording is published with the repository."""
    bench.script = lambda _: submit(outcome="no_answer", reason=f"It is {secret}.")

    told = await bench.record()

    assert 1 == told.exit_code
    assert "so nothing was written" in told.output
    assert secret not in told.output
    assert 0 == len(Draws(bench.recordings)) == len(Drafts(bench.recordings))


async def test_a_model_that_is_not_there_is_said_once(bench: Bench) -> None:
    """Two hundred trials against a closed door are one fault."""
    told = await bench("record", "--base-url", "http://127.0.0.1:9/v1", "--yes", "--trials", "9")

    assert 1 == told.exit_code
    assert 1 == told.output.count("trial 0:")
    assert "trial 1:" not in told.output
    assert 0 == len(Draws(bench.recordings))


async def test_a_case_can_be_recorded_anew(bench: Bench) -> None:
    """A draw that was a fluke of the endpoint must not stay for ever."""
    await bench.record()
    bench.script = lambda _: submit(outcome="no_answer", reason="Not today.")

    await bench.record("--refresh", "asks")
    kept = Drafts(bench.recordings).of("asks", "local")

    assert 2 == len(bench.seen)
    assert 1 == len(Draws(bench.recordings))
    assert "no_answer" == kept[0].draft.outcome.value


async def test_drift_is_measured_and_nothing_of_it_kept(bench: Bench) -> None:
    """A model that changed under its name makes old recordings old."""
    await bench.record("--trials", "4")
    before = {one.name: one.read_bytes() for one in bench.recordings.iterdir()}
    same = await bench.record("--verify", "50%", "--trials", "4")
    bench.script = lambda _: submit(outcome="no_answer", reason="Not today.")

    other = await bench.record("--verify", "100%", "--trials", "4")

    assert "0 of 2 ended otherwise (0% to 66% at 95 %)" in same.output
    assert "4 of 4 ended otherwise (51% to 100% at 95 %)" in other.output
    assert "asks in trial 0: answer, private_note then, no_answer, handoff now" in other.output
    assert before == {one.name: one.read_bytes() for one in bench.recordings.iterdir()}


async def test_gc_drops_what_no_case_reaches(bench: Bench, write_case: Writing) -> None:
    """A store that only grows is one nobody looks at."""
    write_case("goes", old="expect: {notes: 1}", new=f"patch: {{articles: {{}}}}\n{CASE}")
    other = bench.cases / "goes.yaml"
    other.write_text(other.read_text("utf-8").replace("ticket: 1", "ticket: 2"), "utf-8")
    await bench.record()
    whole = len(Draws(bench.recordings))
    other.unlink()

    shown = await bench("gc", "--dry-run")
    untouched = len(Draws(bench.recordings))
    dropped = await bench("gc")
    again = await bench("gc")

    assert 2 == whole == untouched
    assert "1 draws and 1 drafts would go" in shown.output
    assert "1 draws and 1 drafts dropped" in dropped.output
    assert 1 == len(Draws(bench.recordings)) == len(Drafts(bench.recordings))
    assert "0 draws and 0 drafts dropped" in again.output


async def test_gc_spares_what_shows_how_a_prompt_changed(bench: Bench) -> None:
    """After an edit no draw is reached, and just then they are needed."""
    await bench.record()
    path = bench.cases / "asks.yaml"
    moved = "patch: {tickets: {1: {subject: Something else}}}\nexpect:"
    path.write_text(path.read_text("utf-8").replace("expect:", moved), "utf-8")

    told = await bench("gc")

    assert 2 == told.exit_code
    assert "asks: recorded, and asked in other words by now" in told.stderr
    assert 1 == len(Draws(bench.recordings))


async def test_frozen_drafts_meet_todays_guards_whatever_became_of_the_prompt(
    bench: Bench,
) -> None:
    """A changed prompt makes answers stale; what was drafted still tests what comes after."""
    bench.script = lambda what: submit(
        sentences=[
            said("I have refunded you already, and it takes 417 days."),
            *json.loads(quotes_first_page(what).calls[0][1])["sentences"],
        ]
    )
    await bench.record("--trials", "2")
    for shard in bench.recordings.glob("??.jsonl"):
        shard.unlink()

    frozen = await bench("run", "--tier", "frozen")
    keyed = await bench("run", "--tier", "keyed")
    told = await bench("explain", "asks-frozen", "--trial", "1")

    assert 0 == frozen.exit_code
    assert "frozen: 1 case in 2 trials, 2 passed" in frozen.output
    assert "asks-frozen" in frozen.output
    assert 3 == keyed.exit_code
    assert "guard unsupported_claim" in told.output or "guard promise" in told.output, told.output


async def test_explain_tells_each_check_with_what_it_saw(bench: Bench) -> None:
    """A verdict that cannot be looked into is believed or ignored, and both are wrong."""
    await bench.record()

    told = await bench("explain", "asks")

    assert 0 == told.exit_code
    assert "asks (keyed): passed" in told.output
    assert "passed  end_state [saw {'notes': 1, 'public replies': 0" in told.output
    assert "not asked: disposition" in told.output
    assert "draft by local draft_reply@" in told.output
    assert "gate documented:" in told.output
    assert "model call 1, draw " in told.output
    assert "submit_draft" in told.output


async def test_replay_goes_through_all_that_happened(bench: Bench) -> None:
    """Calls, what the model was told and said, and what stands on the ticket then, in order."""
    await bench.record()

    told = await bench("replay", "asks", "--step", answer="\n" * 60)
    places = [
        told.output.index(words)
        for words in (
            "GET /tickets/1",
            "the model is told: system",
            "the model answers",
            "decided: private_note",
            "+ private note at",
            "verdict: passed",
        )
    ]

    assert 0 == told.exit_code
    assert sorted(places) == places
    assert told.output.count("[Enter]") > 6


async def test_a_draft_cut_in_half_is_refused_with_its_line(bench: Bench) -> None:
    """Half a draft must not be graded as the whole."""
    await bench.record()
    file = bench.recordings / FILE
    file.write_text(file.read_text("utf-8")[:80], "utf-8")

    for words in (("run", "--tier", "frozen"), ("explain", "asks"), ("gc",)):
        told = await bench(*words)

        assert 2 == told.exit_code
        assert f"{file}:1: this line is no draft" in told.stderr
        assert "version control" in told.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("explain", "nothing"), "there is no case 'nothing'"),
        (("record",), "say what to record: --base-url"),
        (("explain", "asks-frozen"), "there is no case 'asks-frozen'"),
        (("record", "--base-url", "x", "--verify", "much"), "cannot read 'much'"),
        (("record", "--base-url", "x", "-k", "nothing"), "no case of a recorded model fits"),
        (("record", "--base-url", "x", "--prices", "/none.toml"), "/none.toml"),
    ],
)
async def test_a_wrong_call_is_refused_in_words(
    bench: Bench, words: tuple[str, ...], told: str
) -> None:
    """Nobody should have to read our code to learn what to type."""
    ended = await bench(*words)

    assert 2 == ended.exit_code
    assert told in ended.stderr


async def test_a_recorded_draft_meets_what_happens_while_it_is_on_its_way(bench: Bench) -> None:
    """Whoever is faster must win over a recorded draft as well, so the whole desk is played."""
    path = bench.cases / "asks.yaml"
    event = "events: [{at: 'POST /tickets/*/notes', do: customer_reply, body: One thing more}]\n"
    path.write_text(path.read_text("utf-8") + event, "utf-8")
    await bench.record()

    told = await bench("replay", "asks-frozen")

    assert 0 == told.exit_code
    assert "GET /tickets/1 → 200" in told.output, "it was played on the desk, not on paper"
    assert "draft by local" in told.output
