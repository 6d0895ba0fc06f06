"""The drafter that needs no model and no key: quotes the best passages, or hands over."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import floor

from agent.model import (
    Document,
    Draft,
    Evidence,
    Outcome,
    Paragraph,
    RunLimits,
    Sentence,
    Snapshot,
    SourceKind,
    ToolUse,
    Usage,
)
from agent.policy.terms import Policy
from tools.clock import Clock, SystemClock
from tools.errors import HelpdeskError
from tools.kit.search_articles import find, indexed
from tools.kit.tool import Desk
from tools.knowledge import lexical, passages
from tools.knowledge.article import Hit, Page
from tools.knowledge.asks import asks
from tools.knowledge.words import words

THRESHOLD = 0.78
"""Least score a page needs to be quoted; set on labelled mails so that wrong quotes stay rare."""
ALONE = 0.9
"""Least score of a page that is quoted without a person: by words, with the right page
taken away, 5 of 192 labelled questions had another quoted from `THRESHOLD` on, 1 from here."""
_TITLED = 0.5
"""Of a mail's words of weight, those that a page's title has, where a lower score may do: with the
right page taken away, no labelled question more was answered from another page by that."""
_ASKED = 2
"""Words of weight such a mail has at least: one alone is no question."""
HINT = 0.3
"""Least score of a page that is shown to the agents as a hint, where none may be quoted."""
SECOND = 0.82
"""Least score a second page needs: it must answer a question of its own."""
_SAME_PAGE = 0.25
"""Least chance a question needs to have a second passage of the same page quoted for it."""
_SENTENCES_MOST = 8
_NUMBER = re.compile(r"\d+")
_SUMMARY_MOST = 200


@dataclass(frozen=True, slots=True)
class _Frame:
    """The fixed sentences around a quotation: courtesy alone, since they rest on nothing."""

    hello: str
    thanks: str
    between: str
    after: str


_FRAMES = {
    "en": _Frame(
        "Hello,",
        "Thank you for your message.",
        "Here is the answer to your other question:",
        "Please reply to this message if you have further questions.",
    ),
    "de": _Frame(
        "Guten Tag,",
        "vielen Dank für Ihre Nachricht.",
        "Vielen Dank auch für Ihre weitere Frage.",
        "Bei weiteren Fragen antworten Sie bitte auf diese Nachricht.",
    ),
    "fr": _Frame(
        "Bonjour,",
        "Merci pour votre message.",
        "Voici la réponse à votre autre question :",
        "Bonne journée !",
    ),
    "es": _Frame(
        "Hola:",
        "Gracias por su mensaje.",
        "Gracias también por su otra pregunta.",
        "Si tiene más preguntas, responda a este mensaje.",
    ),
}


class ExtractiveDrafter:
    """Quotes help-centre pages word for word; implements `Drafter`."""

    name = "extractive"
    prompt = ""

    def __init__(
        self, *, threshold: float = THRESHOLD, second: float = SECOND, clock: Clock | None = None
    ) -> None:
        self._threshold = threshold
        self._second = second
        self._clock = clock or SystemClock()

    async def draft(
        self,
        snapshot: Snapshot,
        *,
        desk: Desk,
        policy: Policy,  # noqa: ARG002  the frames are fixed
        limits: RunLimits,
    ) -> Draft:
        """Return the best passages with their evidence, or a hint, or `NO_ANSWER` and why."""
        started, spent = self._clock.steady(), desk.helpdesk.credits
        mail = mail_of(snapshot)
        missing: tuple[str, ...] = ()
        if limits.credits < 1:
            desk.live_searches = 0
        try:
            hits = await find(desk, mail)
        except HelpdeskError:
            hits = await indexed(desk, mail)
            desk.fetched.update((hit.page.id, hit.page) for hit in hits)
            missing = ("The helpdesk's own search could not be asked.",)
        chosen = await self._choose(desk, mail, hits)
        hint = () if chosen else tuple(hit for hit in hits[:1] if hit.score >= HINT)
        seconds = self._clock.steady() - started
        cost = desk.helpdesk.credits - spent
        return Draft(
            outcome=_outcome(chosen, hint),
            language=chosen[0].page.language if chosen else desk.language,
            paragraphs=_reply(chosen) if chosen else _hinted(hint),
            reason=self._reason(chosen, hits),
            summary=_summary(mail),
            documents=tuple(document(page) for page in desk.fetched.values()),
            drafter=self.name,
            usage=Usage(credits=cost, seconds=seconds),
            tools=(
                ToolUse(
                    "search_articles",
                    ok=not missing,
                    credits=cost,
                    ms=round(seconds * 1000),
                    found=tuple(hit.page.id for hit in hits),
                ),
            ),
            missing=missing,
            doubt=_doubt(hits[0], mail, desk.language) if chosen else "",
        )

    async def _choose(self, desk: Desk, mail: str, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        """Return what to quote, in order: one passage, or two where two questions are asked."""
        if not hits or hits[0].score < self._least(hits[0]):
            return ()
        first = hits[0]
        asking = [ask for ask in asks(mail, (desk.language,))[1:] if "?" in ask.text]
        chosen = [first]
        for ask in asking if len(asking) > 1 else ():
            own = await indexed(desk, ask.text, most=1)
            if own and own[0].score >= max(self._second, own[0].needs):
                chosen.append(own[0])
            else:
                within = await desk.knowledge.rate(ask.text, [first.page], language=desk.language)
                chosen += [hit for hit in within if _fits_mail(hit, mail, desk.language)]
        quoted = _distinct(chosen, language=first.page.language)
        desk.fetched.update((hit.page.id, hit.page) for hit in quoted)
        return quoted

    def _reason(self, chosen: tuple[Hit, ...], hits: tuple[Hit, ...]) -> str:
        if chosen:
            quoted = {hit.page.id for hit in chosen}
            pages = {h.page.title: h.score for h in reversed(hits + chosen) if h.page.id in quoted}
            fits = ", ".join(f"{title!r} fits {score:.2f}" for title, score in pages.items())
            return f"Quoted word for word: {fits} (least {self._least(chosen[0]):.2f})."
        if not hits:
            return "No help-centre page shares its words with this message."
        return (
            f"No help-centre page clearly answers this. Nearest: {hits[0].page.title!r}, "
            f"fits {hits[0].score:.2f} of the {self._least(hits[0]):.2f} needed: check it first."
        )

    def _least(self, hit: Hit) -> float:
        """Return the least score to quote a page by: ours, or what its help centre needs."""
        return max(self._threshold, hit.needs)


def _doubt(hit: Hit, mail: str, language: str) -> str:
    """Return why a page is not quoted without a person, or "" where it may be."""
    if hit.score >= ALONE or _says_all_of(hit, mail, language):
        return ""
    short = floor(hit.score * 100) / 100  # rounded up it would look like enough
    return f"the page fits {short:.2f} of the {ALONE:.2f} to send it alone"


def _says_all_of(hit: Hit, mail: str, language: str) -> bool:
    """Return whether a page's title asks what the mail asks, and no word of the mail is left over.

    A short plain question scores low for being short. Every word of weight in it, and every
    number, has to stand in the title or in the passage, and half of them in the title.
    """
    langs = (hit.page.language, language)
    row = passages.row_of(hit.page.text, hit.passage)
    said = f"{hit.page.title}\n{hit.passage}\n{row.head if row else ''}"
    titled, known = (lexical.forms(words(text, langs)) for text in (hit.page.title, said))
    asked = [lexical.forms([word]) for word in words(mail, langs)]
    numbers = set(_NUMBER.findall(mail)) - set(_NUMBER.findall(said))
    in_title = sum(not one.isdisjoint(titled) for one in asked)
    return (
        len(asked) >= _ASKED
        and not numbers
        and in_title >= _TITLED * len(asked)
        and not any(one.isdisjoint(known) for one in asked)
    )


def _fits_mail(hit: Hit, mail: str, language: str) -> bool:
    """Whether a table row is about something the mail names; other passages always are."""
    if passages.row_of(hit.page.text, hit.passage) is None:
        return True
    langs = (hit.page.language, language)
    named = lexical.forms(words(passages.cells(hit.passage)[0], langs))
    return not named.isdisjoint(lexical.forms(words(mail, langs)))


def _distinct(chosen: list[Hit], *, language: str) -> tuple[Hit, ...]:
    """Return at most two passages in one language; of one page in the order they stand there."""
    kept: list[Hit] = []
    for hit in chosen:
        seen = any(hit.page.id == one.page.id and hit.passage == one.passage for one in kept)
        answers = hit.score >= _SAME_PAGE or not kept
        if not seen and answers and hit.page.language == language:
            kept.append(hit)
    kept = kept[:2]
    if len({hit.page.id for hit in kept}) == 1:
        kept.sort(key=lambda hit: hit.page.text.find(hit.passage))
    return tuple(kept)


def mail_of(snapshot: Snapshot) -> str:
    """Return what the customer wants: the subject, and the turn's words below it.

    Raises:
        ValueError: the snapshot has no turn.
    """
    if snapshot.turn is None:
        raise ValueError(f"ticket {snapshot.ticket.id!r} has no turn to answer")
    return f"{snapshot.ticket.subject}\n\n{snapshot.turn.text}"


def document(page: Page) -> Document:
    """Return a page as what a draft lists and cites."""
    kinds = {"file": SourceKind.FILE, "canned": SourceKind.CANNED}
    return Document(
        id=page.id,
        kind=kinds.get(page.id.partition(":")[0], SourceKind.ARTICLE),
        title=page.title,
        text=page.text,
        url=page.url,
        language=page.language,
        quotable=page.quotable,
        digest=page.digest,
    )


def _outcome(chosen: tuple[Hit, ...], hint: tuple[Hit, ...]) -> Outcome:
    if chosen:
        return Outcome.ANSWER
    return Outcome.FOR_AGENT if hint else Outcome.NO_ANSWER


def _hinted(hint: tuple[Hit, ...]) -> tuple[Paragraph, ...]:
    """Return what a near page says, bare: facts for the person who answers, not a reply."""
    return tuple(paragraph for hit in hint for paragraph in _quoted(hit))


def _reply(chosen: tuple[Hit, ...]) -> tuple[Paragraph, ...]:
    frame = _FRAMES.get(chosen[0].page.language, _FRAMES["en"])
    paragraphs = [_said(frame.hello), _said(frame.thanks), *_quoted(chosen[0])]
    for hit in chosen[1:]:
        if hit.page.id != chosen[0].page.id:
            paragraphs.append(_said(frame.between))
        paragraphs += _quoted(hit)
    return (*paragraphs, _said(frame.after))


def _said(text: str) -> Paragraph:
    return Paragraph((Sentence(text),))


def _quoted(hit: Hit) -> tuple[Paragraph, ...]:
    """Return the passage as paragraphs; a list keeps its lead-in, a row its column heads."""
    row = passages.row_of(hit.page.text, hit.passage)
    if row is not None:
        said = "; ".join(f"{head}: {cell}" if head else cell for head, cell in row.pairs)
        return (Paragraph((Sentence(said, _evidence(hit.page, (hit.passage, row.head))),)),)
    items = passages.items(hit.passage)
    if not items:
        return (_verbatim(hit.page, passages.sentences(hit.passage)),)
    lead = passages.lead_in(hit.passage)
    listed = _verbatim(hit.page, items, listed=True)
    return (_verbatim(hit.page, passages.sentences(lead)), listed) if lead else (listed,)


def _verbatim(page: Page, quotes: Iterable[str], *, listed: bool = False) -> Paragraph:
    said = tuple(Sentence(quote, _evidence(page, (quote,))) for quote in quotes)
    return Paragraph(said[:_SENTENCES_MOST], items=listed)


def _evidence(page: Page, quotes: Iterable[str]) -> tuple[Evidence, ...]:
    return tuple(Evidence(page.id, quote, page.digest) for quote in quotes if quote)


def _summary(mail: str) -> str:
    asked = [ask.text for ask in asks(mail, ("",))[1:] if ask.asking]
    return asked[0][:_SUMMARY_MOST] if asked else ""
