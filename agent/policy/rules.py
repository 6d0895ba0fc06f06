"""What of a policy binds one ticket: topics, cell and mode, told by rule before any model; pure.

What a ticket is about is told from closed lists in the policy's file. Where more than one answer
is possible, the most cautious counts: a ticket of two topics gets the stricter of their modes, and
a language that cannot be told is taken for each that the file names.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent.evidence.check import customer_words
from agent.model import Skip, Snapshot
from agent.policy.clashes import OTHER
from agent.policy.hours import When
from agent.policy.terms import Cell, Mode, Policy, Topic
from agent.text.words import fold
from tools.model import Ticket

OFF = "off"
"""Name of the reason to leave a ticket alone by policy."""
_ADDRESS = re.compile(r"[^\s<>,;]+@[^\s<>,;]+")


@dataclass(frozen=True, slots=True)
class Rules:
    """What binds one ticket.

    Attributes:
        mode: the most cautious of the cells that fit.
        cell: which cell of the file gave it, from 1; 0 for the file's own mode.
        when: the hours that `Mode.AUTO` is bound to; all of them must hold.
        topics: what the ticket is about; `other` where no topic fits.
        channel: the helpdesk's label of where it came from.
        language: two-letter code, or "" where it cannot be told.
        doubt: why the mode is more cautious than the file says; "" where nothing is in doubt.
    """

    mode: Mode
    cell: int
    when: frozenset[When]
    topics: tuple[str, ...]
    channel: str
    language: str
    doubt: str = ""


def of(policy: Policy, snapshot: Snapshot) -> Rules:
    """Return what of a policy binds a ticket."""
    about, channel = topics_of(policy, snapshot), snapshot.ticket.source
    language = snapshot.turn.language[:2].lower() if snapshot.turn else ""
    spoken = (language,) if language else ("", *_named_languages(policy))
    found = [_cell(policy, topic, channel, one) for topic in about for one in spoken]
    place, cell = min(found, key=lambda each: (each[1].mode.boldness, each[0]))
    doubt = _doubt(policy, snapshot)
    mode = min(cell.mode, Mode.NOTE, key=_boldness) if doubt else cell.mode
    when = frozenset(each.when for _, each in found if each.mode is Mode.AUTO)
    return Rules(mode, place, when, about, channel, language, doubt)


def left_alone(policy: Policy, snapshot: Snapshot) -> Skip | None:
    """Return the reason to leave a ticket alone where the policy is off for it."""
    found = of(policy, snapshot)
    if found.mode is not Mode.OFF:
        return None
    where = f", cell {found.cell}" if found.cell else ""
    return Skip(OFF, f"the policy's mode is off for it{where}")


def topics_of(policy: Policy, snapshot: Snapshot) -> tuple[str, ...]:
    """Return every topic that fits a ticket, in the order of the file; `other` where none does."""
    said = fold(customer_words(snapshot)) if any(one.words for one in policy.topics) else ""
    found = tuple(one.name for one in policy.topics if _fits(one, snapshot, said))
    return found or (OTHER,)


def for_people(policy: Policy, snapshot: Snapshot) -> str | None:
    """Return why a ticket always belongs to people, or None: its topic, group or mailbox."""
    human = policy.human
    about = next((one for one in topics_of(policy, snapshot) if one in human.topics), None)
    if about is not None:
        return f"The policy leaves the topic {about!r} to people."
    group = next((one for one in human.groups if _same_group(one, snapshot)), None)
    if group is not None:
        return f"The policy leaves the group {group!r} to people."
    reached = _mailboxes(snapshot.ticket)
    box = next((one for one in human.mailboxes if one in reached), None)
    return None if box is None else f"The policy leaves the mailbox {box} to people."


def _cell(policy: Policy, topic: str, channel: str, language: str) -> tuple[int, Cell]:
    """Return the first cell that fits and its place; the file's own mode stands below them all."""
    for place, cell in enumerate(policy.cells, start=1):
        if (
            (not cell.topics or topic in cell.topics)
            and (not cell.channels or _among(channel, cell.channels))
            and (not cell.languages or language in cell.languages)
        ):
            return place, cell
    return 0, Cell(policy.mode, when=policy.when)


def _fits(topic: Topic, snapshot: Snapshot, said: str) -> bool:
    ticket = snapshot.ticket
    return (
        (bool(topic.words) and _words(topic.words).search(said) is not None)
        or any(_among(tag, topic.tags) for tag in ticket.tags)
        or (ticket.type is not None and _among(ticket.type, topic.types))
        or any(_same_group(group, snapshot) for group in topic.groups)
    )


@lru_cache(maxsize=256)
def _words(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of these as whole words of folded text; `*` stands for any ending."""
    parts = (
        re.escape(fold(word.removesuffix("*"))) + (r"\w*" if word.endswith("*") else "")
        for word in words
    )
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + r")(?!\w)")


def _among(name: str, names: Iterable[str]) -> bool:
    return name.casefold() in {one.casefold() for one in names}


def _same_group(name: str, snapshot: Snapshot) -> bool:
    known = (snapshot.group or "", snapshot.ticket.group_id or "")
    return any(name.casefold() == one.casefold() for one in known if one)


def _doubt(policy: Policy, snapshot: Snapshot) -> str:
    """Return what the policy goes by and could not be read."""
    named = [*policy.human.groups, *(group for one in policy.topics for group in one.groups)]
    unread = snapshot.ticket.group_id is not None and snapshot.group is None
    if unread and any(not name.isdecimal() for name in named):
        return "the policy goes by groups, and this ticket's group could not be read"
    return ""


def _mailboxes(ticket: Ticket) -> frozenset[str]:
    told = (ticket.support_email or "", *ticket.to_emails, *ticket.cc_emails)
    return frozenset(found.lower() for one in told for found in _ADDRESS.findall(one))


def _named_languages(policy: Policy) -> Iterator[str]:
    for cell in policy.cells:
        yield from cell.languages


def _boldness(mode: Mode) -> int:
    return mode.boldness
