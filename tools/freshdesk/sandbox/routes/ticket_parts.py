"""What a ticket's body points at: who asks, the ids in it, and the files that come with it."""

from collections.abc import Collection

from tools.freshdesk.sandbox.answers import Fault, absent, invalid_value, missing, validation
from tools.freshdesk.sandbox.call import Call, File
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import Attachment, Contact, Json

REQUESTER_KEYS = (
    "requester_id",
    "email",
    "phone",
    "facebook_id",
    "twitter_id",
    "unique_external_id",
)
MAX_ATTACHMENTS = 20 * 1024 * 1024


def references(desk: Desk, body: Json) -> list[Fault]:
    """Return a fault for each id that points at nothing."""
    faults: list[Fault] = []
    known: dict[str, tuple[Collection[int], str]] = {
        "responder_id": (desk.agents, "agent"),
        "group_id": (desk.groups, "group"),
        "company_id": (desk.companies, "company"),
        "product_id": (desk.settings.get("products", {}), "product"),
        "email_config_id": (desk.settings.get("email_configs", {}), "email_config"),
        "parent_id": (desk.tickets, "ticket"),
    }
    for name, (those, what) in known.items():
        if body.get(name) is not None and body[name] not in those:
            faults.append(absent(name, what))
    return faults


def requester_faults(desk: Desk, body: Json) -> list[Fault]:
    """Return a fault where nobody, or nobody known, asks."""
    if not any(name in body for name in REQUESTER_KEYS):
        message = f"Please fill at least 1 of {', '.join(REQUESTER_KEYS)} fields."
        return [Fault("requester_id", message, "missing_field")]
    identity = body.get("requester_id")
    if identity is not None and identity not in desk.contacts and identity not in desk.agents:
        return [absent("requester_id", "contact")]
    if (
        set(body) & set(REQUESTER_KEYS) == {"phone"}
        and "name" not in body
        and _by_key(desk, body) is None
    ):
        return [missing("name")]
    return []


def requester(desk: Desk, body: Json) -> int:
    """Return the id of who asks, made on the spot if need be."""
    if "requester_id" in body:
        return int(body["requester_id"])
    if "email" in body:
        agent = desk.agent_by_email(body["email"])
        return agent.id if agent else desk.contact_for(body["email"], name=body.get("name")).id
    found = _by_key(desk, body)
    if found is None:
        found = desk.make_contact(None, name=body.get("name") or "Unknown")
        for name in ("phone", "facebook_id", "twitter_id", "unique_external_id"):
            setattr(found, name, body.get(name))
        desk.touch_contact(found)
    return found.id


def _by_key(desk: Desk, body: Json) -> Contact | None:
    for name in ("phone", "facebook_id", "twitter_id", "unique_external_id"):
        for contact in desk.contacts.values():
            if name in body and getattr(contact, name) == body[name]:
                return contact
    return None


def attachments(desk: Desk, call: Call, *, earlier: int = 0) -> list[Attachment]:
    """Keep the uploaded files.

    Raises:
        Refused: 400 for an empty file field, or more than 20 MB with what was there before.
    """
    if sum(file.size for file in call.files) + earlier > MAX_ATTACHMENTS:
        raise validation(
            [invalid_value("attachments", "Cannot be greater than the limit of 20 MB")]
        )
    return [_kept(desk, file) for file in call.files]


def _kept(desk: Desk, file: File) -> Attachment:
    if not file.name:
        raise validation([invalid_value("attachments", "It should be a valid file")])
    return Attachment(desk.fresh("attachment"), file.name, file.content_type, file.size, desk.now())
