"""An unmodified client by other people, python-freshdesk, driven through everything it can do."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests
from freshdesk.v2.api import API
from freshdesk.v2.errors import (
    FreshdeskAccessDenied,
    FreshdeskBadRequest,
    FreshdeskError,
    FreshdeskNotFound,
    FreshdeskRateLimited,
    FreshdeskServerError,
    FreshdeskUnauthorized,
)

from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.desk import Desk

KEY = "a-key-of-the-sandbox"
Served = Callable[[SandboxApp], AbstractContextManager[str]]


def _client(url: str, key: str = KEY) -> API:
    """Point the client at the loopback: it insists on https and on a vendor's domain."""
    client = API("kettle.freshdesk.com", key)
    client._api_prefix = f"{url}/api/v2/"  # noqa: SLF001 - its only way to another address
    return client


def _read_often(client: API) -> None:
    for _ in range(120):  # over two windows, should one end meanwhile
        client.tickets.get_ticket(1)


@pytest.fixture
def url(real_desk: Desk, served: Served) -> Iterator[str]:
    """Serve the desk for an administrator's key, without limits."""
    with served(create_app(real_desk, api_key=KEY, role="admin")) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[API]:
    """Return the peer, pointed at the sandbox."""
    client = _client(url)
    yield client
    client._session.close()  # noqa: SLF001 - it has no close of its own


def test_tickets_are_created_read_changed_and_deleted(client: API) -> None:
    """A ticket's whole life is what every integration exercises first."""
    made = client.tickets.create_ticket(
        "Too hot", description="Ouch", email="new@person.example", tags=["hot"], priority=2
    )
    changed = client.tickets.update_ticket(made.id, priority=4, custom_fields={"category": "Pots"})
    seen = client.tickets.get_ticket(made.id, "stats", "conversations", "requester", "company")
    client.tickets.delete_ticket(made.id)

    assert "Too hot" == made.subject
    assert "urgent" == changed.priority
    assert "Pots" == seen.custom_fields["category"]
    assert "new@person.example" == seen.requester["email"]
    assert [made.id] == [it.id for it in client.tickets.list_deleted_tickets()]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_ticket_with_files_is_created(client: API, tmp_path: Path) -> None:
    """Multipart bodies spell lists and custom fields differently from JSON."""
    path = tmp_path / "photo.txt"
    path.write_text("it leaks")

    made = client.tickets.create_ticket(
        "With a photo",
        description="See",
        email="cleo@fern.example",
        attachments=[str(path)],
        cc_emails=["max@blau.example"],
        custom_fields={"cf_order": "K-9", "cf_pieces_297457": 3},
    )

    assert ["photo.txt"] == [it["name"] for it in made.attachments]
    assert 3 == made.custom_fields["cf_pieces_297457"]


def test_an_outbound_mail_starts_closed(client: API, real_desk: Desk) -> None:
    """The vendor closes mails that an agent starts; a responder must not answer them."""
    config = next(iter(real_desk.settings["email_configs"]))

    made = client.tickets.create_outbound_email("Hello", "News", "max@blau.example", config)

    assert ("closed", 10) == (made.status, made._source)  # noqa: SLF001 - it knows no source 10


def test_lists_follow_every_page(client: API) -> None:
    """Its helpers read page after page until a short one."""
    for number in range(103):
        client.tickets.create_ticket(f"No {number}", description="x", email="max@blau.example")

    assert 103 + 2 == len(client.tickets.list_tickets(filter_name=None))
    assert 30 == len(client.tickets.list_tickets(filter_name=None, page=2, per_page=30))
    assert 103 + 2 == len(client.tickets.list_new_and_my_open_tickets())
    assert [] == client.tickets.list_watched_tickets()
    assert 106 == len(
        client.tickets.list_tickets(filter_name=None, updated_since="2020-01-01T00:00:00Z")
    )
    assert 105 == len(client.tickets.filter_tickets("status:2 AND priority:1"))


def test_a_search_is_read_to_its_last_page(client: API) -> None:
    """Search pages are thirty long, whatever the caller wants."""
    assert [1] == [
        it.id for it in client.tickets.filter_tickets("category:'Kettles' OR tag:'leak'")
    ]
    assert [2] == [it.id for it in client.tickets.filter_tickets("type:'Refund'", page=1)]
    assert ["Cleo Stone"] == [
        it.name for it in client.contacts.filter_contacts("email:'cleo@fern.example'")
    ]
    assert ["Fern Ltd"] == [
        it.name for it in client.companies.filter_companies("domain:'fern.example'")
    ]


def test_comments_are_listed_and_written(client: API) -> None:
    """Notes and replies are what a responder lives on."""
    note = client.comments.create_note(1, "Only for us")
    reply = client.comments.create_reply(1, "<p>For you</p>", cc_emails=["max@blau.example"])
    public = client.comments.create_note(1, "For all", private=False)

    thread = client.comments.list_comments(1)

    assert [note.id, reply.id, public.id] == [it.id for it in thread[-3:]]
    assert [True, False, False] == [it.private for it in thread[-3:]]
    assert ["note", "reply", "note"] == [it.source for it in thread[-3:]]
    assert 2 == len(client.comments.list_comments(1, page=2, per_page=4))


def test_contacts_live_die_and_return(client: API) -> None:
    """Soft deletion, restoring and hard deletion are three different calls."""
    made = client.contacts.create_contact(name="Ida", email="ida@fern.example")
    client.contacts.update_contact(made.id, job_title="Baker")
    assert "Baker" == client.contacts.get_contact(made.id).job_title

    client.contacts.soft_delete_contact(made.id)
    assert [made.id] == [it.id for it in client.contacts.list_contacts(state="deleted")]

    client.contacts.restore_contact(made.id)
    assert made.id in [it.id for it in client.contacts.list_contacts(email="ida@fern.example")]

    client.contacts.permanently_delete_contact(made.id)
    with pytest.raises(FreshdeskNotFound):
        client.contacts.get_contact(made.id)


def test_a_contact_becomes_an_agent(client: API) -> None:
    """The helper reads the agent's id out of the answer and fetches the agent."""
    agent = client.contacts.make_agent(73000000402)

    assert "Max Blau" == str(agent)


def test_companies_are_kept(client: API) -> None:
    """Create, change, list, read, delete, and the older name of the same thing."""
    made = client.companies.create_company(name="Moss", domains=["moss.example"])
    client.companies.update_company(made.id, note="Good")

    assert "Good" == client.companies.get_company(made.id).note
    assert ["Fern Ltd", "Moss"] == [it.name for it in client.companies.list_companies()]
    assert "Moss" == str(client.customers.get_customer(made.id))

    client.companies.delete_company(made.id)
    with pytest.raises(FreshdeskNotFound):
        client.companies.get_company(made.id)


def test_staff_is_listed(client: API) -> None:
    """Agents, groups and roles answer with the keys that its models read."""
    agents = client.agents.list_agents()
    me = client.agents.currently_authenticated_agent()
    changed = client.agents.update_agent(73000000102, occasional=True)
    client.agents.delete_agent(73000000101)

    assert 3 == len(agents)
    assert "Deskhand" == str(me)
    assert changed.occasional
    assert 2 == len(client.agents.list_agents(page=1, per_page=10))
    assert ["Bo Agent"] == [str(it) for it in client.agents.list_agents(state="occasional")]
    assert ["Billing", "Returns"] == [str(it) for it in client.groups.list_groups()]
    assert [73000000102] == client.groups.get_group(73000000201).agent_ids
    roles = client.roles.list_roles()
    assert roles[0].name == client.roles.get_role(roles[0].id).name


def test_fields_and_times_are_listed(client: API, url: str) -> None:
    """Field definitions and time entries parse into its models."""
    requests.post(
        f"{url}/api/v2/tickets/1/time_entries",
        json={"time_spent": "01:30", "note": "Looked"},
        auth=(KEY, "X"),
        timeout=5,
    )

    assert "Product line" in [it.label for it in client.ticket_fields.list_ticket_fields()]
    assert ["category"] == [
        it.name for it in client.ticket_fields.list_ticket_fields(type="custom_dropdown")
    ]
    assert ["Looked (01:30)"] == [str(it) for it in client.time_entries.list_time_entries()]
    assert ["01:30"] == [it.time_spent for it in client.time_entries.list_time_entries(1)]


def test_the_help_centre_is_written_and_read(client: API) -> None:
    """Categories, folders and articles, each with a translation."""
    solutions = client.solutions
    category = solutions.categories.create_category(name="News", description="All new")
    solutions.categories.create_category_translation(category.id, "de", name="Neues")
    solutions.categories.update_category_translation(category.id, "de", name="Neuigkeiten")
    solutions.categories.update_category(category.id, name="Latest")
    folder = solutions.folders.create_folder(category.id, name="March", visibility=1)
    solutions.folders.create_folder_translation(folder.id, "de", name="Im Mai")
    solutions.folders.update_folder_translation(folder.id, "de", name="März")
    solutions.folders.update_folder(folder.id, description="In spring")
    article = solutions.articles.create_article(
        folder.id, title="Opening", description="<p>We open</p>", status=2, type=1
    )
    solutions.articles.create_article_translation(
        article.id, "de", title="Neu", description="<p>Offen</p>", status=1
    )
    solutions.articles.update_article_translation(article.id, "de", title="Eröffnung", status=2)
    solutions.articles.update_article(article.id, title="Grand opening")

    assert "Latest" == solutions.categories.get_category(category.id).name
    assert "Neuigkeiten" == solutions.categories.get_category_translated(category.id, "de").name
    assert 2 == len(solutions.categories.list_categories())
    assert ["March"] == [it.name for it in solutions.folders.list_from_category(category.id)]
    assert ["März"] == [
        it.name for it in solutions.folders.list_from_category_translated(category.id, "de")
    ]
    assert "In spring" == solutions.folders.get_folder(folder.id).description
    assert "März" == solutions.folders.get_folder_translated(folder.id, "de").name
    assert "Grand opening" == solutions.articles.get_article(article.id).title
    assert "Eröffnung" == solutions.articles.get_article_translated(article.id, "de").title
    assert ["published"] == [it.status for it in solutions.articles.list_from_folder(folder.id)]
    assert ["Eröffnung"] == [
        it.title for it in solutions.articles.list_from_folder_translated(folder.id, "de")
    ]
    assert [article.id] == [it.id for it in solutions.articles.search("grand")]

    solutions.articles.delete_article(article.id)
    solutions.folders.delete_folder(folder.id)
    solutions.categories.delete_category(category.id)
    with pytest.raises(FreshdeskNotFound):
        solutions.articles.get_article(article.id)


def test_refusals_become_its_errors(client: API, url: str, real_desk: Desk) -> None:
    """Each refusal must land in the branch that its author meant."""
    with pytest.raises(FreshdeskBadRequest, match="Unexpected/invalid field"):
        client.comments.create_reply(1, "x", private=True)
    with pytest.raises(FreshdeskBadRequest, match="one of these values: 'Kettles,Pots'"):
        client.tickets.update_ticket(1, custom_fields={"category": "Cups"})
    with pytest.raises(FreshdeskNotFound):
        client.tickets.get_ticket(999)
    with pytest.raises(FreshdeskError, match="409"):
        client.contacts.create_contact(name="Twin", email="cleo@fern.example")
    with pytest.raises(FreshdeskError, match="405"):
        client.comments.create_reply(3, "to a spammer")
    real_desk.tickets[4].deleted = True
    with pytest.raises(FreshdeskAccessDenied, match="not authorized"):
        client.tickets.get_ticket(4)
    stranger = _client(url, "wrong")
    with pytest.raises(FreshdeskUnauthorized, match="You have to be logged in"):
        stranger.agents.currently_authenticated_agent()
    stranger._session.close()  # noqa: SLF001 - it has no close of its own


def test_an_ordinary_key_is_denied_what_admins_may(real_desk: Desk, served: Served) -> None:
    """Least privilege can only be tested where the peer is refused too."""
    with served(create_app(real_desk, api_key=KEY)) as url:
        client = _client(url)
        assert "Deskhand" == str(client.agents.currently_authenticated_agent())
        with pytest.raises(FreshdeskAccessDenied):
            client.agents.list_agents()
        client._session.close()  # noqa: SLF001 - it has no close of its own


def test_a_spent_pool_and_a_gateway_fault_reach_it(real_desk: Desk, served: Served) -> None:
    """429 comes with an empty body and its wait; 502 with a page that is no JSON."""
    with served(create_app(real_desk, api_key=KEY, plan="trial")) as url:
        client = _client(url)
        requests.post(
            f"{url}/sandbox/faults",
            json={"match": "GET /tickets/1", "fault": "5xx-html"},
            timeout=5,
        )
        with pytest.raises(FreshdeskServerError, match="502"):
            client.tickets.get_ticket(1)
        with pytest.raises(FreshdeskRateLimited, match=r"until \d+ seconds"):
            _read_often(client)
        client._session.close()  # noqa: SLF001 - it has no close of its own
