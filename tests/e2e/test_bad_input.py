"""Bad input gets a clear answer and loses nothing, through the real front door."""

import json
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.processes import DESKHAND, SECRET, TOKEN, World, world

pytestmark = pytest.mark.e2e
GOOD = {"X-Deskhand-Secret": SECRET}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Both processes; the second webhook secret of a rotation is live as well."""
    home = tmp_path_factory.mktemp("bad")
    with world(home, DESKHAND_WEBHOOK_SECRET_PREVIOUS="older-secret") as both:
        yield both


def _hook(
    running: World, body: bytes, *, account: str = "default", **headers: str
) -> httpx.Response:
    return running.client.post(
        f"{running.responder}/hooks/{account}", content=body, headers=GOOD | headers
    )


def _queue(running: World) -> dict[str, object]:
    done = subprocess.run(
        [DESKHAND, "queue", "ls", "--json"],
        env=running.serve.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_wrong_secret_and_an_unknown_account_answer_the_same_bytes(running: World) -> None:
    """Nobody may learn from outside which accounts exist."""
    url = f"{running.responder}/hooks"
    wrong = running.client.post(f"{url}/default", json={}, headers={"X-Deskhand-Secret": "no"})
    missing = running.client.post(f"{url}/default", json={})
    unknown = running.client.post(f"{url}/nobody", json={}, headers=GOOD)

    assert [401, 401, 401] == [wrong.status_code, missing.status_code, unknown.status_code]
    assert 1 == len({wrong.content, missing.content, unknown.content})
    assert 1 == len({tuple(sorted(_shape(r))) for r in (wrong, missing, unknown)})


def _shape(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(name, value) for name, value in answer.headers.items() if name != "date"]


def test_the_previous_secret_is_accepted_during_a_rotation(running: World) -> None:
    """Rotating a secret must not lose what is already on its way."""
    answer = running.client.post(
        f"{running.responder}/hooks/default",
        json={"ticket_id": "424242"},
        headers={"X-Deskhand-Secret": "older-secret"},
    )

    assert 202 == answer.status_code


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_an_oversized_body_is_refused(running: World, *, declared: bool) -> None:
    """256 KiB and a byte is too much, whether or not the sender says so beforehand."""
    body = b'{"ticket_id": "1", "x": "' + b"a" * (256 * 1024) + b'"}'
    content = body if declared else iter([body[:1000], body[1000:]])
    answer = running.client.post(
        f"{running.responder}/hooks/default", content=content, headers=GOOD
    )

    assert 413 == answer.status_code


def test_a_body_just_under_the_limit_is_taken(running: World) -> None:
    """A ticket's description in a webhook may be long; the limit is 256 KiB, not less."""
    body = b'{"ticket_id": "424243", "x": "' + b"a" * (255 * 1024) + b'"}'

    assert 202 == _hook(running, body).status_code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json at all",
        b"{}",
        b"[1, 2",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"ticket_id": null}',
    ],
    ids=["empty", "prose", "no-ticket", "cut", "bytes", "deep", "null"],
)
def test_an_authentic_but_unreadable_body_is_kept_as_quarantined(
    running: World, body: bytes
) -> None:
    """A retry cannot mend it, so it is acknowledged; a person can still read it."""
    answer = _hook(running, body)

    assert 202 == answer.status_code
    number = answer.json()["delivery"]
    rows = _queue(running)["deliveries"]
    assert isinstance(rows, list)
    assert ["quarantined"] == [row["state"] for row in rows if row["delivery"] == number]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"ticket_id": "4711"}', "application/json"),
        (b'{"ticket_id": 4711}', "application/json"),
        (b'{"freshdesk_webhook": {"ticket_id": "#4711"}}', "application/json"),
        (b"ticket_id=4711&x=y", "application/x-www-form-urlencoded"),
        (b'{"ticket_id": "4711", "subject": "he said "hi" to me"}', "application/json"),
        (b'{"ticket_id": "4711", "n": NaN}', "application/json"),
        (b"<freshdesk-webhook><ticket-id>4711</ticket-id></freshdesk-webhook>", "text/xml"),
    ],
    ids=["text", "number", "nested", "form", "unescaped", "nan", "xml"],
)
def test_a_body_is_read_leniently(running: World, body: bytes, content_type: str) -> None:
    """What an admin's template makes of a message is often not quite JSON."""
    answer = _hook(running, body, **{"Content-Type": content_type})
    number = answer.json()["delivery"]
    rows = _queue(running)["deliveries"]

    assert isinstance(rows, list)
    assert ["4711"] == [row["ticket"] for row in rows if row["delivery"] == number]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer no"}, {"Authorization": TOKEN}])
def test_drafting_needs_the_token(running: World, headers: dict[str, str]) -> None:
    """A draft holds a customer's words; only who holds the token may ask for one."""
    answer = running.client.post(
        f"{running.responder}/api/accounts/default/tickets/1001/draft", headers=headers
    )

    assert 401 == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]


@pytest.mark.parametrize(
    ("account", "ticket"), [("nobody", "1001"), ("default", "999999")], ids=["account", "ticket"]
)
def test_drafting_for_what_does_not_exist_is_not_found(
    running: World, account: str, ticket: str
) -> None:
    """With the token, an honest 404 helps more than a riddle."""
    answer = running.client.post(
        f"{running.responder}/api/accounts/{account}/tickets/{ticket}/draft",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )

    assert 404 == answer.status_code


def test_metrics_need_the_token(running: World) -> None:
    """Numbers about a support desk are nobody else's business."""
    url = f"{running.responder}/metrics"

    assert 401 == running.client.get(url).status_code
    answer = running.client.get(url, headers={"Authorization": f"Bearer {TOKEN}"})
    assert 200 == answer.status_code
    assert "deskhand_queue" in answer.text


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("429", "done"),
        ("5xx-html", "done"),
        ("before-apply", "done"),
        ("truncated", "done"),
        ("401", "parked"),
    ],
)
def test_a_fault_of_the_helpdesk_ends_in_a_visible_state(
    running: World, fault: str, state: str
) -> None:
    """What passes is waited for; what needs a person says so; nothing is silent."""
    plan = {"match": "GET /tickets/*", "fault": fault, "times": 1, "retry_after": 1}
    running.control("faults", plan)
    ticket = running.write("<p>How do I return an item, and how long do I have?</p>")

    reached = running.reached(ticket, state)

    assert state == reached["timeline"][0]["state"]
    assert (1 if state == "done" else 0) == len(running.log(ticket, "note"))
    if state == "parked":
        assert "attention" in reached["timeline"][0]["reason"]


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"DESKHAND_PORT": "eighty"}, ["DESKHAND_PORT", "the environment", "integer"]),
        ({"DESKHAND_QUITE_SECONDS": "3"}, ["DESKHAND_QUITE_SECONDS", "DESKHAND_QUIET_SECONDS"]),
        ({"DESKHAND_FRESHDESK_DOMAIN": ""}, ["DESKHAND_FRESHDESK_DOMAIN", "acme.freshdesk.com"]),
        ({"DESKHAND_FRESHDESK_DOMAIN": "http://10.0.0.1"}, ["DESKHAND_FRESHDESK_DOMAIN"]),
        ({"DESKHAND_FRESHDESK_API_KEY_FILE": "/no/such"}, ["DESKHAND_FRESHDESK_API_KEY_FILE"]),
        ({"DESKHAND_POLICY": "/no/such.toml"}, ["DESKHAND_POLICY", "/no/such.toml"]),
        ({"DESKHAND_DATABASE_URL": "mysql://x/y"}, ["DESKHAND_DATABASE_URL", "postgresql://"]),
        ({"DESKHAND_WEBHOOK_SECRET": ""}, ["DESKHAND_WEBHOOK_SECRET", "X-Deskhand-Secret"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_bad_setting_names_itself_its_origin_and_the_fix(
    running: World, environment: dict[str, str], told: list[str], tmp_path: object
) -> None:
    """Whoever sets this up the first time must not have to read the source."""
    both = running.serve.environment | {"DESKHAND_HOME": str(tmp_path)} | environment
    done = subprocess.run(
        [DESKHAND, "serve"], env=both, capture_output=True, text=True, check=False, timeout=30
    )

    assert done.returncode in {2, 4}
    assert [] == [word for word in told if word not in done.stderr]
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr


def test_a_second_process_on_one_sqlite_file_is_refused(running: World) -> None:
    """Two writers on one file would run the same work twice."""
    done = subprocess.run(
        [DESKHAND, "serve", "--port", "0"],
        env=running.serve.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert 4 == done.returncode
    assert "another process is serving" in done.stderr
