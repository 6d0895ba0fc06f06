"""How well a page answers a mail, by words alone: from a mail to its questions, to 0 … 1.

A page's score is its chance against every other candidate and against "no page answers this",
from a softmax over a few measured shares, fitted once on labelled questions: 0.5 means as often
right as wrong. BM25 only picks the candidates. Pure.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from tools.knowledge.asks import OWN, Ask
from tools.knowledge.passages import Form, Passage, cells, passages
from tools.knowledge.words import Word, tails, words

_UNKNOWN = 3.0
"""Weight of a word no page uses: it may be the heart of the question, or chatter."""
_AROUND = 0.35
"""How much the rest of the mail says about which passage is meant."""
_LEAD = 0.12
"""Of the matched weight, what a page's first passage is given ahead."""
_NAMED = 0.35
"""The same for a table row whose first cell the mail names."""
_AFFIX_LEAST = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A passage with its words.

    Attributes:
        heading: of the section it stands in.
        name: of a table row's first cell, which says what the row is about; else nothing.
    """

    passage: Passage
    forms: frozenset[str]
    heading: tuple[Word, ...]
    name: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A page's words, ready to be compared."""

    title: frozenset[str]
    page: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """How telling each form is among the pages in the index.

    Attributes:
        uses: in how many pages a form occurs; absent where in none.
        pages: how many there are.
    """

    uses: Mapping[str, int]
    pages: int

    def of(self, form: str) -> float:
        """Return the inverse document frequency; 0.0 for a form no page uses."""
        uses = self.uses.get(form, 0)
        return max(0.2, math.log((max(self.pages, 40) + 1) / (uses + 0.5))) if uses else 0.0

    def known(self, word: Word) -> float:
        """Return a word's weight, or 0.0 if no page uses any of its forms."""
        stems = [self.of(form) for form in word.forms if not form.startswith("c0")]
        best = max(stems, default=0.0)
        return best or max((self.of(form) for form in word.forms), default=0.0)


@dataclass(frozen=True, slots=True)
class Fit:
    """How a page fits an ask, as shares of 0 to 1.

    Attributes:
        passage: of the ask's weight that title, heading and best passage cover.
        page: of the ask's weight that the whole page covers.
        head: of the ask's weight that the title covers.
        title: of the title's weight that the whole mail covers.
        heading: of the weight of the passage's heading that the ask covers, if it is telling.
        mass: of a telling question's weight that is matched at all.
        strange: the mail names a brand, an acronym or a code that no page uses.
        lost: weight of the heaviest word of the ask that the page lacks.
        own: the mail asks to look something up or to do something, which no page can.
    """

    passage: float
    page: float
    head: float
    title: float
    heading: float
    mass: float
    strange: float
    lost: float
    pairs: float
    own: float
    best: Passage

    @property
    def rank(self) -> float:
        """The page's chance against no page at all, as a log odds: 0.0 is even."""
        return sum(w * x for w, x in zip(_CURVE, self.shares, strict=True))

    @property
    def shares(self) -> tuple[float, ...]:
        """The numbers the curve is drawn over, a constant first."""
        return (1.0, self.passage, self.page, self.head, self.title, self.heading, self.mass,
                self.strange, self.lost, self.pairs, self.passage * self.title,
                self.own)  # fmt: skip


_CURVE = (-5.3, 1.5, 1.91, 1.36, 2.36, 0.82, 1.56, -1.6, -0.21, 0.9, 1.74, -4.0)
"""Weights for `Fit.shares`, fitted on half of the labelled questions kept beside the tests; those
of `strange` and `own` are set by hand, because such mails are common and our labels of them few."""


def read(title: str, text: str, tags: Iterable[str], languages: Iterable[str]) -> Text:
    """Return a page's words under the stems of these languages."""
    langs = tuple(languages)
    head = forms(words(f"{title}\n{' '.join(tags)}", langs))
    told = words(f"{title}\n{text}", langs)
    parts = tuple(_part(part, langs) for part in passages(text))
    return Text(head, head.union(*(part.forms for part in parts)), frozenset(_pairs(told)), parts)


def _part(part: Passage, langs: Sequence[str]) -> Part:
    own = forms(words(f"{part.heading}\n{part.text}", langs))
    name = cells(part.text)[0] if part.form is Form.ROW else ""
    return Part(part, own, words(part.heading, langs), words(name, langs))


def _pairs(found: Sequence[Word]) -> list[tuple[str, str]]:
    """Return the stems that follow each other, with one word between at most."""
    stems = [word.forms[0] for word in found]
    return [*pairwise(stems), *zip(stems, stems[2:], strict=False)]


def best_fit(
    asked: Sequence[Ask], page: Text, title: tuple[Word, ...], weights: Weights
) -> Fit | None:
    """Return how a page fits the ask it fits best, or None if they share nothing."""
    fits = [fit(ask, asked[0], page, title, weights) for ask in asked]
    return max((f for f in fits if f), key=lambda found: found.rank, default=None)


def fit(ask: Ask, mail: Ask, page: Text, title: tuple[Word, ...], weights: Weights) -> Fit | None:
    """Return how a page fits one ask of a mail, or None if they share nothing."""
    known = {word: weights.known(word) for word in dict.fromkeys(ask.words)}
    weight = {word: value or _UNKNOWN for word, value in known.items()}
    whole = sum(weight.values())
    on_page = {word: _match(word, page.page) for word in weight}
    matched = sum(weight[word] * share for word, share in on_page.items())
    if not whole or not matched or not page.parts:
        return None
    around = {word: _AROUND * weights.known(word) for word in dict.fromkeys(mail.words)}
    best = _best(around | weight, page, matched)
    inside = sum(
        value * max(_match(word, best.forms), _match(word, page.title))
        for word, value in weight.items()
    )
    asked = forms(mail.words)
    heading = sum(weights.known(word) for word in best.heading)
    strange = any(word.named and not weights.known(word) for word in mail.words)
    return Fit(
        passage=inside / whole,
        page=matched / whole,
        head=sum(value * _match(word, page.title) for word, value in weight.items()) / whole,
        title=_covered(title, asked, weights),
        heading=_covered(best.heading, forms(ask.words), weights) * min(1.0, heading / 6.0),
        mass=min(1.0, math.log1p(matched) / math.log(25.0)),
        strange=float(strange),
        lost=max((v for word, v in weight.items() if not on_page[word]), default=0.0) / 4.0,
        pairs=_together(ask, page, weight),
        own=float(bool(OWN.search(mail.text))),
        best=best.passage,
    )


def _together(ask: Ask, page: Text, weight: Mapping[Word, float]) -> float:
    stems = {word.forms[0]: value for word, value in weight.items()}
    asked = {pair: min(stems[pair[0]], stems[pair[1]]) for pair in _pairs(ask.words)}
    whole = sum(asked.values())
    return (
        sum(value for pair, value in asked.items() if pair in page.pairs) / whole if whole else 0.0
    )


def _best(weight: Mapping[Word, float], page: Text, most: float) -> Part:
    """Return the passage that covers most; the page's first one has a lead, earlier ones win.

    A table row counts if the mail names what the row is about, and then it has a lead too.
    """
    asked = forms(weight)
    values: list[float] = []
    for part in page.parts:
        named = [_match(word, asked) for word in part.name]
        if part.passage.form is Form.ROW and not any(named):
            values.append(-1.0)
            continue
        lead = (_LEAD if part.passage.order == 0 else 0.0) + _NAMED * bool(named and all(named))
        covered = sum(value * _match(word, part.forms) for word, value in weight.items())
        values.append(covered + lead * most)
    return page.parts[values.index(max(values))]


def chances(ranks: Sequence[float]) -> tuple[float, ...]:
    """Return each page's chance to be the answer, against its rivals and against no page."""
    top = max((0.0, *ranks))
    odds = [math.exp(rank - top) for rank in ranks]
    whole = math.exp(-top) + sum(odds)
    return tuple(odd / whole for odd in odds)


def _covered(title: tuple[Word, ...], asked: frozenset[str], weights: Weights) -> float:
    weight = {word: weights.known(word) for word in dict.fromkeys(title)}
    whole = sum(weight.values())
    return sum(v * _match(word, asked) for word, v in weight.items()) / whole if whole else 0.0


def _match(word: Word, there: frozenset[str]) -> float:
    """Return 1.0 for the same stem, less for a shared concept or a part of a compound."""
    share = 0.0
    for form in word.forms:
        if form in there:
            if not form.startswith("c0"):
                return 1.0
            share = 0.8
    return share or (0.6 if any(_alike(form, there) for form in word.forms) else 0.0)


def _alike(form: str, there: frozenset[str]) -> bool:
    """Whether one is the beginning or the end of the other, long enough to mean it."""
    if len(form) < _AFFIX_LEAST or form.startswith("c0"):
        return False
    return f"{form}\0" in there or any(part in there for part in _parts(form))


@lru_cache(maxsize=20_000)
def _parts(form: str) -> tuple[str, ...]:
    least = max(_AFFIX_LEAST, math.ceil(len(form) * 0.6))
    return (*(form[:end] for end in range(least, len(form))), *tails(form))


def forms(found: Iterable[Word]) -> frozenset[str]:
    """Return every form of these words, and the parts of long ones, marked as such."""
    whole = {form for word in found for form in word.forms}
    return frozenset(whole.union(*(_marked(form) for form in whole if not form.startswith("c0"))))


@lru_cache(maxsize=20_000)
def _marked(form: str) -> tuple[str, ...]:
    """Return a form's parts, marked as such; kept, so that the pages that are kept share them."""
    return tuple(f"{part}\0" for part in _parts(form))
