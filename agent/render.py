"""The HTML we post, built from data with a few plain tags; the model's text is only ever text."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from agent.evidence.check import judge
from agent.guards.foreign_link import listed
from agent.guards.other_customer import addresses
from agent.model import (
    Decision,
    Disposition,
    Document,
    Draft,
    EvidenceClass,
    Finding,
    Outcome,
    Paragraph,
    Result,
    Snapshot,
    SourceKind,
    Usage,
)
from agent.policy.terms import Policy
from agent.text.links import allowed, find, url_host
from agent.text.words import visible

_QUOTE = 240
_MOST_SOURCES = 8
_MOST_TEXT = 8_000
_CLASSES = {
    EvidenceClass.DOCUMENTED: "documented: every statement stands in a help-centre page",
    EvidenceClass.FROM_TICKET: "from the ticket: partly the customer's own words",
    EvidenceClass.INFERRED: "inferred: something in it rests on nothing we can show",
}
_TITLES = {
    Outcome.ANSWER: "Proposed reply",
    Outcome.CLARIFY: "Proposed question to the customer",
    Outcome.FOR_AGENT: "For the agent",
    Outcome.NO_ANSWER: "No answer found",
    Outcome.HUMAN: "A person is needed",
    Outcome.TRIAGE: "Set on the ticket",
}
_SOURCES = {
    "de": "Mehr dazu",
    "fr": "En savoir plus",
    "es": "Más información",
    "it": "Maggiori informazioni",
}


def body(so_far: Result, disposition: Disposition, policy: Policy, *, run: str) -> str:
    """Return the HTML to post for a disposition.

    Args:
        so_far: the run's result with its draft and decision.
        disposition: what is posted; the look before the write may have made it more cautious.
        policy: the account's.
        run: the run's reference, for the receipt.

    Raises:
        ValueError: there is nothing to render, or nothing is to be posted.
    """
    draft, decision, snapshot = so_far.draft, so_far.decision, so_far.snapshot
    if draft is None or decision is None or snapshot is None:
        raise ValueError("a body needs a snapshot, a draft and a decision")
    match disposition:
        case Disposition.PUBLIC_REPLY:
            return reply(draft, policy, snapshot=snapshot)
        case Disposition.PRIVATE_NOTE:
            return note(snapshot, draft, decision, policy, run=run, usage=so_far.usage)
        case Disposition.HANDOFF:
            return handoff(snapshot, draft, decision, policy, run=run, usage=so_far.usage)
        case Disposition.TRIAGE | Disposition.SKIP:
            raise ValueError(f"a {disposition.name.lower()} posts nothing")


def reply(draft: Draft, policy: Policy, *, snapshot: Snapshot | None = None) -> str:
    """Return the reply for the customer: paragraphs, sources, signature, disclosure."""
    policy = policy.spoken(draft.language)
    shown = Shown(listed(policy), addresses(snapshot, draft, policy))
    parts = [_paragraph(one, shown) for one in draft.paragraphs]
    links = [_link(one, shown) for one in _cited(draft) if _may_link(one, shown)]
    if links:
        title = _SOURCES.get(draft.language[:2], "Read more")
        parts.append(f"<p>{title}:</p><ul>{''.join(f'<li>{link}</li>' for link in links)}</ul>")
    parts += [_lines(policy.signature), _small(policy.disclosure)]
    return "".join(part for part in parts if part)


def note(
    snapshot: Snapshot,
    draft: Draft,
    decision: Decision,
    policy: Policy,
    *,
    run: str,
    usage: Usage | None = None,
) -> str:
    """Return the private note: the proposed reply, then what it rests on and what it cost."""
    shown = _shown(snapshot, draft, policy)
    paragraphs = "".join(_paragraph(one, shown) for one in draft.paragraphs)
    title = _TITLES[draft.outcome]
    parts = [
        f"<h4>{title}</h4>",
        f"<blockquote>{paragraphs or '<p>(no words)</p>'}</blockquote>",
        _why(decision, "Why this was not sent"),
        _sources(draft, shown),
        "<hr>",
        _receipt(snapshot, draft, decision, policy, run=run, usage=usage or draft.usage),
    ]
    return "".join(part for part in parts if part)


def handoff(
    snapshot: Snapshot,
    draft: Draft,
    decision: Decision,
    policy: Policy,
    *,
    run: str,
    usage: Usage | None = None,
) -> str:
    """Return the note that asks a person to take over: reason, summary, routing.

    Where a guard withheld the drafter's words, none of them are shown, its summary included.
    """
    shown = _shown(snapshot, draft, policy)
    withheld = _withheld(decision.findings)
    parts = [f"<h4>{'Draft withheld' if withheld else _TITLES[_handoff_title(draft)]}</h4>"]
    if withheld:
        parts.append("<p>The drafter's words are not shown, because they failed a check.</p>")
    else:
        parts += [
            _named("Why", draft.reason, shown),
            _named("What it is about", draft.summary, shown),
        ]
        parts += [_paragraph(one, shown) for one in draft.paragraphs]
    parts.append(_why(decision, "Objections") if decision.findings else "")
    parts.append(_named("Where it is", _routing(snapshot), shown))
    if not withheld:
        parts.append(_sources(draft, shown))
    parts.append("<hr>")
    parts.append(_receipt(snapshot, draft, decision, policy, run=run, usage=usage or draft.usage))
    return "".join(part for part in parts if part)


def held(reason: str, *, run: str) -> str:
    """Return the note about a public reply of which nobody knows whether the customer has it."""
    return "".join(
        (
            "<h4>Please look: a reply to the customer may be missing</h4>",
            f"<p>{escape(reason[:1].upper() + reason[1:])}. It was not sent again, so that the ",
            "customer does not read it twice.</p>",
            "<p>If no reply of ours stands above, answer by hand, or have this one sent with ",
            f"<code>deskhand approve {escape(run)}</code>.</p><hr><p><b>Run:</b> {escape(run)}</p>",
        )
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a text may point: hosts, and e-mail addresses in lower case."""

    hosts: tuple[str, ...]
    mails: frozenset[str]

    def points_away(self, text: str) -> bool:
        """Return whether a text names a host or an address that is not listed."""
        return any(
            one.text.strip(".") not in self.mails if one.mail else not allowed(one.host, self.hosts)
            for one in find(text)
        )


def inert(text: str, shown: Shown) -> str:
    """Return text escaped, without invisible characters, and with links off the list removed."""
    seen = visible(text)[:_MOST_TEXT]
    if shown.points_away(seen):
        seen = " ".join(
            "[link removed]" if shown.points_away(word) else word for word in seen.split(" ")
        )
        if shown.points_away(seen):
            seen = "[text with a link that is not on the list]"
    return escape(seen, quote=True)


def _handoff_title(draft: Draft) -> Outcome:
    return Outcome.HUMAN if draft.proposes else draft.outcome


def _withheld(findings: Iterable[Finding]) -> bool:
    return any(one.most >= Disposition.HANDOFF for one in findings)


def _shown(snapshot: Snapshot, draft: Draft, policy: Policy) -> Shown:
    hosts = listed(policy, *(one.url for one in draft.documents if one.quotable))
    return Shown(hosts, addresses(snapshot, draft, policy))


def _paragraph(paragraph: Paragraph, shown: Shown) -> str:
    texts = [one.text for one in paragraph.sentences if one.text]
    if not texts:
        return ""
    if paragraph.items:
        return f"<ul>{''.join(f'<li>{_broken(one, shown)}</li>' for one in texts)}</ul>"
    return f"<p>{_broken(' '.join(texts), shown)}</p>"  # whole: an address may span sentences


def _broken(text: str, shown: Shown) -> str:
    return inert(text, shown).replace("\n", "<br>")


def _lines(text: str) -> str:
    return f"<p>{escape(visible(text)).replace(chr(10), '<br>')}</p>" if text.strip() else ""


def _small(text: str) -> str:
    return f"<p><i>{escape(visible(text))}</i></p>" if text.strip() else ""


def _named(name: str, text: str, shown: Shown) -> str:
    return f"<p><b>{name}:</b> {inert(text, shown)}</p>" if text.strip() else ""


def _cited(draft: Draft) -> list[Document]:
    sources = [
        one.source
        for part in draft.paragraphs
        for sentence in part.sentences
        for one in sentence.evidence
    ]
    known = {one.id: one for one in draft.documents}
    return [known[source] for source in dict.fromkeys(sources) if source in known][:_MOST_SOURCES]


def _may_link(document: Document, shown: Shown) -> bool:
    url = document.url or ""
    safe = url.startswith(("https://", "http://")) and document.kind is not SourceKind.TICKET
    return safe and document.quotable and allowed(url_host(url), shown.hosts)


def _link(document: Document, shown: Shown) -> str:
    if not _may_link(document, shown):
        return inert(document.title, shown)
    return f'<a href="{escape(document.url or "", quote=True)}">{inert(document.title, shown)}</a>'


def _sources(draft: Draft, shown: Shown) -> str:
    items = [
        f"<li>{_link(one, shown)}<br><i>“{inert(_quote(draft, one), shown)}”</i></li>"
        for one in _cited(draft)
    ]
    return f"<p><b>Sources</b></p><ul>{''.join(items)}</ul>" if items else ""


def _quote(draft: Draft, document: Document) -> str:
    quotes = [
        one.quote
        for part in draft.paragraphs
        for sentence in part.sentences
        for one in sentence.evidence
        if one.source == document.id
    ]
    text = " … ".join(dict.fromkeys(quotes))
    return text if len(text) <= _QUOTE else text[:_QUOTE].rsplit(" ", maxsplit=1)[0] + " …"


def _why(decision: Decision, title: str) -> str:
    reasons = [f"{one.guard}: {one.reason}" for one in decision.findings] or list(decision.reasons)
    items = "".join(f"<li>{escape(one)}</li>" for one in reasons[:12])
    return f"<p><b>{title}</b></p><ul>{items}</ul>" if items else ""


def _routing(snapshot: Snapshot) -> str:
    ticket = snapshot.ticket
    parts = (
        f"group {snapshot.group}" if snapshot.group else "no group",
        f"status {ticket.status}",
        f"type {ticket.type}" if ticket.type else "",
        f"language {snapshot.turn.language}" if snapshot.turn and snapshot.turn.language else "",
    )
    return ", ".join(part for part in parts if part)


def _receipt(
    snapshot: Snapshot,
    draft: Draft,
    decision: Decision,
    policy: Policy,
    *,
    run: str,
    usage: Usage,
) -> str:
    shown = _shown(snapshot, draft, policy)
    missing = (*snapshot.missing, *draft.missing)
    rows = [
        ("Evidence", _evidence(snapshot, draft, decision)),
        ("Fields read", ", ".join(one.label for one in snapshot.fields)),
        ("Missing or cut", "; ".join(missing) or "nothing"),
        ("Drafted by", _drafter(draft, policy)),
        ("Used", _used(usage)),
        ("Run", run),
    ]
    told = (f"<b>{name}:</b> {inert(text, shown)}" for name, text in rows if text)
    return f"<p>{'<br>'.join(told)}</p>"


def _evidence(snapshot: Snapshot, draft: Draft, decision: Decision) -> str:
    if not draft.proposes:
        return ""
    verdicts = judge(snapshot, draft)
    weak = sum(1 for one in verdicts if one.kind is not EvidenceClass.DOCUMENTED)
    tail = f" ({weak} of {len(verdicts)} sentences)" if weak else ""
    return _CLASSES[decision.evidence] + tail


def _drafter(draft: Draft, policy: Policy) -> str:
    prompt = f", prompt {draft.prompt}" if draft.prompt else ""
    return f"{draft.drafter or 'unknown'}{prompt}, policy {policy.version}"


def _cost(usage: Usage) -> str:
    if not usage.model_calls:
        return "no model asked"
    known = usage.cost is not None
    return f"cost {usage.cost:.4f} {usage.currency}".rstrip() if known else "no price known"


def _used(usage: Usage) -> str:
    parts = [f"{usage.credits} credits", f"{usage.input_tokens + usage.output_tokens} tokens"]
    parts.append(_cost(usage))
    parts.append(f"{usage.seconds:.1f} s")
    return ", ".join(parts)
