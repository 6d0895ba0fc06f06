"""What fits alone and not together in a policy: each clash with its place and its mend; pure."""

from collections.abc import Iterable, Iterator, Sequence

from agent.model import Slot
from agent.policy.hours import When
from agent.policy.terms import Cell, Commitment, Mode, Policy, Topic, Voice
from agent.text.words import fold

Clash = tuple[tuple[str | int, ...], str]
"""Where it stands in the file, and what is wrong in words."""

OTHER = "other"
"""The topic of what no other topic fits."""


def clashes(policy: Policy) -> Iterator[Clash]:
    """Yield everything in a policy that contradicts something else in it."""
    yield from _topics(policy)
    yield from _hours(policy)
    for place, cell in enumerate(policy.cells, start=1):
        yield from _cell(policy, place, cell)
    for place, one in enumerate(policy.commitments, start=1):
        yield from _commitment(policy, place, one)
    yield from _banned(policy)
    yield from _triage(policy)
    day, run = policy.spend.per_day, policy.spend.per_run
    if day is not None and run is not None and run > day:
        reason = f"spend.per_run = {run} is more than spend.per_day = {day}; lower it"
        yield ("spend", "per_run"), reason


def _topics(policy: Policy) -> Iterator[Clash]:
    for one in policy.topics:
        place = ("topics", one.name)
        if one.name == OTHER:
            yield place, f"topics.{OTHER}: this name is for what no topic fits; choose another"
        if not (one.words or one.tags or one.types or one.groups):
            yield place, f"topics.{one.name} has no words, tags, types or groups; add one of them"
    unknown = _unknown(policy, policy.human.topics)
    if unknown:
        yield ("human", "topics"), f"human.topics: {unknown}"
    if OTHER in policy.human.topics:
        reason = f'human.topics = {OTHER!r}: to keep out of the rest, write mode = "note" instead'
        yield ("human", "topics"), reason


def _hours(policy: Policy) -> Iterator[Clash]:
    bound: list[tuple[tuple[str | int, ...], str, Mode, When]] = [
        (("when",), "when", policy.mode, policy.when)
    ]
    for place, cell in enumerate(policy.cells, start=1):
        bound.append((("cell", place, "when"), f"cell[{place}].when", cell.mode, cell.when))
    for place_of, key, mode, when in bound:
        if when is When.ALWAYS:
            continue
        if policy.hours is None:
            fix = 'add [hours] with zone = "…" and mon-fri = ["09:00-17:00"]'
            yield place_of, f"{key} = {when.value!r}: there are no business hours; {fix}"
        if mode is not Mode.AUTO:
            reason = f'it binds mode = "auto" alone, and the mode is {mode.value!r}; leave it out'
            yield place_of, f"{key} = {when.value!r}: {reason}"


def _cell(policy: Policy, place: int, cell: Cell) -> Iterator[Clash]:
    here, name = ("cell", place), f"cell[{place}]"
    unknown = _unknown(policy, cell.topics)
    if unknown:
        yield (*here, "topics"), f"{name}.topics: {unknown}"
    if not (cell.topics or cell.channels or cell.languages):
        reason = "names no topics, channels or languages, so it fits every ticket"
        yield here, f"{name} {reason}; write its mode at the top of the file instead"
    theirs = sorted(set(cell.topics) & set(policy.human.topics))
    if theirs and cell.mode is Mode.AUTO:
        reason = f"[human] leaves {theirs[0]!r} to people; leave it out here or there"
        yield (*here, "topics"), f'{name}.topics: its mode is "auto", and {reason}'
    earlier = enumerate(policy.cells[: place - 1], start=1)
    above = next((at for at, one in earlier if _covers(one, cell)), None)
    if above is not None:
        reason = f"can never be reached, for cell[{above}] fits every ticket that it fits"
        yield here, f"{name} {reason}; put it above, or leave it out"


def _covers(one: Cell, other: Cell) -> bool:
    """Whether a cell fits every ticket that another one fits."""
    return (
        _wider(one.topics, other.topics)
        and _wider(_plain(one.channels), _plain(other.channels))
        and _wider(one.languages, other.languages)
    )


def _wider(one: Sequence[str], other: Sequence[str]) -> bool:
    return not one or (bool(other) and set(other) <= set(one))


def _plain(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.casefold() for name in names)


def _unknown(policy: Policy, named: Iterable[str]) -> str | None:
    known = {one.name for one in policy.topics} | {OTHER}
    strange = next((name for name in named if name not in known), None)
    if strange is None:
        return None
    return f"there is no topic {strange!r}; add [topics.{strange}], or use one of " + ", ".join(
        repr(name) for name in sorted(known)
    )


def _commitment(policy: Policy, place: int, one: Commitment) -> Iterator[Clash]:
    name = f"commitment[{place}]"
    if not (one.tag or one.group or one.due_hours):
        reason = "does nothing about its promise; add tag, group or due_hours"
        yield ("commitment", place), f"{name} {reason}"
    gap = next((sentence for sentence in one.says if "{{" in sentence), None)
    if gap is not None:
        reason = "has a placeholder; a promise is made in fixed words"
        yield ("commitment", place, "says"), f"{name}.says: {gap!r} {reason}"
    before = {fold(s) for other in policy.commitments[: place - 1] for s in other.says}
    twice = next((sentence for sentence in one.says if fold(sentence) in before), None)
    if twice is not None:
        reason = "stands in a commitment above, too; one sentence has one action"
        yield ("commitment", place, "says"), f"{name}.says: {twice!r} {reason}"


def _banned(policy: Policy) -> Iterator[Clash]:
    """Yield our own words that hold a phrase the policy bans."""
    ours: list[Clash] = [
        (("disclosure",), policy.disclosure),
        (("signature",), policy.signature),
    ]
    for code, voice in policy.voices.items():
        ours += _of_voice(code, voice)
    for place, one in enumerate(policy.commitments, start=1):
        ours += [(("commitment", place, "says"), sentence) for sentence in one.says]
    for place_of, said in ours:
        held = next((p for p in policy.unspeakable if fold(p) and fold(p) in fold(said)), None)
        if held is not None:
            key = ".".join(str(part) for part in place_of)
            yield place_of, f"{key} holds {held!r}, which is banned; change one of them"


def _triage(policy: Policy) -> Iterator[Clash]:
    """Yield what asks for triage where the file opens no field to it."""
    open_to = policy.triage.fields
    modes: list[tuple[tuple[str | int, ...], str, Mode]] = [(("mode",), "mode", policy.mode)]
    for place, cell in enumerate(policy.cells, start=1):
        modes.append((("cell", place, "mode"), f"cell[{place}].mode", cell.mode))
    for place_of, key, mode in modes:
        if mode is Mode.TRIAGE and not open_to:
            fix = 'add [triage] with fields = ["type", "tags"]'
            yield place_of, f"{key} = 'triage': no field may be set; {fix}"
    for slot, key in _LISTS.items():
        if policy.triage.narrowed(slot) and slot not in open_to:
            reason = f"triage.fields leaves {slot.value!r} out; add it, or leave the list out"
            yield ("triage", key), f"triage.{key}: {reason}"
    for topic in policy.topics:
        yield from _set_by(topic, policy)


def _set_by(topic: Topic, policy: Policy) -> Iterator[Clash]:
    for slot in topic.sets:
        if slot not in policy.triage.fields:
            key = f"topics.{topic.name}.set.{slot.value}"
            reason = "[triage] does not open this field; add it to triage.fields"
            yield ("topics", topic.name, "set"), f"{key}: {reason}"


_LISTS = {
    Slot.TYPE: "types",
    Slot.PRIORITY: "priorities",
    Slot.GROUP: "groups",
    Slot.TAGS: "tags",
}
"""The key of each list that narrows what a model may choose."""


def _of_voice(code: str, voice: Voice) -> list[Clash]:
    return [
        (("languages", code, "disclosure"), voice.disclosure),
        (("languages", code, "signature"), voice.signature),
    ]
