"""Recording a real account: the sandbox stands in for it, as it is and with its shapes changed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typer.testing import CliRunner, Result

from evals import live
from evals.cli import app as app_
from evals.tape import Tapes
from tools.errors import Forbidden, HelpdeskError, Unauthorized
from tools.freshdesk import FRESHDESK
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.allowance import Plan
from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.serve import serving

KEY = "live-key-of-the-agent"
Change = Callable[[str, object], object]


def account(plan: Plan = "enterprise") -> SandboxApp:
    """Return the demo company's helpdesk, standing in for a real account."""
    desk = loader.demo(rng=Random(7))  # noqa: S311  a fixed draw
    for number in (1055, 1056, 1057):
        people.agent_note(desk, desk.tickets[number], "<p>A thread to read.</p>")
    return create_app(desk, api_key=KEY, plan=plan, role="agent")


class Changed:
    """A helpdesk whose answers look otherwise than the sandbox's."""

    def __init__(self, inner: ASGIApp, change: Change) -> None:
        self._inner = inner
        self._change = change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the helpdesk inside, with the body changed."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self._inner(scope, receive, hold)
        start, body = held[0], b"".join(part.get("body", b"") for part in held[1:])
        if start["status"] == 200:
            body = json.dumps(self._change(scope["path"], json.loads(body))).encode()
        headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def recorded(app: ASGIApp, into: Path, *, key: str = KEY) -> AsyncIterator[list[str]]:
    """Record an account with three tickets, and yield what was told."""
    told: list[str] = []
    async with serving(app) as url:
        origin = FRESHDESK.address(url)
        await live.record(origin, key, tickets=3, into=into, tell=told.append)
        yield told


def _kept(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in folder.glob("*.json")}


async def test_nobody_is_in_what_is_kept_of_an_account(tmp_path: Path) -> None:
    """A recording of real customers lies in a repository: one name in it is a breach."""
    app = account()
    desk = app.desk
    async with recorded(app, tmp_path):
        pass

    text = "".join(_kept(tmp_path).values()).casefold()
    contacts = [(str(one.id), one.name, one.email) for one in desk.contacts.values()]
    agents = [(str(one.id), one.name, one.email) for one in desk.agents.values()]
    assert len(contacts) > 40
    for number, name, address in [*contacts, *agents]:
        assert name.casefold() not in text
        assert (address or "@@").casefold() not in text
        assert number not in text
    for ticket in desk.tickets.values():
        assert (ticket.subject or "@@").casefold() not in text
        assert str(ticket.custom_fields.get("order_no") or "@@").casefold() not in text
    assert "larkspur" not in text
    assert KEY not in text
    assert "authorization" not in text


async def test_the_same_person_is_called_the_same_everywhere(tmp_path: Path) -> None:
    """Where names fall apart, a ticket's requester cannot be told from a stranger."""
    async with recorded(account(), tmp_path):
        pass

    by = {tape.endpoint: tape.exchanges for tape in Tapes(tmp_path, mend="").load()}
    asked = [json.loads(one.answer.body) for one in by["GET /tickets/{id}"]]
    known = {json.loads(one.answer.body)["id"] for one in by["GET /contacts/{id}"]}
    paths = {one.asked.path.rpartition("/")[2] for one in by["GET /contacts/{id}"]}
    assert {one["requester_id"] for one in asked} == known
    assert {str(one) for one in known} == paths


async def test_an_account_like_the_sandbox_shows_no_difference(tmp_path: Path) -> None:
    """A comparison that always finds something is soon not read."""
    async with recorded(account(), tmp_path) as told:
        pass

    assert live.differences(tmp_path) == ()
    assert told[-1].startswith("100%") or "ticket 3 of 3" in told[-1]
    assert "s left" in told[-1]


def _renamed(path: str, body: object) -> object:
    if path.endswith("/agents/me") and isinstance(body, dict):
        return {("reach" if name == "ticket_scope" else name): v for name, v in body.items()}
    return body


def _typed(path: str, body: object) -> object:
    if path.endswith("/conversations") and isinstance(body, list):
        return [{**one, "private": "no"} for one in body]
    return body


def _left_out(path: str, body: object) -> object:
    if path.endswith("/conversations") and isinstance(body, list):
        return [{n: v for n, v in one.items() if n != "auto_response"} for one in body]
    return body


def _added(path: str, body: object) -> object:
    if path.endswith("/ticket_fields") and isinstance(body, list):
        return [{"nested_ticket_fields": [], **one} for one in body]
    return body


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_renamed, ["no agent has this key", "ticket_scope is missing from agent"]),
        (_typed, ["the body[].private is str, it should be bool"]),
        (_left_out, ["the sandbox always has .auto_response, the account never"]),
        (_added, ["the account always has .nested_ticket_fields, the sandbox never"]),
    ],
    ids=["renamed", "another type", "left out", "always there"],
)  # fmt: skip
async def test_where_the_account_differs_is_said(
    tmp_path: Path, change: Change, told: list[str]
) -> None:
    """Only a real account can show the sandbox's mistakes, and only if somebody is told."""
    async with recorded(Changed(account(), change), tmp_path):
        pass

    found = "\n".join(live.differences(tmp_path))
    for words in told:
        assert words in found


async def test_the_command_quotes_before_it_spends_and_ends_by_what_it_found(
    tmp_path: Path,
) -> None:
    """Credits are the account's people's: they are spent by somebody who was told how many."""
    app = account()
    async with serving(app) as url:
        words = ["record", "--live", url, "--tickets", "2", "--into", str(tmp_path)]
        asked = await asyncio.to_thread(_run, words, "n\n")
        spent = app.allowance.usage(app.desk.now())["credits"]
        went = await asyncio.to_thread(_run, [*words, "--yes"], "")

    assert (1, 0) == (asked.exit_code, spent)
    assert "at most 27 credits" in asked.output
    assert 0 == went.exit_code, went.output
    assert "The sandbox answers as the account does." in went.output
    assert KEY not in went.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "say what to record"),
        (["--sandbox", "--live", "acme.freshdesk.com"], "ask for one at a time"),
        (["--live", "help.acme.com", "--yes"], "help.acme.com"),
    ],
    ids=["neither", "both", "no such domain"],
)
def test_a_command_that_cannot_be_meant_says_so(words: list[str], told: str) -> None:
    """A key must not be sent to whatever host was mistyped."""
    done = _run(["record", *words], "")

    assert done.exit_code == 2
    assert told in done.output


def _run(words: list[str], typed: str) -> Result:
    return CliRunner().invoke(app_, words, input=typed, env={"DESKHAND_FRESHDESK_API_KEY": KEY})


async def test_it_stays_within_what_it_said_and_writes_nothing(tmp_path: Path) -> None:
    """The pool is everybody's at that desk, and a recording is no reason to touch a ticket."""
    app = account()
    logged = len(app.desk.log)
    async with recorded(app, tmp_path):
        used = int(app.allowance.usage(app.desk.now())["credits"])

    assert 10 < used <= live.quoted(3)
    assert len(app.desk.log) == logged
    methods = {one.asked.method for t in Tapes(tmp_path, mend="").load() for one in t.exchanges}
    assert methods == {"GET"}


async def test_a_key_that_is_refused_keeps_nothing(tmp_path: Path) -> None:
    """What was recorded before must survive a typing mistake."""
    async with recorded(account(), tmp_path):
        pass
    before = _kept(tmp_path)

    with pytest.raises(HelpdeskError) as refused:
        async with recorded(account(), tmp_path, key="wrong"):
            pass

    assert isinstance(refused.value, Unauthorized | Forbidden)
    assert before == _kept(tmp_path)
