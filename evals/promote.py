"""Make a case of a real run: everybody called otherwise, looked through, played and tested."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from agent.model import Disposition, Document, Draft, Landing, Result, Snapshot
from evals.case import Case
from evals.exported import Exported
from evals.files import BadCase, Source
from evals.grade import Verdict, grade
from evals.ground import Grounds
from evals.outcome import Outcome
from evals.pseudonyms import Pseudonyms
from evals.run import play
from evals.selftest import self_test
from tools.freshdesk.sandbox.loader_tickets import BadSeed
from tools.model import Author, Contact, Conversation, FieldKind, FieldValue, Kind

WORLD = "bare"
_TICKET, _PERSON, _COMPANY, _FIELD, _PAGE = 9001, 71000910, 71000930, 71000940, 71000960
_OURS, _AGENT = "responder@alder.example", "agent@alder.example"
_TYPES = {
    FieldKind.PARAGRAPH: "custom_paragraph",
    FieldKind.NUMBER: "custom_number",
    FieldKind.DECIMAL: "custom_decimal",
    FieldKind.CHECKBOX: "custom_checkbox",
    FieldKind.DATE: "custom_date",
    FieldKind.DROPDOWN: "custom_dropdown",
}
_BY_ITSELF = frozenset({Landing.POSTED, Landing.ADOPTED, Landing.NOTHING})
_WORDS_OF = ("disclosure", "signature")


@dataclass(frozen=True, slots=True)
class Told:
    """What only the person who promotes can say.

    Attributes:
        hide: words that no pattern knows for somebody's.
    """

    id: str
    why: str
    cluster: str
    tags: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()


def written(run: Exported, told: Told) -> dict[str, Any]:
    """Return the case as it will stand in its file. Pure.

    Raises:
        BadCase: the run is none that can be played again, or somebody is still seen in it.
    """
    shot = _promotable(run)
    names = _known(run, shot, told)
    writer = _Writer(names, shot)
    content = {
        "id": told.id,
        "why": told.why,
        "tags": ["promoted", *told.tags],
        "cluster": told.cluster,
        "world": WORLD,
        "patch": writer.patch(run.result),
        "trigger": {"ticket": _TICKET},
        "policy": writer.policy(run.policy),
        **writer.drafter(run.result.draft),
        "expect": writer.expect(run.result),
    }
    seen = [f"{place}: it still holds {what}" for place, what in _seen(content, names)]
    if seen:
        mend = "; name the words to replace with --hide 'WORDS' (as often as needed)"
        raise BadCase(f"{one}{mend}" for one in seen)
    return content


async def promoted(run: Exported, told: Told, folder: Path) -> Path:
    """Write the case of a run once it plays to the run's own disposition and proves something.

    Raises:
        BadCase: it does not; nothing is left in the folder.
    """
    file = folder / f"{told.id}.yaml"
    if file.exists():
        raise BadCase([f"{file}: there is a case of this name; give another with --id"])
    content = written(run, told)
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    file.write_text(text, encoding="utf-8")
    try:
        await _prove(Source(file).read(Case), run)
    except (BadCase, BadSeed, ValidationError) as fault:
        file.unlink()
        mistakes = fault.mistakes if isinstance(fault, BadCase) else (f"{file}: {fault}",)
        raise BadCase(mistakes) from fault
    return file


async def _prove(case: Case, run: Exported) -> None:
    grounds = Grounds()
    try:
        outcome = await play(case, grounds=grounds)
        verdict = grade(case, outcome)
        if verdict.verdict is not Verdict.PASSED:
            raise BadCase(_otherwise(case, run, outcome, [one.words for one in verdict.faults]))
        tested = await self_test(case, grounds=grounds)
        if tested.weak:
            raise BadCase(f"{case.id}: {words}" for words in tested.weak)
    finally:
        grounds.close()


def _otherwise(case: Case, run: Exported, outcome: Outcome, faults: list[str]) -> list[str]:
    decision = outcome.decision
    why = [*(decision.reasons if decision else ()), outcome.skip.name if outcome.skip else ""]
    found = [one.guard for one in decision.findings] if decision else []
    told = ", ".join(one for one in [*why, *found] if one) or "no reason on record"
    return [
        f"{case.id}: played, it does not end as run {run.run} did ({fault}; it gives: {told}). "
        "What the run owed to other tickets, to files or to a rule of the policy that a case "
        "cannot have is not in it; write that case by hand"
        for fault in faults
    ]


def _promotable(run: Exported) -> Snapshot:
    result = run.result
    why = ""
    if result.snapshot is None:
        why = "it read nothing"
    elif result.approval is not None:
        why = "a person decided it"
    elif result.draft is not None and (result.draft.triage.sets or result.draft.triage.dropped):
        why = "it set fields and said nothing"
    elif result.receipt is not None and result.receipt.landing not in _BY_ITSELF:
        why = f"it ended as {result.receipt.landing.value}, by what happened beside it"
    if why or result.snapshot is None:
        raise BadCase([f"run {run.run}: {why}; a case of it must be written by hand"])
    return result.snapshot


def _known(run: Exported, shot: Snapshot, told: Told) -> Pseudonyms:
    """Return other names for everybody whom the record names."""
    pages = run.result.draft.documents if run.result.draft else ()
    names = Pseudonyms(public="\n".join(one.text for one in pages if one.quotable))
    for word in told.hide:
        names.hide(word)
    for host in run.policy.get("portal_hosts", []):
        names.domain(host)
    if shot.contact is not None:
        names.person(shot.contact.name)
    if shot.company is not None:
        names.hide(shot.company.name)
    names.person(shot.me.name)
    for one in shot.thread.conversations:
        names.person(re.sub(r"[\"']|<.*", "", one.from_email or "").partition("@")[0])
    said = [shot.ticket.description_html, *(one.body_html for one in shot.thread.conversations)]
    names.listen(re.sub(r"<[^>]+>", "\n", html) for html in said)
    return names


def _seen(value: object, names: Pseudonyms, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _seen(one, names, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _seen(one, names, f"{place}[{number}]")
    elif isinstance(value, str):
        yield from ((place, what) for what in names.seen(value))


class _Writer:
    """Writes a run down in the words of a case, everybody called otherwise."""

    def __init__(self, names: Pseudonyms, shot: Snapshot) -> None:
        self._names = names
        self._shot = shot
        self._pages: dict[str, str] = {}

    def patch(self, result: Result) -> dict[str, Any]:
        """Return what the bare desk gets: who, what they wrote, and the pages that were found."""
        shot, pages = self._shot, result.draft.documents if result.draft else ()
        patch: dict[str, Any] = {}
        if pages:
            language = Counter(one.language for one in pages).most_common(1)[0][0]
            patch["account"] = {"primary_language": language or "en"}
            patch["solutions"] = {_PAGE: {"category": "Pages", "folders": self._folders(pages)}}
        if shot.company is not None:
            patch["companies"] = {_COMPANY: {"name": self._said(shot.company.name)}}
        if shot.contact is not None:
            patch["contacts"] = {_PERSON: self._contact(shot.contact)}
        if shot.fields:
            fields = enumerate(shot.fields)
            patch["ticket_fields"] = {_FIELD + n: self._field(one) for n, one in fields}
        patch["tickets"] = {_TICKET: self._ticket()}
        return patch

    def policy(self, policy: Mapping[str, Any]) -> dict[str, Any]:
        """Return the policy; hosts are called otherwise, and words in it too."""
        kept: dict[str, Any] = {}
        for name, value in policy.items():
            if name == "portal_hosts" or not value:
                continue
            listed = isinstance(value, list)
            change: Callable[[str], str] = (
                self._names.domain if name == "link_hosts" else self._said
            )
            kept[name] = [change(one) for one in value] if listed else value
            if name in _WORDS_OF:
                kept[name] = self._said(value)
        hosts = [self._names.domain(one) for one in policy.get("portal_hosts", [])]
        if hosts:
            kept["link_hosts"] = [*kept.get("link_hosts", []), *hosts]
        return kept

    def drafter(self, draft: Draft | None) -> dict[str, Any]:
        """Return the draft of the run as the drafter; a run that was left alone has none."""
        if draft is None:
            return {}
        said: dict[str, Any] = {"said": draft.outcome.value, "language": draft.language}
        if draft.documents:
            said["pages"] = [self._page(one.id) for one in draft.documents]
        if draft.paragraphs:
            said["paragraphs"] = [
                {
                    "sentences": [
                        {"text": self._said(one.text), "evidence": self._evidence(one.evidence)}
                        for one in part.sentences
                    ],
                    "items": part.items,
                }
                for part in draft.paragraphs
            ]
        for name in ("reason", "summary", "doubt"):
            if text := getattr(draft, name):
                said[name] = self._said(text)
        return {"drafter": {**said, "failed": draft.failed}}

    def expect(self, result: Result) -> dict[str, Any]:
        """Return what must come of it: what came of the run."""
        receipt, decision = result.receipt, result.decision
        if decision is None or result.draft is None:
            skip = {"skip": result.skip.name} if result.skip else {}
            return {"disposition": "SKIP", **skip, "notes": 0, "public_replies": 0}
        what = receipt.disposition if receipt is not None else decision.disposition
        silent = receipt is None or receipt.landing is Landing.NOTHING
        public = what is Disposition.PUBLIC_REPLY
        cited = [e.source for p in result.draft.paragraphs for s in p.sentences for e in s.evidence]
        expected: dict[str, Any] = {
            "disposition": what.name,
            "notes": int(not silent and what is not Disposition.SKIP and not public),
            "public_replies": int(not silent and public),
            "findings": sorted({one.guard for one in decision.findings}),
        }
        if cited and result.draft.proposes:
            expected["sources"] = sorted({self._page(one) for one in cited})
        return expected

    def _said(self, text: str) -> str:
        return self._names.text(text)

    def _page(self, name: str) -> str:
        return self._pages.setdefault(name, f"article:{_PAGE + 1 + len(self._pages)}")

    def _evidence(self, evidence: Any) -> list[dict[str, str]]:  # noqa: ANN401 -- a tuple of Evidence
        return [{"source": self._page(e.source), "quote": self._said(e.quote)} for e in evidence]

    def _folders(self, pages: tuple[Document, ...]) -> list[dict[str, Any]]:
        rooms = ((True, "For everybody", 1), (False, "For agents", 3))
        return [
            {
                "id": _PAGE + 20 + number,
                "name": name,
                "visibility": seen,
                "articles": [self._article(one) for one in pages if one.quotable is open_],
            }
            for number, (open_, name, seen) in enumerate(rooms)
        ]

    def _article(self, page: Document) -> dict[str, Any]:
        parts = [part for part in self._said(page.text).split("\n\n") if part.strip()]
        html = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts)
        number = int(self._page(page.id).partition(":")[2])
        return {"id": number, "title": self._said(page.title), "description": html}

    def _contact(self, contact: Contact) -> dict[str, Any]:
        told: dict[str, Any] = {"name": self._names.person(contact.name) or "Robin Sample"}
        told["email"] = self._asker
        if contact.phone:
            told["phone"] = self._said(contact.phone)
        if contact.language:
            told["language"] = contact.language
        if self._shot.company is not None:
            told["company"] = self._said(self._shot.company.name)
        return told

    @property
    def _asker(self) -> str:
        contact = self._shot.contact
        return self._names.mail(contact.email if contact and contact.email else "nobody@unknown")

    def _field(self, one: FieldValue) -> dict[str, Any]:
        told: dict[str, Any] = {"name": one.name, "label": one.label}
        told["type"] = _TYPES.get(one.kind, "custom_text")
        if one.kind is FieldKind.DROPDOWN:
            told["choices"] = [self._value(one)]
        return told

    def _value(self, one: FieldValue) -> Any:  # noqa: ANN401 -- a field's value
        return self._said(one.value) if isinstance(one.value, str) else one.value

    def _ticket(self) -> dict[str, Any]:
        ticket, shot = self._shot.ticket, self._shot
        told: dict[str, Any] = {
            "subject": self._said(ticket.subject),
            "description": self._said(ticket.description_html),
            "from": self._asker,
            "age": _age(ticket.created_at, shot.read_at),
            "status": int(ticket.status_id),
            "source": int(ticket.source_id),
            "priority": ticket.priority or 1,
        }
        if ticket.type:
            told["type"] = ticket.type
        if ticket.responder_id:
            told["responder"] = _OURS if ticket.responder_id == shot.me.id else _AGENT
        if ticket.spam:
            told["spam"] = True
        if ticket.tags:
            told["tags"] = [self._said(tag) for tag in ticket.tags]
        if shot.fields:
            told["custom_fields"] = {one.name: self._value(one) for one in shot.fields}
        if shot.thread.conversations:
            told["conversations"] = [self._conversation(one) for one in shot.thread.conversations]
        return told

    def _conversation(self, one: Conversation) -> dict[str, Any]:
        told = {"kind": _kind(one), "age": _age(one.created_at, self._shot.read_at)}
        if one.author is Author.RESPONDER:
            told["from"] = _OURS
        elif told["kind"] in {"customer", "survey"}:
            mine = one.author_id == self._shot.ticket.requester_id
            told["from"] = (
                self._asker if mine else self._names.mail(one.from_email or "other@other")
            )
        else:
            told["from"] = _AGENT
        told["body"] = self._said(one.body_html)
        return {**told, "auto_response": True} if one.auto_response else told


def _kind(one: Conversation) -> str:
    if one.kind is Kind.SURVEY:
        return "survey"
    if one.incoming or one.author is Author.CUSTOMER:
        return "customer"
    if one.kind in {Kind.NOTE, Kind.FORWARD} or one.private:
        return "note" if one.private else "public_note"
    return "reply"


def _age(moment: datetime, now: datetime) -> str:
    gone = max(timedelta(), now - moment)
    hours, rest = divmod(gone.seconds, 3600)
    parts = ((gone.days, "d"), (hours, "h"), (rest // 60, "m"), (rest % 60, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
