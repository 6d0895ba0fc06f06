"""From a seed document, as people write it in YAML, to a desk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tools.freshdesk.sandbox import furniture
from tools.freshdesk.sandbox.clock import Clock, RealClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.loader_tickets import BadSeed, an_agent, identity, named, put_ticket
from tools.freshdesk.sandbox.records import (
    Agent,
    Article,
    Company,
    Contact,
    Group,
    Json,
    Shelf,
)

SEEDS = Path(__file__).parent / "seeds"
YEAR = timedelta(days=365)

_KEYS = frozenset(
    [
        "account",
        "groups",
        "agents",
        "companies",
        "contacts",
        "ticket_fields",
        "ticket_types",
        "business_hours",
        "products",
        "email_configs",
        "canned_responses",
        "solutions",
        "tickets",
        "contact_fields",
        "company_fields",
    ]
)


@dataclass(frozen=True, slots=True)
class Practice:
    """A seeded ticket that the demo may let a customer write again.

    Attributes:
        kind: `answerable` by the help centre in words near the customer's, `hard` where its words
            are far from them, or `unanswerable`.
    """

    subject: str
    description: str
    email: str
    name: str
    language: str
    kind: str


def demo_document() -> Json:
    """Return the packaged seeds as one document; lists that several files hold are joined.

    Raises:
        BadSeed: two files hold the same key and it is no list.
    """
    document: Json = {}
    for path in sorted(SEEDS.glob("*.yaml")):
        part: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key, value in part.items():
            if key in document and not isinstance(value, list):
                raise BadSeed(f"{path.name} repeats {key}")
            document[key] = [*document[key], *value] if key in document else value
    return document


def demo(*, clock: Clock | None = None, rng: Random | None = None) -> Desk:
    """Return the packaged company's desk, by default on the machine's clock."""
    return load(demo_document(), clock=clock or RealClock(), rng=rng or Random(7))  # noqa: S311 - no secret


def practice(document: Mapping[str, Any]) -> list[Practice]:
    """Return the tickets marked for practice."""
    names = {it["email"]: it["name"] for it in document.get("contacts", [])}
    return [
        Practice(
            it["subject"],
            it["description"],
            it["from"],
            names.get(it["from"], it["from"].partition("@")[0]),
            it.get("language", "en"),
            it["practice"],
        )
        for it in document.get("tickets", [])
        if it.get("practice")
    ]


def load(document: Mapping[str, Any], *, clock: Clock, rng: Random) -> Desk:
    """Return the desk that the document describes, its ages counted from the clock's moment.

    Raises:
        BadSeed: a key is unknown, or a name points at nothing.
    """
    strangers = sorted(set(document) - _KEYS)
    if strangers:
        raise BadSeed(f"unknown keys in the seed: {', '.join(strangers)}")
    account = {"name": "Example", "domain": "example.freshdesk.com", "primary_language": "en"}
    desk = Desk(clock=clock, rng=rng, account={**account, **document.get("account", {})})
    if document.get("ticket_types"):
        desk.ticket_types = list(document["ticket_types"])
    desk.contact_fields = list(document.get("contact_fields", []))
    desk.company_fields = list(document.get("company_fields", []))
    _agents(desk, document)
    _people(desk, document)
    furniture.furnish(desk, document)
    _help_centre(desk, document)
    numbered = sorted(document.get("tickets", []), key=lambda it: "id" not in it)
    for it in numbered:
        put_ticket(desk, it)
    desk.log.clear()  # what was there before is not news
    return desk


def _agents(desk: Desk, document: Mapping[str, Any]) -> None:
    at = desk.now() - YEAR
    for it in document.get("agents", []):
        role = it.get("role", "agent")
        made = Agent(identity(desk, "agent", it), it["name"], it["email"], at, at)
        made.admin, made.responder, made.signature = (
            role == "admin",
            role == "responder",
            it.get("signature"),
        )
        desk.agents[made.id] = made
        if made.responder:
            desk.responder_id = made.id
    if not desk.responder_id:
        made = Agent(
            desk.fresh("agent"),
            "Deskhand",
            f"deskhand@{desk.account['domain']}",
            at,
            at,
            responder=True,
        )
        desk.agents[made.id] = made
        desk.responder_id = made.id
    for it in document.get("groups", []):
        group = Group(identity(desk, "group", it), it["name"], at, at, it.get("description"))
        group.agent_ids = [an_agent(desk, email).id for email in it.get("agents", [])]
        desk.groups[group.id] = group


def _people(desk: Desk, document: Mapping[str, Any]) -> None:
    with desk.at(desk.now() - YEAR):
        for it in document.get("companies", []):
            at = desk.now()
            company = Company(identity(desk, "company", it), it["name"], at, at)
            company.description, company.note = it.get("description"), it.get("note")
            company.domains, company.custom_fields = (
                list(it.get("domains", [])),
                dict(it.get("custom_fields", {})),
            )
            desk.companies[company.id] = company
            desk.touch_company(company)
        for it in document.get("contacts", []):
            _contact(desk, it)


def _contact(desk: Desk, it: Mapping[str, Any]) -> None:
    at = desk.now()
    contact = Contact(identity(desk, "contact", it), it["name"], it.get("email"), at, at)
    contact.phone, contact.job_title = it.get("phone"), it.get("job_title")
    contact.language, contact.tags = it.get("language", "en"), list(it.get("tags", []))
    contact.company_id = named(desk.companies, it.get("company"), "company")
    desk.contacts[contact.id] = contact
    desk.touch_contact(contact)


def _help_centre(desk: Desk, document: Mapping[str, Any]) -> None:
    at = desk.now() - YEAR
    for it in document.get("solutions", []):
        category = Shelf(
            identity(desk, "category", it), it["category"], at, at, it.get("description")
        )
        desk.categories[category.id] = category
        for inner in it.get("folders", []):
            folder = Shelf(
                identity(desk, "folder", inner), inner["name"], at, at, inner.get("description")
            )
            folder.category_id, folder.visibility = category.id, inner.get("visibility", 1)
            desk.folders[folder.id] = folder
            for page in inner.get("articles", []):
                _article(desk, folder, page, at)


def _article(desk: Desk, folder: Shelf, it: Mapping[str, Any], at: datetime) -> None:
    author = desk.human().id
    article = Article(
        identity(desk, "article", it), folder.id, it["title"], it["description"], author, at, at
    )
    article.status, article.tags = it.get("status", 2), list(it.get("tags", []))
    for language, text in (it.get("translations") or {}).items():
        article.translations[language] = {"status": 2, **text}
    desk.articles[article.id] = article


__all__ = ["SEEDS", "BadSeed", "Practice", "demo", "demo_document", "load", "practice"]
