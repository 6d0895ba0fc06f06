"""Check that what a reply says stands in what it cites: no model, no opinion, a few rules."""

# ruff: noqa: RUF001  full-width marks end sentences, too

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from agent.evidence import contradicted, unquoted, weight
from agent.model import (
    Document,
    Draft,
    Evidence,
    EvidenceClass,
    Outcome,
    Sentence,
    Snapshot,
    SourceKind,
)
from agent.snapshot import is_from_customer
from agent.text import tables, values
from agent.text.language import detect
from agent.text.lexicon import lexicons_for
from agent.text.pleasantries import is_pleasantry
from agent.text.stems import stem
from agent.text.sympathy import takes_part
from agent.text.words import fold, plain, sentences, words
from tools.html import newest_words

_LEAST_QUOTE = 8
_LONGEST_NAME = 40
_NAME_WORDS = 4
_ANNOUNCED = 8
"""Words a line before a list may have."""
_END = re.compile(r"[.!?;:…。！？]['\")\]]?(?= |$)")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one sentence rests on, and what is wrong with it in words."""

    kind: EvidenceClass
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ground:
    """What may be leant on: the run's documents, and the customer's own words.

    Attributes:
        topic: those of the customer's words that the pages have as well.
        known: stems of the words that the pages have.
    """

    documents: dict[str, Document]
    customer: str
    topic: str
    known: frozenset[str]
    language: str
    outcome: Outcome
    names: frozenset[str]


def judge(snapshot: Snapshot, draft: Draft) -> tuple[Verdict, ...]:
    """Return a verdict for each sentence of the reply, in order."""
    return _judged(draft, customer_words(snapshot), _names(snapshot))


@lru_cache(maxsize=8)
def _judged(draft: Draft, said: str, names: frozenset[str]) -> tuple[Verdict, ...]:
    """Return the verdicts on a draft; a guard and the decision both ask for them."""
    words_known = _words_of(draft.documents)
    ground = _Ground(
        {one.id: one for one in draft.documents},
        said,
        _topic(said, words_known),
        frozenset(map(stem, words_known)),
        draft.language,
        draft.outcome,
        names,
    )
    return tuple(_sentence(one, ground) for part in draft.paragraphs for one in part.sentences)


def evidence_class(snapshot: Snapshot, draft: Draft) -> EvidenceClass:
    """Return what the reply as a whole rests on: the weakest of its sentences.

    Pleasantries rest on nothing and weaken nothing, but a reply of nothing else is inferred.
    """
    verdicts = judge(snapshot, draft)
    cited = any(one.evidence for part in draft.paragraphs for one in part.sentences)
    if any(one.faults or one.kind is EvidenceClass.INFERRED for one in verdicts) or not cited:
        return EvidenceClass.INFERRED
    if any(one.kind is EvidenceClass.FROM_TICKET for one in verdicts):
        return EvidenceClass.FROM_TICKET
    return EvidenceClass.DOCUMENTED


@lru_cache(maxsize=64)
def _own_words(html: tuple[str, ...]) -> str:
    return "\n".join(newest_words(one) for one in html)


def customer_words(snapshot: Snapshot) -> str:
    """Return what the customer said and filled in on this ticket, and who they are."""
    ticket, turn = snapshot.ticket, snapshot.turn
    said = tuple(
        one.body_html[:20_000]
        for one in snapshot.thread.conversations[-50:]
        if is_from_customer(one, ticket, snapshot.me) and one.author_id == ticket.requester_id
    )
    parts = [turn.text if turn else "", ticket.subject, str(ticket.id)]
    if not ticket.outbound:
        parts.append(_own_words((ticket.description_html[:20_000],)))
    parts += [_own_words(said), *(str(one.value) for one in snapshot.fields)]
    if snapshot.contact is not None:
        parts += [snapshot.contact.email or "", snapshot.contact.name]
    return "\n".join(parts)


def _words_of(documents: tuple[Document, ...]) -> frozenset[str]:
    pages = (one for one in documents if one.quotable and one.kind is not SourceKind.TICKET)
    return frozenset(word for one in pages for word in words(fold(f"{one.title} {one.text}")))


def _topic(said: str, known: frozenset[str]) -> str:
    """Return the customer's words that a page has: what may be taken up in a pleasantry."""
    return " ".join(word for word in words(fold(said)) if word in known)


def _names(snapshot: Snapshot) -> frozenset[str]:
    contact = snapshot.contact
    home = (snapshot.ticket.support_email or snapshot.me.email).rsplit("@", maxsplit=1)[-1]
    theirs = contact.name if contact and like_a_name(contact.name) else ""
    return frozenset(words(fold(f"{theirs} {snapshot.me.name} {home.replace('.', ' ')}")))


def like_a_name(name: str) -> bool:
    """Return whether a contact's name is one: anybody may write a sentence into that field."""
    short = len(name) <= _LONGEST_NAME and len(name.split()) <= _NAME_WORDS
    return short and not any(char.isdigit() for char in name)


def _sentence(sentence: Sentence, ground: _Ground) -> Verdict:
    parts = sentences(sentence.text) or ("",)
    if not sentence.evidence:
        return _worst(_unsupported(part, ground) for part in parts)
    faults = [fault for one in sentence.evidence if (fault := _quote_fault(one, ground))]
    if faults:
        return Verdict(EvidenceClass.INFERRED, tuple(dict.fromkeys(faults)))
    cited = [ground.documents[one.source] for one in sentence.evidence]
    if any(one.kind is SourceKind.TICKET for one in cited):
        return _from_ticket(sentence, ground, cited)
    pairs = zip(cited, sentence.evidence, strict=True)
    quotes = [_quote(doc, one.quote) for doc, one in pairs]
    disputed = _disputed(quotes, ground)
    if disputed:
        return Verdict(EvidenceClass.INFERRED, disputed)
    return _worst(_supported(part, quotes, ground) for part in parts)


def _quote(document: Document, quote: str) -> unquoted.Quote:
    whole = extended(document.text, quote)
    return unquoted.Quote(whole, document, tables.cells(document.text, whole))


def _disputed(quotes: list[unquoted.Quote], ground: _Ground) -> tuple[str, ...]:
    """Return which pages of this run state something else than a quote, each pair by its ids."""
    pages = (one for one in ground.documents.values() if one.kind is not SourceKind.TICKET)
    shelf = [one for one in pages if one.quotable]
    told = [
        f"{quote.page.id} and {other} state different things"
        for quote in quotes
        for other in contradicted.disputing(quote.text, quote.page, shelf)
    ]
    return tuple(dict.fromkeys(told))


def _quote_fault(evidence: Evidence, ground: _Ground) -> str | None:
    document = ground.documents.get(evidence.source)
    if document is None:
        return "it cites a source that was not read in this run"
    if evidence.digest != document.digest or _digest(document.text) != document.digest:
        return "it cites another state of its source"
    if not document.quotable:
        return "it cites a source that customers may not be told of"
    if len(evidence.quote.strip()) < _LEAST_QUOTE and fold(evidence.quote) != fold(document.text):
        return "its quote is too short to prove anything"
    if _place(document.text, evidence.quote) is None:
        return "its quote does not stand in the source"
    return None


def _from_ticket(sentence: Sentence, ground: _Ground, cited: list[Document]) -> Verdict:
    """Judge a sentence that cites the ticket: it may give the customer's words back, no more."""
    said = fold(ground.customer)
    own = all(
        fold(one.quote) in said
        for one, doc in zip(sentence.evidence, cited, strict=True)
        if doc.kind is SourceKind.TICKET
    )
    if not own:
        return Verdict(EvidenceClass.INFERRED, ("its quote is not in the customer's own words",))
    strange = [one for one in values.find(sentence.text) if not _in(one, ground.customer, cited)]
    if strange:
        return Verdict(EvidenceClass.INFERRED, _strange(strange))
    return Verdict(EvidenceClass.FROM_TICKET)


def _in(value: values.Value, said: str, cited: list[Document]) -> bool:
    pools = (said, *(one.text for one in cited))
    return any(values.holds(value, values.find(pool)) for pool in pools)


def _unsupported(part: str, ground: _Ground) -> Verdict:
    """Judge a sentence that cites nothing."""
    if is_pleasantry(part, language=ground.language, said=ground.topic, names=ground.names):
        return Verdict(EvidenceClass.DOCUMENTED)
    if takes_part(part, language=ground.language, said=ground.customer, known=ground.known):
        return Verdict(EvidenceClass.DOCUMENTED)
    pool = values.find(ground.customer)
    told = (one for one in values.find(part) if one.kind != "span")
    strange = [one for one in told if not values.holds(one, pool)]
    if not strange and ground.outcome is Outcome.CLARIFY and part.rstrip().endswith(("?", "？")):
        return Verdict(EvidenceClass.FROM_TICKET)
    if strange:
        return Verdict(EvidenceClass.INFERRED, _strange(strange))
    light = frozenset().union(*(one.light for one in lexicons_for(ground.language)))
    content = [word for word in words(fold(part)) if word not in light]
    echoed = set(words(fold(ground.customer)))
    if content and all(word in echoed for word in content):
        return Verdict(EvidenceClass.FROM_TICKET)
    if content and part.rstrip().endswith(":") and _announces(content, part, ground):
        return Verdict(EvidenceClass.DOCUMENTED)
    return Verdict(EvidenceClass.INFERRED, ("it states something and cites nothing",))


def _announces(content: list[str], part: str, ground: _Ground) -> bool:
    """Return whether a line before a list says nothing itself, in words that a page has."""
    pages = (one for one in ground.documents.values() if one.quotable)
    known = {word for one in pages for word in words(fold(one.text))}
    short = len(words(fold(part))) <= _ANNOUNCED
    return (
        short
        and len(set(content) - known) <= 1
        and not unquoted.turns(part, language=ground.language)
    )


def _supported(part: str, quotes: list[unquoted.Quote], ground: _Ground) -> Verdict:
    """Judge a sentence against its quotes, each taken with the sentence it was cut from."""
    if is_pleasantry(part, language=ground.language, said="", names=ground.names):
        return Verdict(EvidenceClass.DOCUMENTED)
    faults: list[str] = []
    told = [text for quote in quotes for text in (quote.text, *quote.cells)]
    pool = [one for text in told for one in values.pool(text)]
    ids = [
        one
        for quote in quotes
        for one in values.find(f"{quote.page.title} ; {quote.page.url or ''}")
    ]
    ids += values.find(ground.customer)
    strange = [
        one
        for one in values.find(part)
        if not values.holds(one, pool) and not (one.is_id and values.holds(one, ids))
    ]
    faults += _strange(strange)
    if _other_language(part, quotes, ground):
        faults.append("its source is in another language, so its words cannot be compared")
    else:
        faults += weight.faults(part, quotes, language=ground.language, said=ground.customer)
    if faults:
        return Verdict(EvidenceClass.INFERRED, tuple(faults))
    if unquoted.borrowed(part, quotes, language=ground.language, said=ground.customer):
        return Verdict(EvidenceClass.FROM_TICKET)
    return Verdict(EvidenceClass.DOCUMENTED)


def _other_language(part: str, quotes: list[unquoted.Quote], ground: _Ground) -> bool:
    theirs = {quote.page.language[:2].lower() or detect(quote.text) for quote in quotes}
    if ground.language and theirs == {ground.language[:2].lower()}:
        return False
    mine = detect(part) or ground.language
    verbatim = any(fold(part).strip(" .") in fold(quote.text) for quote in quotes)
    return bool(mine) and bool(theirs - {""}) and mine[:2] not in theirs and not verbatim


def _strange(found: Iterable[values.Value]) -> tuple[str, ...]:
    kinds = sorted({one.kind for one in found})
    return tuple(f"a {kind} in it is not in its quote" for kind in kinds)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    all_of = tuple(verdicts)
    faults = tuple(dict.fromkeys(fault for one in all_of for fault in one.faults))
    order = (EvidenceClass.INFERRED, EvidenceClass.FROM_TICKET, EvidenceClass.DOCUMENTED)
    return Verdict(min((one.kind for one in all_of), key=order.index), faults)


@lru_cache(maxsize=512)
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Shown:
    text: str
    ends: tuple[int, ...]


@lru_cache(maxsize=512)
def _shown(text: str) -> _Shown:
    """Return a page as one comparable line, and where its sentences and lines end."""
    lines = [line for raw in text.splitlines() if (line := plain(raw).casefold())]
    ends, at = {0}, 0
    for line in lines:
        ends.update(at + found.end() for found in _END.finditer(line))
        at += len(line) + 1
        ends.add(at - 1)
    return _Shown(" ".join(lines), tuple(sorted(ends)))


def _place(text: str, quote: str) -> tuple[int, int] | None:
    """Return where a quote stands as whole words in a page, or None."""
    page, sought = _shown(text).text, plain(quote).casefold()
    start = page.find(sought) if sought else -1
    while start >= 0:
        end = start + len(sought)
        if not _inside_word(page, start) and not _inside_word(page, end):
            return start, end
        start = page.find(sought, start + 1)
    return None


def _inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def extended(text: str, quote: str) -> str:
    """Return a quote with the rest of the sentences it was cut from."""
    place, shown = _place(text, quote), _shown(text)
    if place is None:
        return quote
    before = shown.ends[max(0, bisect_right(shown.ends, place[0]) - 1)]
    where = bisect_left(shown.ends, place[1])
    after = shown.ends[where] if where < len(shown.ends) else len(shown.text)
    return shown.text[before:after].strip()
