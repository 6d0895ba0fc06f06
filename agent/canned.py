"""Canned responses: what people wrote beforehand, filled in by us and said word for word; pure."""

# ruff: noqa: RUF001  dashes of all sorts stand before the items of a list

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from agent.evidence.check import like_a_name
from agent.model import Document, Draft, Evidence, Paragraph, Sentence, Snapshot, SourceKind
from agent.policy.terms import Policy
from agent.text.language import detect
from agent.text.links import find
from agent.text.words import fold, plain, sentences
from tools.fields import Privacy, privacy_of
from tools.knowledge.article import CANNED, Page

_POLICY = "policy-"
_PROMISE = f"{CANNED}{_POLICY}"
_LONGEST = 60
"""Characters of a value that is filled in: a name or a choice, never a message."""
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_BULLET = re.compile(r"^(?:[-•*–]|\d{1,2}[.)])\s+")


def page(
    number: str, title: str, text: str, *, snapshot: Snapshot, policy: Policy, language: str = ""
) -> Page | None:
    """Return a canned response as a page of this run, filled in; None where that cannot be done.

    Args:
        number: the helpdesk's id of it.
        title: its name, for the agents.
        text: plain text with the helpdesk's placeholders.
        snapshot: of the ticket it is for.
        policy: says which custom fields a customer may read.
        language: two-letter code; told from the text where it is not given.
    """
    said = fill(text, snapshot, policy)
    if said is None:
        return None
    digest = hashlib.sha256(said.encode()).hexdigest()
    spoken = language or detect(said)
    return Page(f"{CANNED}{number}", title, said, None, spoken, quotable=True, digest=digest)


def promises(policy: Policy, *, snapshot: Snapshot) -> Iterator[Page]:
    """Yield the promises a policy allows, as pages that a reply may quote."""
    for place, one in enumerate(policy.commitments, start=1):
        for at, sentence in enumerate(one.says, start=1):
            number = f"{_POLICY}{place}-{at}"
            title = "A promise that may be made, in these words"
            made = page(number, title, sentence, snapshot=snapshot, policy=policy)
            if made is not None:
                yield made


def may_go_alone(policy: Policy, page_id: str, title: str) -> bool:
    """Return whether the policy says that a canned response holds whatever the ticket is.

    Its own promises do: what they promise is done in the same run.
    """
    named = {fold(one) for one in policy.canned}
    return page_id.startswith(_PROMISE) or "*" in policy.canned or fold(title) in named


def fill(text: str, snapshot: Snapshot, policy: Policy) -> str | None:
    """Return a text with its placeholders filled, or None where one is not ours to fill.

    Ids, choices of the account and the requester's name are; a customer's own text is not, nor
    is anything in these fields that is no plain short word: the field may be the attacker's.
    """
    known = _values(snapshot, policy)
    found = {name: known.get(name.lower()) for name in _PLACEHOLDER.findall(text)}
    if not all(value and _harmless(value) for value in found.values()):
        return None
    filled = _PLACEHOLDER.sub(lambda match: found[match.group(1)] or "", text)
    return None if "{{" in filled or "{%" in filled else filled


def locked(draft: Draft) -> Draft:
    """Return a draft that rests on canned responses alone as those responses, whole.

    Which of them fits is the drafter's choice; what they say is not. Other drafts stay as they
    are, and the guard keeps them from the customer.
    """
    cited = [
        one.source
        for paragraph in draft.paragraphs
        for sentence in paragraph.sentences
        for one in sentence.evidence
    ]
    known = {one.id: one for one in draft.documents}
    documents = [known[source] for source in dict.fromkeys(cited) if source in known]
    if not draft.proposes or not documents or any(not _is_canned(one) for one in documents):
        return draft
    said = tuple(paragraph for one in documents for paragraph in _paragraphs(one))
    return replace(draft, paragraphs=said)


def verbatim(draft: Draft) -> bool:
    """Return whether a reply is nothing but whole canned responses of this run, word for word."""
    said = _flat(draft.text)
    whole = {_flat(one.text) for one in draft.documents if _is_canned(one)} - {""}
    ends = {0}
    for start in range(len(said)):
        if start in ends:
            ends |= {
                start + len(one) + 1
                for one in whole
                if said.startswith(one, start) and said[start + len(one) :][:1] in {"", " "}
            }
    return bool(said) and len(said) + 1 in ends


def _is_canned(document: Document) -> bool:
    return document.kind is SourceKind.CANNED and document.quotable


def _flat(text: str) -> str:
    lines = (_BULLET.sub("", plain(line)) for line in text.splitlines())
    return " ".join(line for line in lines if line)


def _paragraphs(document: Document) -> Iterator[Paragraph]:
    """Yield a canned response's own paragraphs; each line rests on itself."""
    for block in re.split(r"\n\s*\n", document.text):
        lines = [line for raw in block.splitlines() if (line := plain(raw))]
        if not lines:
            continue
        items = all(_BULLET.match(line) for line in lines)
        said: list[Sentence] = []
        for line in lines:
            evidence = (Evidence(document.id, line, document.digest),)
            parts = (_BULLET.sub("", line),) if items else sentences(line)
            said += [Sentence(part, evidence) for part in parts]
        yield Paragraph(tuple(said), items=items)


def _values(snapshot: Snapshot, policy: Policy) -> Mapping[str, str]:
    ticket, contact = snapshot.ticket, snapshot.contact
    # somebody else may have written the name, and a whole message into it
    name = plain(contact.name) if contact and like_a_name(contact.name) else ""
    first, _, last = name.partition(" ")
    known = {
        "ticket.id": ticket.id,
        "ticket.agent.name": snapshot.me.name,
        "ticket.status": ticket.status,
        "ticket.ticket_type": ticket.type or "",
        "ticket.requester.name": name,
        "ticket.requester.firstname": first,
        "ticket.requester.lastname": last,
    }
    for one in snapshot.fields:
        # a choice that its field has no longer says something that nobody stands for
        if one.listed and privacy_of(one.name, one.label, policy.fields) is Privacy.PUBLIC:
            known[f"ticket.{one.name}".lower()] = str(one.value)
    return known


def _harmless(value: str) -> bool:
    """Return whether a value is a short plain word or two, and points nowhere."""
    plainly = plain(value) == value.strip() and len(value) <= _LONGEST
    return plainly and not find(value) and not set("{}<>[]\n") & set(value)
