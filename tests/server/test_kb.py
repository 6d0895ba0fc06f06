"""The knowledge base's commands, against a local helpdesk and a local embeddings endpoint."""

import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agent.model import Draft, Outcome, Result
from agent.sandbox.app import app
from agent.sandbox.scripts import SCRIPTS, quotes_first_page
from agent.sandbox.talk import vector
from server import doctor, kb
from server.ask import db_migrate
from server.settings import load
from server.store import runs
from server.store.db import open_database
from tests.tools.knowledge import labelled
from tests.tools.knowledge.labelled import Question
from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.app import Role, create_app
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.serve import serving

MODEL = "words"
ARTICLES = 10
ASK = "How do I return an item, and how long do I have?"


@dataclass(frozen=True, slots=True)
class Install:
    """One installation: its settings' file, and what its commands print."""

    config: Path
    capsys: pytest.CaptureFixture[str]

    def without_embeddings(self) -> None:
        """Take the endpoint out of the settings."""
        text = self.config.read_text("utf-8")
        kept = [line for line in text.splitlines() if not line.startswith("embed_")]
        self.config.write_text("\n".join(kept), "utf-8")

    def told(self) -> Any:
        """Return what was printed, as JSON."""
        return json.loads(self.capsys.readouterr().out)


@pytest_asyncio.fixture
async def install(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Install]:
    """A demo helpdesk and an embeddings endpoint on the loopback, and settings that name them."""
    chance = random.Random(5)  # noqa: S311 -- a phase
    desk = loader.demo(clock=VirtualClock(datetime(2026, 11, 2, 9, tzinfo=UTC)), rng=chance)
    fewer(desk)
    model = app({**SCRIPTS, MODEL: quotes_first_page}, embeds=vector)
    async with serving(create_app(desk, api_key="k")) as helpdesk, serving(model) as endpoint:
        config = tmp_path / "deskhand.toml"
        config.write_text(
            f'home = "{tmp_path}"\nfreshdesk_domain = "{helpdesk}"\nfreshdesk_api_key = "k"\n'
            f'webhook_secret = "s"\nembed_name = "{MODEL}"\nembed_base_url = "{endpoint}/v1"\n',
            "utf-8",
        )
        yield Install(config, capsys)


async def test_pages_are_embedded_searched_in_both_ways_and_doctor_says_so(
    install: Install,
) -> None:
    """An operator who wonders why a page was not found wants both scores beside each other."""
    await kb.kb_search(ASK, as_json=True, config=install.config)
    before = install.told()
    empty = await checked(install)
    assert 0 == await kb.kb_sync(as_json=True, config=install.config)
    synced = install.told()
    await kb.kb_search(ASK, as_json=True, config=install.config)
    after = install.told()
    full = await checked(install)

    assert [] == before["hits"]
    assert "run `deskhand kb sync`" in before["words_alone"]
    assert "note" == empty["state"]
    assert synced["pages"] >= ARTICLES
    assert synced["embedded"] > 50
    assert "How do I return an item" in after["hits"][0]["title"]
    assert after["hits"][0]["needed"] >= 0.9
    assert 0 < after["hits"][0]["dense"] <= 1
    assert "" == after["words_alone"]
    assert "passages embedded by words; quoted from 0.9" in full["found"]


async def test_doctor_says_when_pages_are_found_by_words_alone(install: Install) -> None:
    """A setting that was forgotten must not look like embeddings that are on."""
    install.without_embeddings()
    await kb.kb_sync(as_json=True, config=install.config)
    install.told()

    assert "embeddings are off" in (await checked(install))["found"]


async def checked(install: Install) -> dict[str, str]:
    """Return what doctor says of the knowledge base."""
    await doctor.run(as_json=True, config=install.config)
    return next(one for one in install.told()["checks"] if one["name"] == "knowledge")


async def test_a_dead_embeddings_endpoint_is_named_and_the_pages_are_there(
    install: Install,
) -> None:
    """Half of the work done is worth keeping, and worth a word."""
    text = install.config.read_text("utf-8").splitlines()
    dead = [line for line in text if "embed_base" not in line] + [
        'embed_base_url = "http://127.0.0.1:9/v1"'
    ]
    install.config.write_text("\n".join(dead), "utf-8")

    code = await kb.kb_sync(as_json=True, config=install.config)
    synced = install.told()
    await kb.kb_search(ASK, as_json=True, config=install.config)
    found = install.told()

    assert (3, 0) == (code, synced["embedded"])
    assert "cannot be reached" in synced["faults"][0]
    assert synced["pages"] >= ARTICLES
    assert found["hits"]


async def test_gaps_are_counted_and_show_no_sentence_of_a_customer(install: Install) -> None:
    """Whoever writes pages wants the topics; the words of a customer stay on the ticket."""
    install.without_embeddings()
    await db_migrate(config=install.config)
    await kb.kb_sync(as_json=True, config=install.config)
    asked = (
        (
            "1",
            "Dear all, I am Zephyrine Quill. Do you sell drones for the garden?",
            Outcome.NO_ANSWER,
        ),
        ("2", "When will the garden drones be sold again?", Outcome.FOR_AGENT),
        ("3", "How do I return an item?", Outcome.ANSWER),
        ("4", ASK, Outcome.NO_ANSWER),
    )
    for ticket, text, outcome in asked:
        keep(install.config, ticket, text, outcome)
    install.capsys.readouterr()

    assert 0 == await kb.kb_gaps(None, as_json=True, config=install.config)
    told = install.capsys.readouterr().out
    found = json.loads(told)

    assert (4, 3) == (found["runs"], found["unanswered"])
    first, last = found["gaps"][0], found["gaps"][-1]
    assert (2, {"1", "2"}) == (first["count"], set(first["tickets"].split(", ")))
    assert "drones" in first["topic"]
    assert (True, "4") == (last["answered_by_now"], last["tickets"])
    assert "return an item" in last["nearest"]
    assert not [
        word for word in ("Zephyrine", "zephyrine", "Quill", "sell drones for") if word in told
    ]


async def test_a_span_that_means_nothing_is_refused(install: Install) -> None:
    """A typing slip must not look like a month without gaps."""
    assert 2 == await kb.kb_gaps("last week", as_json=True, config=install.config)


def fewer(desk: Desk) -> None:
    """Leave a small help centre, which is brought in sooner."""
    titles = ("return an item", "track", "pause", "refund", "warranty", "invoice", "password",
              "gift card")  # fmt: skip
    for number, article in list(desk.articles.items()):
        if not any(title in article.title for title in titles):
            del desk.articles[number]


def keep(config: Path, ticket: str, text: str, outcome: Outcome) -> None:
    """Keep a run's record."""
    shot = labelled.snapshot(Question(kind="near", ask=text), ticket=ticket)
    result = Result(shot, draft=Draft(outcome, "en"))
    store = open_database(load(config=config).settings.database)
    now = datetime.now(UTC).timestamp()  # the command counts back from the machine's own clock
    try:
        store.write_now(
            lambda c: runs.keep(
                c,
                run=f"r{ticket}",
                account="default",
                ticket_id=ticket,
                turn=f"t{ticket}",
                state="done",
                result=result,
                now=now,
            )
        )
    finally:
        store.close()


@pytest.mark.parametrize(
    ("role", "state", "found"),
    [
        ("agent", "note", "0 canned responses are in the index; the policy names 'How to return'"),
        ("admin", "ok", "8 canned responses are in the index"),
    ],
)
async def test_sync_and_doctor_say_whether_canned_responses_could_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], role: Role, state: str, found: str
) -> None:
    """A policy that lets out canned responses alone says nothing at all without them."""
    chance = random.Random(5)  # noqa: S311 -- a phase
    desk = loader.demo(clock=VirtualClock(datetime(2026, 11, 2, 9, tzinfo=UTC)), rng=chance)
    fewer(desk)
    config, policy = tmp_path / "deskhand.toml", tmp_path / "policy.toml"
    policy.write_text('mode = "auto"\ncanned_only = true\ncanned = ["How to return"]\n', "utf-8")
    async with serving(create_app(desk, api_key="k", role=role)) as helpdesk:
        config.write_text(
            f'home = "{tmp_path}"\nfreshdesk_domain = "{helpdesk}"\nfreshdesk_api_key = "k"\n'
            f'webhook_secret = "s"\npolicy = "{policy}"\n',
            "utf-8",
        )
        install = Install(config, capsys)
        assert 0 == await kb.kb_sync(as_json=True, config=config)
        left_out = install.told()["left_out"]
        await doctor.run(as_json=True, config=config)
        told = next(one for one in install.told()["checks"] if one["name"] == "canned")
        await kb.kb_search("How do I return an item?", as_json=True, config=config)
        hits = install.told()["hits"]

    assert (role == "agent") is any("role may not read them" in one for one in left_out)
    assert (role == "admin") is any(one["id"].startswith("canned:") for one in hits)
    assert state == told["state"]
    assert told["found"].startswith(found)
