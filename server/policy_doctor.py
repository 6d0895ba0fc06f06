"""What `doctor` says of the policy: what it allows, what is stopped, what the day has cost."""

from collections.abc import Iterable

from agent.llm import spend
from agent.llm.spend import Level
from agent.model import Slot
from agent.policy.terms import Mode
from agent.text.words import fold
from agent.triage import sorter
from server import policy_words
from server.check import Check
from server.settings import Settings
from server.store import switches
from server.store.db import open_database
from server.store.schema import is_current
from server.wiring import Opened
from tools.errors import HelpdeskError
from tools.knowledge import shelf
from tools.provider import READ_ONLY, Lane


async def checks(opened: Opened, settings: Settings) -> list[Check]:
    """Look at the policy, the switches, and the money for models."""
    found = [_policy(opened, settings), _switches(settings)]
    more = (await _canned(opened), await _triage(opened), await _money(opened))
    return [*found, *(one for one in more if one)]


def _policy(opened: Opened, settings: Settings) -> Check:
    policy = opened.account.responder.fresh().policy
    if policy.fault:
        return Check("policy", "bad", policy.fault, "Mend it; until then notes only.")
    named = str(settings.policy) if settings.policy else "no file, private notes only"
    cells = policy_words.cells(policy)
    bold = sum(row["mode"] == Mode.AUTO for row in cells)
    told = f"{named}, version {policy.version}: {bold} of {len(cells)} cells reply in public"
    doubts = list(policy_words.doubts(policy))
    if doubts:
        return Check("policy", "note", f"{told}. {' '.join(doubts)}", "`deskhand policy check`")
    return Check("policy", "ok", told)


def _switches(settings: Settings) -> Check:
    store = open_database(settings.database)
    try:
        on = store.read_now(switches.listed) if is_current(store) else []
    finally:
        store.close()
    if not on:
        return Check("switches", "ok", "nothing is stopped")
    told = "; ".join(f"{level} for {whose}: {reason}" for whose, level, reason, _ in on)
    return Check("switches", "note", f"stopped: {told}", "`deskhand resume` lets it go on.")


async def _canned(opened: Opened) -> Check | None:
    """Say which canned responses the policy counts on and the index does not hold."""
    policy = opened.account.responder.policy
    if not (policy.canned_only or policy.canned):
        return None
    titles = await opened.index.work(shelf.canned)
    held = {fold(one) for one in titles}
    lacking = [one for one in policy.canned if one != "*" and fold(one) not in held]
    told = f"{len(titles)} canned responses are in the index"
    if titles and not lacking:
        return Check("canned", "ok", told)
    named = f"; the policy names {', '.join(map(repr, lacking))} besides" if lacking else ""
    fix = "`deskhand kb sync` reads them, with an administrator's key, and says what it left out."
    return Check("canned", "note", told + named, fix)


async def _triage(opened: Opened) -> Check | None:
    """Say which choices the policy names for triage and the account does not have."""
    policy = opened.account.responder.fresh().policy
    if not policy.triage.fields:
        return None
    fix = "Write names as the helpdesk spells them; `deskhand policy check` lists them."
    try:
        offered = await sorter.read_choices(opened.open(Lane.ASSIST, READ_ONLY))
    except HelpdeskError as fault:
        told = f"the account's choices could not be read ({type(fault).__name__})"
        return Check("triage", "note", told, "Mend what is said of the key above.")
    named = dict.fromkeys(
        (slot, label)
        for slot in (Slot.TYPE, Slot.PRIORITY, Slot.GROUP)
        for label in (
            *policy.triage.narrowed(slot),
            *(one for topic in policy.topics for one in topic.sets.get(slot, ())),
            *((policy.triage.defaults[slot],) if slot in policy.triage.defaults else ()),
        )
    )
    blind = sorted({reason for slot, reason in offered.unread.items() if slot in _slots(named)})
    lacking = [
        f"{slot.value} {label!r}"
        for slot, label in named
        if slot not in offered.unread and offered.find(slot, label) is None
    ]
    told = f"may set {policy_words.triage(policy)}"
    faults = [*(f"the account has no {one}" for one in lacking), *blind]
    if not faults:
        return Check("triage", "ok", told)
    return Check("triage", "note", f"{told}; {'; '.join(faults)}", fix)


def _slots(named: Iterable[tuple[Slot, str]]) -> frozenset[Slot]:
    return frozenset(slot for slot, _ in named)


async def _money(opened: Opened) -> Check | None:
    cap = opened.account.responder.policy.spend.per_day
    if cap is None:
        return None
    spent = await opened.purse.spent(cap=cap)
    told = f"{spent} of {cap} spent on models since midnight UTC"
    means = spend.told(spent, cap)
    if spend.level(spent, cap) is Level.FULL:
        return Check("money", "ok", told)
    return Check("money", "note", f"{told}; {means}", "Raise spend.per_day, or wait for tomorrow.")
