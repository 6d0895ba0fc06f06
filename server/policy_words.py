"""What a policy means, in words and tables for the people who write it; pure."""

from collections.abc import Iterator
from typing import Any

from agent.llm import spend
from agent.model import Slot
from agent.policy.clashes import OTHER
from agent.policy.hours import DAYS, When
from agent.policy.terms import Cell, Mode, Policy, Topic

SOURCES = ("Email", "Portal", "Phone", "Chat", "Feedback Widget", "Outbound Email")
"""The channels Freshdesk has from the start; an account may add its own."""
MEANINGS = {
    Mode.OFF: "left alone",
    Mode.OBSERVE: "read and decided, nothing posted",
    Mode.TRIAGE: "fields are set, nothing posted",
    Mode.NOTE: "a private note with a draft",
    Mode.ONE_CLICK: "a private note whose draft waits for a person's approval",
    Mode.AUTO: "a public reply where every gate holds, else a private note",
}


def cells(policy: Policy) -> list[dict[str, Any]]:
    """Return the cells in the order in which they are tried, the file's own mode last."""
    rows = [_row(str(place), cell) for place, cell in enumerate(policy.cells, start=1)]
    return [*rows, _row("else", Cell(policy.mode, when=policy.when))]


def _row(place: str, cell: Cell) -> dict[str, Any]:
    return {
        "cell": place,
        "topics": ", ".join(cell.topics) or "any",
        "channels": ", ".join(cell.channels) or "any",
        "languages": ", ".join(cell.languages) or "any",
        "mode": cell.mode.value,
        "when": cell.when.value,
        "means": _means(cell),
    }


def _means(cell: Cell) -> str:
    told = MEANINGS[cell.mode]
    if cell.when is When.ALWAYS:
        return told
    return f"{cell.when.value} business hours {told}; at other times a private note"


def topics(policy: Policy) -> list[dict[str, Any]]:
    """Return the topics with what they are told by, and whose they are."""
    rows = [
        {
            "topic": one.name,
            "words": ", ".join(one.words),
            "tags": ", ".join(one.tags),
            "types": ", ".join(one.types),
            "groups": ", ".join(one.groups),
            "sets": sets(one),
            "always": "people" if one.name in policy.human.topics else "",
        }
        for one in policy.topics
    ]
    rest = {"topic": OTHER, "words": "(what no topic fits)"}
    return [*rows, rest] if rows else []


def sets(topic: Topic) -> str:
    """Return what triage sets on tickets of a topic."""
    return "; ".join(f"{slot.value} {', '.join(labels)}" for slot, labels in topic.sets.items())


def triage(policy: Policy) -> str:
    """Return what triage may set, and out of what a model may choose; "" for nothing."""
    told = []
    for slot in policy.triage.fields:
        only = policy.triage.narrowed(slot)
        rest = " (none a model may choose)" if slot is Slot.TAGS else ""
        told.append(slot.value + (f" ({', '.join(only)})" if only else rest))
    return ", ".join(told)


def facts(policy: Policy) -> list[str]:
    """Return what else the policy says, a sentence each."""
    hour, day = policy.replies_per_hour, policy.replies_per_day
    told = [f"At most {hour} public replies per ticket and hour, {day} per requester and day."]
    same = policy.same_words_per_day
    told.append(f"At most {same} requesters a day get one for the same words; the next get notes.")
    if policy.hours is not None:
        spans = "; ".join(
            f"{day} {', '.join(str(span) for span in week)}"
            for day, week in zip(DAYS, policy.hours.week, strict=True)
            if week
        )
        days_off = len(policy.hours.holidays) + len(policy.hours.yearly)
        told.append(f"Business hours ({policy.hours.zone}): {spans}; {days_off} holidays.")
    human = policy.human
    theirs = [*human.topics, *human.groups, *human.mailboxes, *policy.human_topics]
    if theirs:
        told.append(f"Always for people: {', '.join(theirs)}.")
    if policy.canned_only:
        told.append("Nothing is said in public but canned responses, word for word.")
    if policy.canned:
        titles = "all" if "*" in policy.canned else ", ".join(repr(one) for one in policy.canned)
        told.append(f"Canned responses that may go out by themselves: {titles}.")
    if policy.commitments:
        told.append(f"{len(policy.commitments)} promises may be made; all others are held.")
    if policy.triage.fields:
        told.append(f"Triage may set: {triage(policy)}. What a person has set stays.")
    if policy.spend.per_day is not None:
        then = "triage by rule alone" if policy.triage.fields else "no drafts"
        told.append(
            f"Models may cost {policy.spend.per_day} a day and "
            f"{spend.most_of_a_run(policy.spend)} a run: from {spend.NOTES:.0%} of it notes only, "
            f"from {spend.TRIAGE:.0%} {then}."
        )
    return told


def doubts(policy: Policy) -> Iterator[str]:
    """Yield what a policy may say without being meant: no mistakes, but worth a look."""
    yield from _undisclosed(policy)
    yield from _idle(policy)
    known = {one.casefold() for one in SOURCES}
    for channel in sorted({name for cell in policy.cells for name in cell.channels}):
        if channel.casefold() not in known:
            yield f"{channel!r} is none of Freshdesk's own channels ({', '.join(SOURCES)})."


def _undisclosed(policy: Policy) -> Iterator[str]:
    bold = _bold(policy)
    spoken = {code for cell in bold for code in cell.languages} | set(policy.voices)
    if bold and not policy.discloses:
        yield "Replies may go out and none says that a machine wrote it: set disclosure."
    for code in sorted(spoken):
        if policy.discloses and not policy.spoken(code).disclosure:
            yield f"There is no disclosure for {code}: replies in it are held. Set one."
    if policy.discloses and not policy.disclosure and any(not cell.languages for cell in bold):
        yield "Replies in a language without a disclosure of its own are held."


def _idle(policy: Policy) -> Iterator[str]:
    """Yield what stands in the file and does nothing."""
    used = {name for cell in policy.cells for name in cell.topics} | set(policy.human.topics)
    for topic in policy.topics:
        if topic.name not in used and not topic.sets:
            yield f"The topic {topic.name!r} is in no cell and not left to people: it does nothing."
    if policy.hours is not None and all(cell.when is When.ALWAYS for cell in _all(policy)):
        yield "There are business hours, and no mode is bound to them: set when."
    caps = (policy.replies_per_hour, policy.replies_per_day, policy.same_words_per_day)
    if _bold(policy) and 0 in caps:
        yield "A mode is auto, and 0 replies are allowed: none will go out."
    if _bold(policy) and policy.canned_only and not (policy.canned or policy.commitments):
        yield "Only canned responses may go out, and canned names none: nothing will."
    yield from _idle_triage(policy)
    if policy.spend.per_day == 0:
        yield "Models may cost 0 a day: none is asked."


def _idle_triage(policy: Policy) -> Iterator[str]:
    found = policy.triage
    used = any(cell.mode is Mode.TRIAGE for cell in _all(policy))
    if found.fields and not used and policy.spend.per_day is None:
        yield 'There is [triage], and no mode is "triage" and no cap on money: it does nothing.'
    fixed = {slot for one in policy.topics for slot in one.sets}
    if Slot.TAGS in found.fields and not found.tags and Slot.TAGS not in fixed:
        yield "Triage may set tags, and none is listed in triage.tags or a topic's set."


def _all(policy: Policy) -> tuple[Cell, ...]:
    return (*policy.cells, Cell(policy.mode, when=policy.when))


def _bold(policy: Policy) -> list[Cell]:
    return [cell for cell in _all(policy) if cell.mode is Mode.AUTO]
