"""What customers asked that no page answers, grouped by what it is about; pure.

A topic is named by the words its questions share. Their sentences stay where they are: whoever may
read a ticket finds it by its number.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tools.knowledge.words import Word, guess_language, words

ALIKE = 0.2
"""Cosine of two questions' telling words from which on they are of one topic."""
_LABEL_MOST = 4
_FEW = 40
"""Among fewer questions a word that several share would seem to tell nothing."""
_TICKETS_MOST = 50


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One question that was handed over.

    Attributes:
        text: the sentence that asks.
        at: unix seconds, UTC.
    """

    ticket: str
    text: str
    language: str
    at: float


@dataclass(frozen=True, slots=True)
class Topic:
    """Questions about one thing.

    Attributes:
        label: words that they share, or of a single one its most telling.
        count: of questions; a ticket may ask twice.
        last: unix seconds, UTC.
        example: the newest question, to search the pages with; it is not shown.
    """

    label: tuple[str, ...]
    count: int
    tickets: tuple[str, ...]
    last: float
    example: Unanswered


Alike = Callable[[int, int], bool]


def grouped(asked: Sequence[Unanswered], alike: Alike | None = None) -> tuple[Topic, ...]:
    """Return the topics, the most asked first.

    Args:
        asked: the questions.
        alike: whether two of them, by position, are of one topic by meaning; by words they may be
            besides.
    """
    read = [_words(one) for one in asked]
    uses = Counter(form for found in read for form in {f for w in found for f in w.forms})
    bags = [_bag(found, uses, len(asked)) for found in read]
    order = sorted(range(len(asked)), key=lambda at: -asked[at].at)
    groups: list[list[int]] = []
    for at in order:
        scored = [(_cosine(bags[group[0]], bags[at]), group) for group in groups]
        near = [(score, group) for score, group in scored
                if score >= ALIKE or (alike is not None and alike(group[0], at))]  # fmt: skip
        if near:
            max(near, key=lambda one: one[0])[1].append(at)
        else:
            groups.append([at])
    topics = [_topic(group, asked, read, uses) for group in groups]
    return tuple(sorted(topics, key=lambda one: (-one.count, -one.last)))


def _words(one: Unanswered) -> tuple[Word, ...]:
    return words(one.text, (one.language or guess_language(one.text) or "en",))


def _bag(found: Iterable[Word], uses: Counter[str], many: int) -> dict[str, float]:
    """Return a question's forms with their weights, of length one."""
    least = max(many, _FEW)
    told = {form: math.log(1.0 + least / uses[form]) for word in found for form in word.forms}
    length = math.sqrt(sum(weight * weight for weight in told.values())) or 1.0
    return {form: weight / length for form, weight in told.items()}


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(weight * other[form] for form, weight in one.items() if form in other)


def _topic(
    group: Sequence[int],
    asked: Sequence[Unanswered],
    read: Sequence[Sequence[Word]],
    uses: Counter[str],
) -> Topic:
    shared = Counter(folded for at in group for folded in {word.folded for word in read[at]})
    rare = {word.folded: uses[word.forms[0]] for at in group for word in read[at]}
    ranked = sorted(shared, key=lambda word: (-shared[word], rare[word], word))
    if len(group) > 1:  # a name or a number that one customer wrote names no topic
        ranked = [word for word in ranked if shared[word] > 1] or ranked
    tickets = tuple(dict.fromkeys(asked[at].ticket for at in group))
    newest = asked[group[0]]
    label = tuple(ranked[:_LABEL_MOST])
    return Topic(label, len(group), tickets[:_TICKETS_MOST], newest.at, newest)
