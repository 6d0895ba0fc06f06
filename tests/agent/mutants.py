"""Good replies made false: in a sentence's text, in its quote, or in what it cites."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from agent.model import Document, Draft, Evidence, Paragraph, Sentence, SourceKind
from tests.agent.mutators import CHANGES, Change
from tests.agent.mutators_free import FREE
from tests.agent.replies import Reply

_QUOTES = re.compile(r"(?<=[.!?])\s+|\n")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A reply made false.

    Attributes:
        kind: the class of mutation.
        what: the false sentence, or what was done to the evidence.
    """

    kind: str
    reply: Reply
    draft: Draft
    what: str


def mutants(reply: Reply, kind: str, *, most: int = 4, seed: int = 0) -> list[Mutant]:
    """Return up to `most` mutants of one class, no two alike, the same ones each time."""
    pick = Random(f"{seed} {kind} {reply.file} {reply.name}")  # noqa: S311  the same each time
    made = {one.what: one for one in (KINDS | CLAIMS)[kind](reply, pick)}
    found = [made[what] for what in sorted(made)]
    pick.shuffle(found)
    return found[:most]


def _by_text(kind: str, change: Change) -> "Kind":
    def made(reply: Reply, pick: Random) -> Iterator[Mutant]:
        for place, sentence in _grounded(reply):
            for text in change(sentence.text, reply, pick):
                if text != sentence.text:
                    changed = replace(sentence, text=text)
                    yield Mutant(kind, reply, _with(reply.draft, place, changed), text)

    return made


def _altered_quote(reply: Reply, pick: Random) -> Iterator[Mutant]:
    """Yield a false sentence whose quote says the same false thing."""
    for place, sentence in _grounded(reply):
        for change in (CHANGES["digit"], CHANGES["negation"]):
            for text in change(sentence.text, reply, pick):
                wrong = (replace(sentence.evidence[0], quote=text), *sentence.evidence[1:])
                changed = Sentence(text, wrong)
                yield Mutant("altered quote", reply, _with(reply.draft, place, changed), text)


def _quote_of(page: Document, pick: Random) -> str:
    lines = [one.strip() for one in _QUOTES.split(page.text) if len(one.split()) > 3]
    return pick.choice(lines)


def _swapped(reply: Reply, pick: Random) -> Iterator[Mutant]:
    """Yield a sentence that cites another page, the ticket, or a page for agents only."""
    beside = reply.draft.documents[1:]
    for place, sentence in _grounded(reply):
        for page in beside:
            quote = _quote_of(page, pick)
            yield _cites("swapped source", reply, place, Evidence(page.id, quote, page.digest))
        other = pick.choice(beside)
        same = sentence.evidence[0].quote
        yield _cites("swapped source", reply, place, Evidence(other.id, same, other.digest))
        for name in ("ticket", "inside"):
            text = f"{sentence.text}\n{same}"
            made = replace(
                reply.draft.documents[0],
                id=f"{name}:42",
                kind=SourceKind.TICKET if name == "ticket" else SourceKind.ARTICLE,
                text=text,
                quotable=name == "ticket",
                digest=hashlib.sha256(text.encode()).hexdigest(),
            )
            yield _cites("swapped source", reply, place, Evidence(made.id, same, made.digest), made)


def _other_run(reply: Reply, pick: Random) -> Iterator[Mutant]:
    """Yield evidence that this run never fetched: gone, older, or of another ticket's run."""
    cited = reply.draft.documents[0]
    for place, sentence in _grounded(reply):
        quote = sentence.evidence[0].quote
        older = hashlib.sha256(f"{cited.text} ".encode()).hexdigest()
        yield _cites("evidence of another run", reply, place, Evidence(cited.id, quote, older))
        yield _cites(
            "evidence of another run", reply, place, Evidence(f"{cited.id}-2", quote, cited.digest)
        )
        far = pick.choice([one for one in reply.shelf if one not in reply.draft.documents])
        yield _cites(
            "evidence of another run",
            reply,
            place,
            Evidence(far.id, _quote_of(far, pick), far.digest),
        )
        bare = replace(reply.draft, documents=reply.draft.documents[1:])
        gone = replace(reply, draft=bare)
        yield replace(
            _cites("evidence of another run", gone, place, sentence.evidence[0]), reply=reply
        )


def _cites(
    kind: str, reply: Reply, place: tuple[int, int], one: Evidence, *more: Document
) -> Mutant:
    paragraph, sentence = place
    said = reply.draft.paragraphs[paragraph].sentences[sentence]
    changed = _with(reply.draft, place, Sentence(said.text, (one,)))
    changed = replace(changed, documents=(*changed.documents, *more))
    what = f"{said.text} <- {one.source} {one.digest[:6]} {one.quote}"
    return Mutant(kind, reply, changed, what)


def _grounded(reply: Reply) -> Iterator[tuple[tuple[int, int], Sentence]]:
    for at, paragraph in enumerate(reply.draft.paragraphs):
        for place, sentence in enumerate(paragraph.sentences):
            if sentence.evidence:
                yield (at, place), sentence


def _with(draft: Draft, place: tuple[int, int], sentence: Sentence) -> Draft:
    paragraphs = list(draft.paragraphs)
    sentences = list(paragraphs[place[0]].sentences)
    sentences[place[1]] = sentence
    paragraphs[place[0]] = Paragraph(tuple(sentences), paragraphs[place[0]].items)
    return replace(draft, paragraphs=tuple(paragraphs))


Kind = Callable[[Reply, Random], Iterator[Mutant]]
KINDS: dict[str, Kind] = {
    **{kind: _by_text(kind, change) for kind, change in CHANGES.items()},
    "swapped source": _swapped,
    "evidence of another run": _other_run,
    "altered quote": _altered_quote,
}
CLAIMS: dict[str, Kind] = {kind: _by_text(kind, change) for kind, change in FREE.items()}
"""Whole claims, things and people in ordinary words, and what was left out or widened."""
