"""A policy file, read whole: every mistake names file, line, key, value and fix."""

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from agent.model import Slot
from agent.policy import values
from agent.policy.clashes import clashes
from agent.policy.hours import Hours, Span, When
from agent.policy.table import Path, Table, Told, lines_of
from agent.policy.terms import Cell, Commitment, Mode, People, Policy, Spend, Topic, Triaging, Voice
from agent.policy.values import Unfit

SCHEMA = 1
"""The version of the format that this program reads; a file without one is of the first."""


class BadPolicy(ValueError):
    """A policy file that cannot be used.

    Attributes:
        faults: all that is wrong with it, each with file, line, key, value and fix.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def read(data: bytes, *, where: str) -> Policy:
    """Return the policy that a file holds; its version is the digest of these bytes.

    Args:
        data: the file's content.
        where: its name, for errors.

    Raises:
        BadPolicy: it is not TOML, or keys or values do not fit, alone or together.
    """
    try:
        written = data.decode("utf-8")
        document = tomllib.loads(written, parse_float=Decimal)
    except UnicodeDecodeError as fault:
        raise BadPolicy(f"{where}: byte {fault.start} is not UTF-8; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as fault:
        raise BadPolicy(f"{where} is not valid TOML: {fault}") from None
    version = hashlib.sha256(data).hexdigest()[:12]
    return parse(document, version=version, where=where, lines=lines_of(written))


def parse(
    document: Mapping[str, object],
    *,
    version: str,
    where: str = "policy",
    lines: Mapping[Path, int] | None = None,
) -> Policy:
    """Return the policy that a file's table says.

    Args:
        document: as read from TOML.
        version: digest of the file.
        where: the file's name, for errors.
        lines: on which line of the file something stands, where that is known.

    Raises:
        BadPolicy: keys or values do not fit, alone or together.
    """
    told = Told(where, lines or {})
    found = _policy(Table(told, (), document), version)
    if not told.faults:  # what clashes is told of values that could be read
        for path, reason in clashes(found):
            told.fault(path, reason)
    if told.faults:
        raise BadPolicy(*told.faults)
    return found


def _policy(top: Table, version: str) -> Policy:
    top.get("schema", _schema, SCHEMA)
    found = Policy(
        version=version,
        mode=top.get("mode", values.one_of(Mode), Mode.NOTE),
        when=top.get("when", values.one_of(When), When.ALWAYS),
        link_hosts=top.get("link_hosts", values.hosts, ()),
        replies_per_hour=top.get("replies_per_hour", values.count, 2),
        replies_per_day=top.get("replies_per_day", values.count, 5),
        same_words_per_day=top.get("same_words_per_day", values.count, 100),
        disclosure=top.get("disclosure", values.text, ""),
        signature=top.get("signature", values.text, ""),
        tone=top.get("tone", values.text, ""),
        banned=top.get("banned", values.texts, ()),
        human_topics=top.get("human_topics", values.texts, ()),
        answer_assigned=top.get("answer_assigned", values.switch, False),
        resend_lost=top.get("resend_lost", values.switch, False),
        canned_only=top.get("canned_only", values.switch, False),
        canned=top.get("canned", values.texts, ()),
        fields=top.get("fields", values.privacy, {}),
        topics=tuple(_topic(name, inner) for name, inner in top.named("topics")),
        cells=tuple(_cell(inner) for inner in top.each("cell")),
        human=_people(top.table("human")),
        hours=_hours(top.table("hours")),
        voices={name: _voice(name, inner) for name, inner in top.named("languages")},
        commitments=tuple(_commitment(inner) for inner in top.each("commitment")),
        spend=_spend(top.table("spend")),
        triage=_triage(top.table("triage")),
    )
    top.close()
    return found


def _topic(name: str, table: Table) -> Topic:
    lists = {
        key: table.get(key, values.texts, _NO_TEXTS) for key in ("words", "tags", "types", "groups")
    }
    sets = _sets(table.table("set"))
    table.close()
    return Topic(name, **lists, sets=sets)


def _sets(table: Table) -> Mapping[Slot, tuple[str, ...]]:
    """Return what a topic's `set` says: one value a field, but any number of tags."""
    found: dict[Slot, tuple[str, ...]] = {}
    for slot in (Slot.TYPE, Slot.PRIORITY, Slot.GROUP):
        label = table.get(slot.value, values.name, "")
        if label:
            found[slot] = (label,)
    tags = table.get(Slot.TAGS.value, values.tags, _NO_TEXTS)
    table.close()
    return found | ({Slot.TAGS: tags} if tags else {})


def _cell(table: Table) -> Cell:
    fix = "add one of " + ", ".join(f'mode = "{one}"' for one in Mode)
    found = Cell(
        mode=table.need("mode", values.one_of(Mode), Mode.NOTE, fix),
        topics=table.get("topics", values.texts, ()),
        channels=table.get("channels", values.texts, ()),
        languages=table.get("languages", values.languages, ()),
        when=table.get("when", values.one_of(When), When.ALWAYS),
    )
    table.close()
    return found


def _people(table: Table) -> People:
    found = People(
        topics=table.get("topics", values.texts, ()),
        groups=table.get("groups", values.texts, ()),
        mailboxes=table.get("mailboxes", values.mailboxes, ()),
    )
    table.close()
    return found


def _hours(table: Table) -> Hours | None:
    if not table.content:
        return None
    zone = table.need("zone", values.zone, "UTC", 'add one, such as zone = "Europe/Berlin"')
    once, yearly = table.get("holidays", values.holidays, _NO_DAYS)
    week: list[tuple[Span, ...]] = [()] * 7
    for key in table.content:
        for day in values.days(key) or ():
            if week[day]:
                reason = f"hours.{key}: a day of it is named before; name each day once"
                table.told.fault(("hours", key), reason)
            week[day] = table.get(key, values.spans, _NO_SPANS)
    table.known |= {"mon", "mon-fri", "sat", "sun"}
    table.close()
    if not any(week):
        fix = 'add opening hours, such as mon-fri = ["09:00-17:00"]'
        table.told.fault(("hours",), f"hours names no day: {fix}")
    return Hours(zone, tuple(week), once, yearly)


def _voice(name: str, table: Table) -> Voice:
    if not values.is_language(name):
        reason = f"languages.{name}: {name!r} is no language; use a two-letter code, such as 'de'"
        table.told.fault(table.path, reason)
    found = Voice(
        tone=table.get("tone", values.text, ""),
        disclosure=table.get("disclosure", values.text, ""),
        signature=table.get("signature", values.text, ""),
        banned=table.get("banned", values.texts, ()),
    )
    table.close()
    return found


def _commitment(table: Table) -> Commitment:
    fix = 'add the sentences that may be said, such as says = ["We will call you back."]'
    found = Commitment(
        says=table.need("says", values.texts, (), fix),
        tag=table.get("tag", values.tag, ""),
        group=table.get("group", values.text, ""),
        due_hours=table.get("due_hours", values.count, None),
    )
    table.close()
    return found


def _spend(table: Table) -> Spend:
    found = Spend(
        per_day=table.get("per_day", values.money, None),
        per_run=table.get("per_run", values.money, None),
    )
    table.close()
    return found


def _triage(table: Table) -> Triaging:
    found = Triaging(
        fields=table.get("fields", values.several(Slot), ()),
        types=table.get("types", values.texts, ()),
        priorities=table.get("priorities", values.texts, ()),
        groups=table.get("groups", values.texts, ()),
        tags=table.get("tags", values.tags, ()),
        defaults=_defaults(table.table("defaults")),
    )
    table.close()
    return found


def _defaults(table: Table) -> Mapping[Slot, str]:
    slots = (Slot.TYPE, Slot.PRIORITY, Slot.GROUP)
    found = {slot: table.get(slot.value, values.name, "") for slot in slots}
    table.close()
    return {slot: label for slot, label in found.items() if label}


def _schema(value: object) -> int:
    if value is True or value != SCHEMA:
        raise Unfit(f"this version of Deskhand reads schema = {SCHEMA}")
    return SCHEMA


_NO_TEXTS: tuple[str, ...] = ()
_NO_SPANS: tuple[Span, ...] = ()
_NO_DAYS: tuple[frozenset[date], frozenset[tuple[int, int]]] = (frozenset(), frozenset())
