"""Writing, checking, explaining and comparing policies from the command line."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from agent.decide import decide
from agent.model import Result, Sentence
from agent.policy.terms import Policy
from server.command_line import build
from server.store import runs
from server.store.db import open_database
from server.store.migrate import migrate
from tests.agent.desk_of_paper import NOW, cite, draft, page, shot
from tests.chaos.house import company
from tests.e2e.processes import world
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.serve import serving

COMMAND = CliRunner()
TOPICS = """\
[topics.returns]
words = ["return"]
[topics.pumps]
words = ["pump"]
[[cell]]
topics = ["pumps"]
mode = "note"
"""
AUTO = f'mode = "auto"\ndisclosure = "A machine wrote this."\n{TOPICS}'


@dataclass
class Home:
    """A folder of settings, and the command line that reads them."""

    path: Path
    settings: dict[str, str]

    def file(self, text: str, name: str = "p.toml") -> str:
        """Write a policy file."""
        (self.path / name).write_text(text, encoding="utf-8")
        return str(self.path / name)

    def run(self, *words: str) -> tuple[int, Any]:
        """Run a command; return its exit code, and its JSON or all that it said."""
        app = build([*words], started=0.0)
        told = COMMAND.invoke(app, [*words], env=self.settings)
        if told.exception is not None and not isinstance(told.exception, SystemExit):
            raise told.exception
        as_json = "--json" in words and told.stdout.strip()
        return told.exit_code, json.loads(told.stdout) if as_json else told.output


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Settings of nobody: a home, and nothing else."""
    return Home(tmp_path, {"DESKHAND_HOME": str(tmp_path / "home")})


def test_init_writes_a_safe_file_once_and_check_says_what_it_means(home: Home) -> None:
    """The first file somebody has posts private notes, and says how to go on."""
    written, again = (home.run("policy", "init") for _ in range(2))
    file = home.path / "home" / "policy.toml"
    code, told = home.run("policy", "check", str(file), "--json")

    assert (0, 1) == (written[0], again[0])
    assert "is there already" in again[1]
    assert (0, True) == (code, told["ok"])
    assert [("else", "note")] == [(row["cell"], row["mode"]) for row in told["cells"]]


def test_check_tells_what_each_cell_means_and_what_may_not_be_meant(home: Home) -> None:
    """A table that a head of support can read, and a word about what looks odd."""
    file = home.file(
        'mode = "note"\n[topics.returns]\nwords = ["return"]\n[topics.idle]\ntags = ["x"]\n'
        '[[cell]]\ntopics = ["returns"]\nchannels = ["E-Mail"]\nmode = "auto"\nwhen = "outside"\n'
        '[hours]\nzone = "Europe/Berlin"\nmon-fri = ["09:00-17:00"]\n'
    )

    code, told = home.run("policy", "check", file, "--json")
    shown, table = home.run("policy", "check", file)

    assert (0, 0) == (code, shown)
    assert "outside business hours a public reply where every gate holds" in " ".join(
        row["means"] for row in told["cells"]
    )
    doubts = " ".join(told["doubts"])
    for doubt in ("set disclosure", "'idle' is in no cell", "'E-Mail' is none of Freshdesk's own"):
        assert doubt in doubts
    assert "Cells: the first that fits decides" in table


def test_check_tells_how_many_may_write_the_same_words(home: Home) -> None:
    """A number that lets nothing out must not look like one that does."""
    shown = [
        home.run("policy", "check", home.file(f'mode = "auto"\n{line}\n', "same.toml"), "--json")[1]
        for line in ("same_words_per_day = 40", "same_words_per_day = 0")
    ]
    few, none = (" ".join(one["facts"]) for one in shown)

    assert "At most 40 requesters a day get one for the same words; the next get notes." in few
    assert "At most 0 requesters" in none
    assert ["0 replies are allowed" in " ".join(one["doubts"]) for one in shown] == [False, True]


TRIAGE = """\
mode = "triage"
[topics.returns]
words = ["return"]
set = { type = "Refund", group = "Nobody", tags = ["return"] }
[triage]
fields = ["type", "group", "tags", "language"]
tags = ["gift"]
"""


def test_check_tells_what_triage_may_set(home: Home) -> None:
    """Its owner sees every closed list, and what a topic fixes."""
    code, told = home.run("policy", "check", home.file(TRIAGE), "--json")
    idle, doubts = home.run("policy", "check", home.file(TRIAGE.replace("triage", "note", 1)))

    assert (0, 0) == (code, idle)
    assert "fields are set, nothing posted" == told["cells"][0]["means"]
    assert (
        "Triage may set: type, group, tags (gift), language. What a person has set stays."
        in (told["facts"])
    )
    assert "type Refund; group Nobody; tags return" == told["topics"][0]["sets"]
    assert [] == told["doubts"]
    assert "There is [triage], and no mode" in doubts


def test_check_tells_every_mistake_with_its_line_and_fails(home: Home) -> None:
    """A pipeline stops here, and whoever looks knows what to mend."""
    file = home.file('mode = "on"\n[spend]\nper_week = 3\n')

    code, told = home.run("policy", "check", file, "--json")
    missing, why = home.run("policy", "check", str(home.path / "none.toml"))

    assert (1, False, 2) == (code, told["ok"], len(told["mistakes"]))
    assert told["mistakes"][0].startswith(f"{file}:1: mode = 'on'")
    assert told["mistakes"][1].startswith(f"{file}:3: unknown key 'per_week' in spend")
    assert 1 == missing
    assert "policy init" in why


def test_a_switch_by_name_is_set_lifted_and_a_slip_is_told(home: Home) -> None:
    """A kill switch with a typo in it would stop nothing."""
    home.run("db", "migrate")
    home.settings["DESKHAND_POLICY"] = home.file(AUTO)

    stopped = home.run("kill", "--topic", "returns", "--reason", "a bad batch")
    slip = home.run("kill", "--topic", "retruns")
    both = home.run("kill", "--topic", "returns", "--model", "m")
    resumed = home.run("resume", "--topic", "returns")
    again = home.run("resume", "--topic", "returns")

    assert (0, 0, 2, 0, 1) == tuple(one[0] for one in (stopped, slip, both, resumed, again))
    assert "Nothing bears this name" not in stopped[1]
    assert "there are returns, pumps, other" in slip[1]
    assert "public replies of topic retruns" in resumed[1]


@pytest.fixture
def desk() -> Desk:
    """The demo company."""
    chance = random.Random(5)  # noqa: S311 -- a phase, not a secret
    return loader.load(company(), clock=VirtualClock(NOW), rng=chance)


@pytest_asyncio.fixture
async def connected(home: Home, desk: Desk) -> AsyncIterator[Home]:
    """A home whose settings name a helpdesk on the loopback."""
    async with serving(create_app(desk, api_key="k")) as url:
        home.settings |= {"DESKHAND_FRESHDESK_DOMAIN": url, "DESKHAND_FRESHDESK_API_KEY": "k"}
        yield home


async def test_explain_names_cell_and_gates_and_writes_nothing(connected: Home, desk: Desk) -> None:
    """What will happen to this ticket, asked before it happens."""
    connected.settings["DESKHAND_POLICY"] = connected.file(AUTO)
    pump, plain = (
        str(people.write_in(desk, people.Message("Hi", text, "kim@example.com", "Kim")).id)
        for text in ("<p>Does the pump freeze when I return it?</p>", "<p>How do I return it?</p>")
    )
    before = len(desk.log)

    held = await asyncio.to_thread(connected.run, "policy", "explain", pump, "--json")
    open_one = await asyncio.to_thread(connected.run, "policy", "explain", plain)
    gone = await asyncio.to_thread(connected.run, "policy", "explain", "999999")

    told = held[1]
    assert (["returns", "pumps"], "note", 1) == (told["topics"], told["mode"], told["cell"])
    assert ["policy"] == [one["name"] for one in told["gates"] if not one["passed"]]
    assert {"documented", "findings"} <= set(told["of_the_draft"])
    assert (0, 0, 1) == (held[0], open_one[0], gone[0])
    assert "goes out in public" in open_one[1]
    assert before == len(desk.log)


async def test_explain_tells_where_the_same_words_hold_a_reply(connected: Home, desk: Desk) -> None:
    """The number that held it is the one to look at."""
    connected.settings["DESKHAND_POLICY"] = connected.file(
        'mode = "auto"\nsame_words_per_day = 0\n', "same.toml"
    )
    asks = people.Message("Hi", "<p>How do I return it?</p>", "kim@example.com", "Kim")
    ticket = str(people.write_in(desk, asks).id)

    _, told = await asyncio.to_thread(connected.run, "policy", "explain", ticket, "--json")

    held = [one for one in told["gates"] if not one["passed"]]
    assert ["same_words"] == [one["name"] for one in held]
    assert "same_words_per_day" in held[0]["reason"]


async def test_doctor_tells_of_policy_switches_and_money(connected: Home) -> None:
    """What holds replies back stands beside what is broken."""
    connected.settings["DESKHAND_POLICY"] = connected.file(
        f"{AUTO}[spend]\nper_day = 5\n", "money.toml"
    )
    await asyncio.to_thread(connected.run, "db", "migrate")
    await asyncio.to_thread(connected.run, "kill", "--model", "extractive", "--reason", "a bad day")

    _, told = await asyncio.to_thread(connected.run, "doctor", "--json")

    found = {one["name"]: one["found"] for one in told["checks"]}
    assert "1 of 2 cells reply in public" in found["policy"]
    assert "model:extractive for *: a bad day" in found["switches"]
    assert "0 of 5 spent on models since midnight UTC" in found["money"]


async def test_explain_and_doctor_hold_triage_against_the_account(
    connected: Home, desk: Desk
) -> None:
    """A name that the account does not have is found before a ticket meets it."""
    connected.settings["DESKHAND_POLICY"] = connected.file(TRIAGE, "triage.toml")
    message = people.Message("A question", "<p>How do I return an item?</p>", "kim@example.com")
    ticket = people.write_in(desk, message).id
    before = len(desk.log)

    code, told = await asyncio.to_thread(connected.run, "policy", "explain", str(ticket), "--json")
    _, shown = await asyncio.to_thread(connected.run, "policy", "explain", str(ticket))
    _, looked = await asyncio.to_thread(connected.run, "doctor", "--json")

    found = {one["name"]: one["found"] for one in looked["checks"]}
    assert (0, "triage") == (code, told["mode"])
    assert [("type", "Refund"), ("tags", "return"), ("language", "lang-en")] == [
        (one["field"], one["value"]) for one in told["triage"]["sets"]
    ]
    assert ["group"] == [one["field"] for one in told["triage"]["dropped"]]
    assert "Triage by rule would set" in shown
    assert "the account has no group 'Nobody'" in found["triage"]
    assert "no type" not in found["triage"]
    assert before == len(desk.log)


@pytest.fixture
def kept(home: Home) -> Home:
    """A home that remembers two runs: a good answer, and one nobody can show."""
    home.settings["DESKHAND_ACCOUNT"] = "acme"
    store = open_database(f"sqlite:///{home.path / 'home' / 'deskhand.db'}")
    migrate(store)
    about = page("Lamps can be returned within 30 days.")
    good = draft(Sentence(about.text, cite(about)), pages=(about,))
    for number, made in enumerate((good, draft("It just works.")), start=1):
        asked = shot()
        result = Result(asked, draft=made, decision=decide(asked, made, (), Policy()))
        known = {"run": f"r{number}", "account": "acme", "ticket_id": str(number)}
        store.write_now(
            lambda c, result=result, known=known: runs.keep(  # type: ignore[misc]  # bound in a loop
                c, **known, turn=known["run"], state="done", result=result, now=1.0
            )
        )
    store.close()
    return home


def test_two_files_are_compared_on_kept_runs_worst_first_for_a_pipeline(kept: Home) -> None:
    """Exit 1 means: somebody would read more of the machine than before."""
    note, auto = kept.file(TOPICS, "note.toml"), kept.file(AUTO, "auto.toml")
    bolder = kept.run("policy", "diff", note, auto, "--last", "50", "--json")
    calmer = kept.run("policy", "diff", auto, note, "--json")
    one = kept.run("policy", "diff", note, auto, "--last", "1", "--json")
    same = kept.run("policy", "diff", auto, auto)
    wrong = kept.run("policy", "diff", note, auto, "--last", "0")

    assert (1, 0, 0, 2) == (bolder[0], calmer[0], same[0], wrong[0])
    assert [("1", "PUBLIC_REPLY (auto)", "public")] == [
        (each["ticket"], each["after"], each["toward"]) for each in bolder[1]["changes"]
    ]
    assert (2, 1) == (bolder[1]["runs"], bolder[1]["toward_public"])
    assert ["cautious"] == [each["toward"] for each in calmer[1]["changes"]]
    assert 1 == one[1]["runs"]
    assert "0 change" in same[1]


@pytest.mark.e2e
def test_a_running_service_reads_its_policy_again_before_it_writes(tmp_path: Path) -> None:
    """Never restarted: what was saved a moment ago is what holds."""
    file = tmp_path / "policy.toml"
    file.write_text(AUTO)
    asked = "<p>Hello, how do I return an item, and how long do I have?</p>"
    with world(tmp_path, DESKHAND_POLICY=str(file)) as running:
        open_one = running.write(asked)
        running.wait_for(open_one, "reply")
        file.write_text(TOPICS)
        closed = running.settled(running.write(asked))

    assert ("PRIVATE_NOTE", "note") == (closed["disposition"], closed["mode"])
    assert ["returns"] == closed["topics"]
