"""What belongs to anybody but the requester: addresses, telephone numbers, words, orders."""

import re
from collections.abc import Iterable, Iterator

from agent import hidden
from agent.inspection import Inspection, note_at_most, quotable, withhold
from agent.model import Draft, Finding, Snapshot
from agent.policy.terms import Policy
from agent.snapshot import is_from_customer
from agent.text.links import host_of, mails
from agent.text.words import fold, fold_lines, words
from tools.html import to_text
from tools.model import Conversation

_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|00)?\(?\d(?:[ ()./-]{0,2}\d){7,14}(?![\w])")

_NAME = 4
"""Letters from which on a word of a name is told from filler."""


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to an address or number that neither the requester nor a page gave.

    An address that stands only in what the customer wrote may be anybody's, so it does not go
    out; the one the helpdesk knows them by may.
    """
    known = addresses(seen.snapshot, seen.draft, seen.policy)
    named = mails(seen.told)
    told = mails(seen.said).union(*map(mails, seen.shelf)) if named - known else frozenset()
    if named - known - told:
        yield withhold("other_customer", "an e-mail address in it is not the requester's")
    elif named - known:
        yield note_at_most(
            "other_customer", "an e-mail address in it is only the ticket's word, or a page's"
        )
    if any(one not in _digits(seen) for one in _numbers(seen.told)):
        yield withhold(
            "other_customer", "a telephone or account number in it is not the requester's"
        )
    yield from _others(seen)


def addresses(snapshot: Snapshot | None, draft: Draft, policy: Policy) -> frozenset[str]:
    """Return the e-mail addresses that may be shown: the requester's, our own, those of pages.

    One that a page names counts only where its host is ours, or below or above one that is.
    """
    named = [policy.signature, policy.disclosure]
    if snapshot is not None:
        named += [snapshot.ticket.support_email or "", snapshot.me.email]
    contact = snapshot.contact if snapshot is not None else None
    named += [contact.email or ""] if contact else []
    ours = {*map(_host, mails("\n".join(named[:-1] if contact else named)))}
    ours |= {host_of(one) for one in (*policy.link_hosts, *policy.portal_hosts)}
    pages = frozenset[str]().union(*(mails(one.text) for one in quotable(draft)))
    paged = {one for one in pages if _related(_host(one), ours)}
    return mails("\n".join(named)) | paged


def _host(address: str) -> str:
    return host_of(address.rsplit("@", maxsplit=1)[-1])


def _related(host: str, ours: Iterable[str]) -> bool:
    return any(
        host == one or host.endswith(f".{one}") or one.endswith(f".{host}") for one in ours if one
    )


def _others(seen: Inspection) -> Iterator[Finding]:
    texts = _by_others(seen)
    if not texts:
        return
    known = hidden.public(seen)
    if any(hidden.repeats(seen.told, text, known) for text in texts):
        yield withhold("other_customer", "it repeats words of somebody else in the thread")
    elif hidden.names(seen.told, texts, known) or _called(seen, known):
        yield withhold("other_customer", "it names somebody else in the thread, or what is theirs")


def _called(seen: Inspection, known: str) -> bool:
    """Return whether a name from another sender's address line is told."""
    shot = seen.snapshot
    lines = (
        (one.from_email or "").split("<", maxsplit=1)[0]
        for one in shot.thread.conversations
        if _is_anothers(one, shot)
    )
    found = {word for line in lines for word in words(fold(line))}
    theirs = {word for word in found if len(word) >= _NAME and not hidden.is_common(word)}
    return bool(theirs & {*words(fold(seen.told))} - {*words(fold(known))})


def _is_anothers(one: Conversation, shot: Snapshot) -> bool:
    return is_from_customer(one, shot.ticket, shot.me) and one.author_id != shot.ticket.requester_id


def _by_others(seen: Inspection) -> list[str]:
    shot = seen.snapshot
    return [
        f"{one.from_email or ''}\n{to_text(one.body_html[:20_000])}"
        for one in shot.thread.conversations
        if is_from_customer(one, shot.ticket, shot.me) and one.author_id != shot.ticket.requester_id
    ]


def _digits(seen: Inspection) -> str:
    contact = seen.snapshot.contact
    known = f"{hidden.public(seen)}\n{contact.phone or '' if contact else ''}"
    return re.sub(r"[^\d\n]", "", fold_lines(known))


def _numbers(told: str) -> set[str]:
    return {re.sub(r"\D", "", one).lstrip("0") for one in _PHONE.findall(fold(told))}
