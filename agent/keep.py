"""Keep what a reply promises: what is set on the ticket for it, before the reply leaves."""

from collections.abc import Iterable, Mapping
from datetime import UTC

from agent.model import Action
from tools.errors import Forbidden, HelpdeskError, NotFound, Rejected, Retryable
from tools.model import TicketId
from tools.provider import Helpdesk


class Unkept(Exception):
    """The helpdesk cannot do what the reply promises; the reply must not leave."""


def keys(actions: Iterable[Action]) -> frozenset[str]:
    """Return the keys of a ticket that these actions set: what the grant has to cover."""
    needed = {
        "tags": any(one.tag for one in actions),
        "group_id": any(one.group for one in actions),
        "due_by": any(one.due for one in actions),
    }
    return frozenset(key for key, wanted in needed.items() if wanted)


async def changes(
    actions: tuple[Action, ...], ticket_id: TicketId, *, desk: Helpdesk
) -> Mapping[str, object]:
    """Return what has to be set on the ticket as it is at this moment: one credit, if anything.

    Tags are added to those that are there, since an update replaces them all. Of several groups
    the last counts, of several moments the earliest.

    Raises:
        Unkept: a group is unknown to the helpdesk, or our key may not read groups.
        Retryable: the groups could not be read just now; nothing was said to the customer yet.
    """
    if not actions:
        return {}
    made: dict[str, object] = {}
    tags = [one.tag for one in actions if one.tag]
    if tags:
        present = (await desk.ticket(ticket_id)).tags
        made["tags"] = list(dict.fromkeys([*present, *tags]))
    for one in actions:
        if one.group:
            made["group_id"] = await _group(one.group, desk)
    moments = [one.due for one in actions if one.due is not None]
    if moments:
        made["due_by"] = min(moments).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return made


async def keep(ticket_id: TicketId, made: Mapping[str, object], *, desk: Helpdesk) -> None:
    """Set it on the ticket; to do so twice changes nothing. One credit, and one of the updates.

    Raises:
        Unkept: the helpdesk refuses.
        HelpdeskError: it may pass; nothing was said to the customer yet.
    """
    if not made:
        return
    try:
        await desk.update(ticket_id, made)
    except (Rejected, NotFound, Forbidden) as fault:
        raise Unkept(f"the helpdesk refused to set {', '.join(sorted(made))}: {fault}") from fault


async def _group(name: str, desk: Helpdesk) -> int | str:
    """Return a group's id; one that is an id already needs no right to read groups."""
    if name.isdecimal():
        return int(name)
    try:
        known = await desk.groups()
    except Retryable:
        raise
    except HelpdeskError as fault:
        raise Unkept(f"the group {name!r} could not be looked up: {fault}") from fault
    for number, called in known.items():
        if name.casefold() == called.casefold():
            return int(number) if number.isdecimal() else number
    hint = "" if known else "; our key may read no groups, so write its id into the policy"
    raise Unkept(f"the helpdesk knows no group {name!r}{hint}")
