"""What a model hands in, checked at the edge and turned into a draft; pure.

The schema is written by hand: short names and few levels, so that a small model can keep it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.model import Evidence, Outcome, Paragraph, Sentence
from tools.knowledge.article import Page

_TEXT_MOST = 1_200
_SENTENCES_MOST = 40
_FAULTS_SHOWN = 4
_FOREIGN = re.compile(
    r"<\s*/?\s*[a-zA-Z!][^>]*>|\bhttps?:|\bwww\.|\]\(|\bjavascript:|[\w.+-]+@[\w-]+\.[a-z]{2,}|```",
    re.IGNORECASE,
)
_STRICT_QUOTE_LEAST = 8
"""Characters: a shorter quote proves nothing, since it stands on nearly every page."""


class Refused(ValueError):
    """What the model handed in cannot be used; the message is told to the model."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    text: Annotated[str, Field(min_length=1, max_length=_TEXT_MOST)]
    source: Annotated[str, Field(max_length=200)] = ""
    quote: Annotated[str, Field(max_length=_TEXT_MOST)] = ""
    paragraph: Literal["same", "new", "item"] = "same"


class _Handed(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    outcome: Literal["answer", "clarify", "for_agent", "no_answer", "human"]
    language: Annotated[str, Field(max_length=16)] = ""
    summary: Annotated[str, Field(max_length=_TEXT_MOST)] = ""
    reason: Annotated[str, Field(max_length=_TEXT_MOST)] = ""
    sentences: Annotated[list[_Said], Field(max_length=_SENTENCES_MOST)] = []


SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "outcome": {
            "type": "string",
            "enum": ["answer", "clarify", "for_agent", "no_answer", "human"],
        },
        "language": {"type": "string", "description": "two letters"},
        "summary": {"type": "string", "maxLength": 200},
        "reason": {"type": "string", "maxLength": 200},
        "sentences": {
            "type": "array",
            "maxItems": 12,
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "maxLength": 400},
                    "source": {"type": "string", "description": "page id, or empty"},
                    "quote": {"type": "string", "maxLength": 400, "description": "exact words"},
                    "paragraph": {"type": "string", "enum": ["same", "new", "item"]},
                },
                "required": ["text", "source", "quote"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["outcome", "language", "summary", "reason", "sentences"],
    "additionalProperties": False,
}
"""The arguments of `submit_draft`, as a model is told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A usable answer.

    Attributes:
        unproved: how many sentences named a source whose words we could not find there.
    """

    outcome: Outcome
    language: str
    summary: str
    reason: str
    paragraphs: tuple[Paragraph, ...]
    unproved: int


def read(arguments: object, pages: Mapping[str, Page]) -> Answer:
    """Return what the model handed in, with evidence that really stands in the pages.

    Raises:
        Refused: wrong shape, nothing said, or markup, a link or an address in it.
    """
    try:
        handed = _Handed.model_validate(arguments)
    except ValidationError as error:
        raise Refused(_faults(error)) from error
    outcome = Outcome(handed.outcome)
    needs_words = outcome in (Outcome.ANSWER, Outcome.CLARIFY, Outcome.FOR_AGENT)
    if needs_words and not handed.sentences:
        raise Refused(f"The outcome {outcome.value!r} needs sentences.")
    said = handed.sentences if needs_words else []
    if any(_FOREIGN.search(one.text) for one in said):
        raise Refused("Sentences must be plain text: no links, addresses, HTML or Markdown.")
    sentences = [Sentence(one.text, _evidence(one, pages)) for one in said]
    unproved = sum(bool(o.quote) and not s.evidence for o, s in zip(said, sentences, strict=True))
    return Answer(
        outcome=outcome,
        language=handed.language[:2].lower() if handed.language[:2].isalpha() else "",
        summary=_plain(handed.summary),
        reason=_plain(handed.reason),
        paragraphs=_paragraphs(said, sentences),
        unproved=unproved,
    )


def exact(text: str, quote: str) -> str | None:
    """Return the words as they stand in the text, or None; only blanks and case may differ."""
    quote = quote.strip().strip("\"“”„«»'")
    if quote in text and len(quote) >= _STRICT_QUOTE_LEAST:
        return quote
    words = quote.split()
    if len(quote) < _STRICT_QUOTE_LEAST or not words:
        return None
    found = re.search(r"\s+".join(re.escape(word) for word in words), text, re.IGNORECASE)
    return found.group() if found else None


def _evidence(said: _Said, pages: Mapping[str, Page]) -> tuple[Evidence, ...]:
    """Return where the quote stands: the page named, or the one page that really holds it.

    Small models copy words well and ids badly; a quote that stands in a page is true evidence
    whatever the model calls that page.
    """
    if not said.quote:
        return ()
    quotable = sorted(
        (page for page in pages.values() if page.quotable),
        key=lambda page: said.source.strip("[]<> ") not in (page.id, page.id.partition(":")[2]),
    )
    for page in quotable:
        quote = exact(page.text, said.quote)
        if quote:
            return (Evidence(page.id, quote, page.digest),)
    return ()


def _paragraphs(said: list[_Said], sentences: list[Sentence]) -> tuple[Paragraph, ...]:
    grouped: list[tuple[bool, list[Sentence]]] = []
    for one, sentence in zip(said, sentences, strict=True):
        listed = one.paragraph == "item"
        if not grouped or one.paragraph == "new" or grouped[-1][0] != listed:
            grouped.append((listed, []))
        grouped[-1][1].append(sentence)
    return tuple(Paragraph(tuple(group), items=listed) for listed, group in grouped)


def _plain(text: str) -> str:
    """Return a line for the agents; one with markup or a link in it says nothing."""
    return "" if _FOREIGN.search(text) else " ".join(text.split())


def _faults(error: ValidationError) -> str:
    """Return the faults as places and rules, without what was handed in."""
    faults = [
        f"{'.'.join(str(step) for step in fault['loc']) or 'arguments'}: {fault['type']}"
        for fault in error.errors(include_input=False, include_url=False)
    ]
    return "The arguments do not fit: " + "; ".join(faults[:_FAULTS_SHOWN]) + "."
