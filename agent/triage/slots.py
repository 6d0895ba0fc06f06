"""What triage sets on a ticket: wishes from the policy, rules and a model, checked by code; pure.

A wish is only ever one of the account's own choices, in a field that the policy opens and that no
person has filled in. What a ticket's text talks a model into can be no more than that.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from agent.model import Dropped, Setting, Slot, Snapshot, Triage
from agent.policy import rules
from agent.policy.terms import Policy
from tools.model import Ticket, TicketField

POLICY, RULE = "policy", "rule"
"""Who chose, where no model did."""
CHOSEN = (Slot.TYPE, Slot.PRIORITY, Slot.GROUP, Slot.TAGS)
"""What a model may be asked for; a language is told by code."""
_FIRST = 1
"""A ticket's own priority, low. Source: https://developers.freshdesk.com/api/#create_ticket"""


@dataclass(frozen=True, slots=True)
class Wish:
    """A value that somebody proposes for a ticket, by its label; unchecked."""

    slot: Slot
    label: str
    by: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the account offers at this moment.

    Attributes:
        of: for each slot, labels and the values that stand for them.
        unread: why a slot's choices are not known.
    """

    of: Mapping[Slot, Mapping[str, str | int]]
    unread: Mapping[Slot, str] = field(default_factory=dict[Slot, str])

    def find(self, slot: Slot, label: str) -> tuple[str, str | int] | None:
        """Return the choice that a label names, as the account spells it, and its value."""
        known = self.of.get(slot, {}).items()
        same = (one for one in known if one[0].casefold() == label.strip().casefold())
        by_id = (one for one in known if slot is Slot.GROUP and str(one[1]) == label.strip())
        return next(same, None) or next(by_id, None)


def choices(
    fields: Iterable[TicketField],
    groups: Mapping[str, str],
    unread: Mapping[Slot, str] | None = None,
) -> Choices:
    """Return what the account's field definitions and groups leave to choose from.

    Args:
        fields: the definitions; that of the group names the groups to keys that may not list them.
        groups: names by id.
        unread: why a slot's choices are not known.
    """
    named = {one.name: one.choices for one in fields if not one.custom}
    priorities = {one.label: one.value for one in named.get("priority", ())}
    teams = {one.label: one.value for one in named.get("group", ())}
    teams |= {name: number for number, name in groups.items()}
    return Choices(
        {
            Slot.TYPE: {one.label: one.value for one in named.get("ticket_type", ())},
            Slot.PRIORITY: {la: int(va) for la, va in priorities.items() if va.isdecimal()},
            Slot.GROUP: {name: _number(number) for name, number in teams.items()},
        },
        unread or {},
    )


def by_rule(snapshot: Snapshot, policy: Policy) -> tuple[Wish, ...]:
    """Return what the policy fixes for the ticket's topics, and its language as a tag."""
    about = {one.name: one for one in policy.topics}
    fixed = [about[name].sets for name in rules.topics_of(policy, snapshot) if name in about]
    found = [
        Wish(slot, label, POLICY)
        for sets in fixed
        for slot, labels in sets.items()
        for label in labels
    ]
    spoken = snapshot.turn.language[:2].lower() if snapshot.turn else ""
    if spoken and Slot.LANGUAGE in policy.triage.fields:
        found.append(Wish(Slot.LANGUAGE, f"lang-{spoken}", RULE))
    return tuple(dict.fromkeys(found))


def left_open(
    snapshot: Snapshot, policy: Policy, offered: Choices, fixed: Iterable[Wish]
) -> dict[Slot, tuple[str, ...]]:
    """Return what a model may still choose, and out of what: never what is settled otherwise."""
    settled = {one.slot for one in fixed}
    found: dict[Slot, tuple[str, ...]] = {}
    for slot in CHOSEN:
        if slot not in policy.triage.fields or (slot in settled and slot is not Slot.TAGS):
            continue
        if _filled_in(slot, snapshot.ticket, policy, offered) is None:
            found[slot] = tuple(_open(slot, snapshot.ticket, policy, offered))
    return {slot: labels for slot, labels in found.items() if labels}


def check(wishes: Iterable[Wish], snapshot: Snapshot, policy: Policy, offered: Choices) -> Triage:
    """Return what of these wishes is set, and of every other one why it is not."""
    listed = tuple(wishes)
    sets: list[Setting] = []
    dropped: list[Dropped] = []
    for wish in listed:
        found = _checked(wish, listed, snapshot.ticket, policy, offered)
        if isinstance(found, Dropped):
            dropped.append(found)
        elif all((one.slot, one.value) != (found.slot, found.value) for one in sets):
            sets.append(found)
    return Triage(tuple(sets), tuple(dict.fromkeys(dropped)))


def changes(triage: Triage, ticket: Ticket) -> dict[str, object]:
    """Return what an update has to say: an update replaces tags, so all of them are in it."""
    made: dict[str, object] = {one.key: one.value for one in triage.sets if one.key != "tags"}
    there = {tag.casefold() for tag in ticket.tags}
    added = [one.label for one in triage.sets if one.key == "tags"]
    fresh = [tag for tag in dict.fromkeys(added) if tag.casefold() not in there]
    return made | ({"tags": [*ticket.tags, *fresh]} if fresh else {})


def keys(triage: Triage) -> frozenset[str]:
    """Return the keys of a ticket that are changed: what the grant has to cover."""
    return frozenset(one.key for one in triage.sets)


def forbidden(triage: Triage, policy: Policy) -> tuple[Slot, ...]:
    """Return what a policy does not let triage set, or no more."""
    return tuple(
        one.slot
        for one in triage.sets
        if one.slot not in policy.triage.fields
        or (one.by not in {POLICY, RULE} and not _within(one.slot, one.label, policy))
    )


def told(triage: Triage) -> Iterator[str]:
    """Yield what is set, in words."""
    for one in triage.sets:
        yield f"{one.slot.value}: {one.label} (by {one.by})"


def _checked(
    wish: Wish,
    listed: Iterable[Wish],
    ticket: Ticket,
    policy: Policy,
    offered: Choices,
) -> Setting | Dropped:
    slot = wish.slot
    if slot not in policy.triage.fields:
        return Dropped(slot, "the policy does not let triage set it")
    if slot in {Slot.TAGS, Slot.LANGUAGE}:
        return _tag(wish, ticket, policy)
    refused = _filled_in(slot, ticket, policy, offered) or _contested(wish, listed)
    if refused is not None:
        return Dropped(slot, refused)
    found = _found(wish, offered)
    if found is None:
        return Dropped(slot, offered.unread.get(slot) or _unknown(wish, offered))
    if _is_a_models(wish) and not _within(slot, found[0], policy):
        return Dropped(slot, "the model named a choice that the policy leaves out")
    if str(found[1]) == str(_present(slot, ticket)):
        return Dropped(slot, "it is so already")
    return Setting(slot, found[1], found[0], wish.by)


def _is_a_models(wish: Wish) -> bool:
    return wish.by not in {POLICY, RULE}


def _contested(wish: Wish, listed: Iterable[Wish]) -> str | None:
    """Return why one of several wishes for a field is not followed, or None."""
    others = [one for one in listed if one.slot is wish.slot]
    if _is_a_models(wish) and any(one.by == POLICY for one in others):
        return "the policy fixes it for the ticket's topic"
    if len({one.label.casefold() for one in others if one.by == wish.by}) > 1:
        return "the ticket's topics name different values"
    return None


def _found(wish: Wish, offered: Choices) -> tuple[str, str | int] | None:
    found = offered.find(wish.slot, wish.label)
    if found is None and wish.slot is Slot.GROUP and wish.by == POLICY and wish.label.isdecimal():
        return wish.label, int(wish.label)  # a key that may read no groups may yet assign one
    return found


def _unknown(wish: Wish, offered: Choices) -> str:
    named = "the model named no choice" if _is_a_models(wish) else f"{wish.label!r} is no choice"
    return f"{named} of the account; it has {_some(wish.slot, offered)}"


def _present(slot: Slot, ticket: Ticket) -> str | int | None:
    values = {
        Slot.TYPE: ticket.type,
        Slot.PRIORITY: ticket.priority,
        Slot.GROUP: ticket.group_id,
    }
    return values.get(slot)


def _tag(wish: Wish, ticket: Ticket, policy: Policy) -> Setting | Dropped:
    if wish.by not in {POLICY, RULE} and not _within(wish.slot, wish.label, policy):
        return Dropped(wish.slot, "the model named a tag that the policy does not list")
    if wish.label.casefold() in {tag.casefold() for tag in ticket.tags}:
        return Dropped(wish.slot, "the ticket has the tag already")
    return Setting(wish.slot, wish.label, wish.label, wish.by)


def _within(slot: Slot, label: str, policy: Policy) -> bool:
    """Whether the policy leaves a choice to a model; of tags, only those that it lists."""
    only = policy.triage.narrowed(slot)
    if not only:
        return slot is not Slot.TAGS
    return label.casefold() in {one.casefold() for one in only}


def _open(slot: Slot, ticket: Ticket, policy: Policy, offered: Choices) -> Iterator[str]:
    if slot is Slot.TAGS:
        there = {tag.casefold() for tag in ticket.tags}
        yield from (tag for tag in policy.triage.tags if tag.casefold() not in there)
        return
    yield from (label for label in offered.of.get(slot, {}) if _within(slot, label, policy))


def _filled_in(slot: Slot, ticket: Ticket, policy: Policy, offered: Choices) -> str | None:
    """Return why a field is not ours to set: somebody, or a rule of the helpdesk, filled it in."""
    match slot:
        case Slot.TYPE if ticket.type and not _is_default(slot, ticket.type, policy):
            return "it is set already"
        case Slot.PRIORITY if ticket.priority not in {None, _FIRST}:
            labels = (la for la, va in offered.of[slot].items() if va == ticket.priority)
            usual = _is_default(slot, next(labels, ""), policy)
            return None if usual else "it is set already"
        case Slot.GROUP if ticket.responder_id is not None:
            return "an agent has the ticket, and another group would take it from them"
        case Slot.GROUP if ticket.group_id is not None:
            names = (la for la, va in offered.of[slot].items() if str(va) == ticket.group_id)
            usual = _is_default(slot, next(names, ticket.group_id), policy)
            return None if usual else "it is set already"
        case _:
            return None


def _is_default(slot: Slot, label: str, policy: Policy) -> bool:
    return bool(label) and policy.triage.defaults.get(slot, "").casefold() == label.casefold()


def _some(slot: Slot, offered: Choices) -> str:
    known = [repr(label) for label in offered.of.get(slot, {})]
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return (", ".join(known[:_SHOWN]) or "none") + more


def _number(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


_SHOWN = 8
