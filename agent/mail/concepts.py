"""Which concepts a word stands for: by its forms, its beginning, or one slip away; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from agent.text.lexicon import lexicon

BREAK = ","
"""The token between two clauses."""
_TOKEN = re.compile(r"(?:qu|[cdjlmnst])'(?=[a-z])|[a-z0-9]+(?:'[a-z]+)*|[,;:()]")
_LONG_DRAWN = re.compile(r"([a-z])\1{2,}")
_SLIPPED = 6
"""Letters of a word that is still known with one slip of the pen."""
_CLITIC = re.compile(r"(?<=[aei]r)(?:me|nos|se)?(?:l[aeo]s?)?$")
"""What Spanish hangs on a verb: atenderme, mandarnoslo."""
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One language's words, and the concepts each stands for.

    Attributes:
        exact: by the whole word.
        begins: by how a word begins.
        lengths: of those beginnings.
        ends: how words end, by concept.
        phrases: several words that stand for a concept together, by the first of them.
        slips: long words by what is left of them when a letter is taken out.
        known: words that are no slip of another.
        bars: concepts that only forbid.
    """

    exact: Mapping[str, frozenset[str]]
    begins: Mapping[str, frozenset[str]]
    lengths: tuple[int, ...]
    ends: Mapping[str, tuple[str, ...]]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    slips: Mapping[str, tuple[str, ...]]
    known: frozenset[str]
    bars: frozenset[str]


def tokens(folded: str) -> list[str]:
    """Return the words of a folded sentence, elisions apart, and its breaks as `BREAK`."""
    found = _TOKEN.findall(_LONG_DRAWN.sub(r"\1", folded.replace("\u0153", "oe")))
    return [one if one[0].isalnum() else BREAK for one in found]


def concepts(found: list[str], code: str) -> list[frozenset[str]]:
    """Return what each token of a sentence stands for, a phrase at its last word.

    What the words of a phrase would forbid by themselves does not count within it: a consumers'
    office is no office.
    """
    book = vocabulary(code)
    meant = [_of_word(word, code) for word in found]
    said = [
        (at, at + len(phrase), concept)
        for at, word in enumerate(found)
        for phrase, concept in book.phrases.get(word, ())
        if tuple(found[at : at + len(phrase)]) == phrase
    ]
    whole = [(start, end) for start, end, concept in said if concept not in book.bars]
    for start, end in whole:
        meant[start:end] = [one - book.bars for one in meant[start:end]]
    for start, end, concept in said:
        within = any(one <= start and end <= other for one, other in whole)
        if concept not in book.bars or not within:
            meant[end - 1] |= {concept}
    return meant


def share(found: list[str], code: str) -> float:
    """Return which part of a sentence's words a language knows."""
    book = vocabulary(code)
    said = [one for one in found if one != BREAK]
    known = sum(1 for one in said if one in book.known or _of_word(one, code))
    return known / max(1, len(said))


@cache
def vocabulary(code: str) -> Vocabulary:
    """Return the compiled words of a language file's `concepts`."""
    book = lexicon(code)
    exact: dict[str, frozenset[str]] = {}
    begins: dict[str, frozenset[str]] = {}
    ends: dict[str, tuple[str, ...]] = {}
    phrases: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {}
    for concept, listed in (*book.concepts.items(), *book.bars.items()):
        for word in listed.split():
            if "_" in word:
                phrase = tuple(word.split("_"))
                phrases[phrase[0]] = (*phrases.get(phrase[0], ()), (phrase, concept))
            elif word.startswith("*"):
                ends[concept] = (*ends.get(concept, ()), word[1:])
            elif word.endswith("*"):
                begins[word[:-1]] = begins.get(word[:-1], _NONE) | {concept}
            else:
                exact[word] = exact.get(word, _NONE) | {concept}
    whole = frozenset((*exact, *begins))
    heard = whole & {word.rstrip("*") for told in book.concepts.values() for word in told.split()}
    return Vocabulary(
        exact,
        begins,
        tuple(sorted({len(one) for one in begins})),
        ends,
        phrases,
        _slips(heard),
        whole | book.light | book.courtesy | book.grateful,
        frozenset(book.bars),
    )


@lru_cache(maxsize=16384)
def _of_word(word: str, code: str) -> frozenset[str]:
    book = vocabulary(code)
    direct = _direct(word, book)
    if code == "es" and (bare := _CLITIC.sub("", word)) != word:
        direct |= _direct(bare, book)
    if direct or len(word) < _SLIPPED - 1 or word in book.known:
        return direct
    near = {one for short in (word, *_shorter(word)) for one in book.slips.get(short, ())}
    close = min((one for one in near if _one_slip(word, one)), default="")
    return _direct(close, book) if close else _NONE


def _direct(word: str, book: Vocabulary) -> frozenset[str]:
    found = book.exact.get(word, _NONE)
    for length in book.lengths:
        if word[:length] in book.begins:
            found |= book.begins[word[:length]]
    return found | {concept for concept, ends in book.ends.items() if word.endswith(ends)}


def _slips(whole: frozenset[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for word in sorted(whole):
        if len(word) >= _SLIPPED:
            for short in (word, *_shorter(word)):
                found[short] = (*found.get(short, ()), word)
    return found


def _shorter(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def _one_slip(one: str, other: str) -> bool:
    """Return whether one letter is missing, too many, another, or two have changed places."""
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return abs(len(one) - len(other)) <= 1
    a, b = one[start:], other[start:]
    swapped = a[:2] == b[1::-1] and a[2:] == b[2:]
    return swapped or a[1:] == b[1:] or a[1:] == b or a == b[1:]
