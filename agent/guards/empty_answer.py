"""Replies that say nothing, say it twice, or never end."""

from collections import Counter
from collections.abc import Iterator

from agent.inspection import Inspection, note_at_most, withhold
from agent.model import Finding, Outcome
from agent.text.pleasantries import is_pleasantry
from agent.text.words import fold, sentences, visible, words

_LONGEST = 6_000
_MOST_SENTENCES = 60
_MOST_CITED = 200
_FRAGMENTS = 3
"""Sentences of one word that a letter may have: a greeting, a name, a closing."""
_LEAST_VARIED = 0.2
_SAMPLE = 60


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to an empty, repetitive or endless reply."""
    if not seen.is_reply:
        return
    text = visible(seen.reply)
    if not any(char.isalnum() for char in text):
        yield withhold("empty_answer", "it holds no words")
        return
    if len(text) > _LONGEST or len(sentences(text)) > _MOST_SENTENCES or _cited(seen) > _MOST_CITED:
        yield note_at_most("empty_answer", "it is too long")
    if _in_fragments(seen):
        yield note_at_most("empty_answer", "it is in fragments")
    if _repeats(text):
        yield note_at_most("empty_answer", "it repeats itself")
    if seen.draft.outcome is Outcome.ANSWER and all(
        is_pleasantry(one, language=seen.draft.language, said=seen.said) for one in sentences(text)
    ):
        yield note_at_most("empty_answer", "it says nothing but pleasantries")


def _cited(seen: Inspection) -> int:
    return sum(len(one.evidence) for part in seen.draft.paragraphs for one in part.sentences)


def _in_fragments(seen: Inspection) -> bool:
    """Return whether most of it are sentences of a word: no rule for sentences can judge those."""
    said = [one for part in seen.draft.paragraphs if not part.items for one in part.sentences]
    short = sum(len(words(fold(one.text))) <= 1 for one in said)
    return short > _FRAGMENTS and 2 * short > len(said)


def _repeats(text: str) -> bool:
    counts = Counter(fold(one) for one in sentences(text))
    if any(many > 1 and len(one) > 20 for one, many in counts.items()):  # noqa: PLR2004
        return True
    found = words(fold(text))
    return len(found) > _SAMPLE and len(set(found)) < _LEAST_VARIED * len(found)
