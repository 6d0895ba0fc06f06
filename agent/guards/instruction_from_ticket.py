"""Signs that the drafter obeyed the ticket or a page, or tells its own rules."""

# ruff: noqa: E501  long patterns read better unbroken

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache

from agent.inspection import Inspection, grams, note_at_most, withhold
from agent.model import Finding
from agent.text.disguises import decoded, forms
from agent.text.lexicon import lexicons
from agent.text.stems import keys
from agent.text.words import fold, fold_lines, sentences, squash, words
from tools.html import to_text

_RUN = 8
_TELLING = 30
"""Letters from which on a run of words is told from chance."""
_LEAST_SHARED = 5
_ALIKE = 0.6
_ORDERS = re.compile(
    r"(?:reply|answer|respond|say|write|output|print|repeat|include|append|insert|add|antworte\w*|schreib\w*|sag\w*|wiederhol\w*|fug\w*"
    r"|repond\w*|ecri\w*|dis|ajoute\w*|repete\w*|responde|escrib\w*|di|repit\w*|incluy\w*)"
    r"(?: \w+){0,8}? ?(?:with|exactly|only|:|word|phrase|text|mit|genau|folgende\w*|exactement|avec|exactamente|con)(?: \w+){0,4}?:? ?[\"'](.{4,200}?)[\"']"
)
_SPEAKS_OF_RULES = re.compile(
    r"system prompt|systemprompt|(?:my|these|the|previous|hidden|initial) (?:system )?instructions? (?:are|is|say|tell|were|above)|ignor\w+ (?:all |any |the |my )?(?:previous|prior|above|earlier) instructions"
    r"|developer mode|jailbr\w+|as an ai (?:language )?model|i was (?:told|instructed|configured) (?:to|not to)|meine (?:anweisungen|instruktionen) (?:sind|lauten)"
    r"|mes instructions (?:sont|disent)|mis instrucciones (?:son|dicen)|i am (?:now )?(?:dan|in developer)|\bpwned\b|\bhacked\b|prompt injection"
)
_FORGED = re.compile(
    r"[\u27e6\u27e7\u27e8\u27e9]|\[/?inst\]|<</?sys>>|<\|[a-z_]+\|>|</?(?:tool_response|tool_call|system|rules|context|assistant|policy)\b|\{\{/?[a-z_]+\}\}"
    r"|\[end [a-z]+\]|\[/?(?:system|assistant|page [a-z]+:\d+)\]|^\W{0,6}(?:system|systeme|sistema|assistant)\W{0,6}:|^\W{0,6}(?:developer note|tool result|function output|observation|human supervisor)\b.{0,24}:"
    r"|[\"']role[\"'] ?: ?[\"'](?:system|assistant)|^(?:assistant|user|human)$|^\W*\*/|^=== ?(?:rules|context|task)|^#+ (?:system|pages that may be quoted|the message to answer)",
    re.MULTILINE,
)
_UNSEEN = re.compile("[\U000e0020-\U000e007f]{8}|[\u202d\u202e]|(?:\\w[\u200b-\u200d\u2060]){6}")
_LEET = str.maketrans("013457@$", "oieastas")
_LETTERS_APART = re.compile(r"(?:\b\w ){8,}")


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to a reply that repeats an order's words, the rules, or talks about them."""
    if seen.prompt and _tells_rules(seen):
        yield withhold("instruction_from_ticket", "it repeats the rules the drafter was given")
    folded = fold(seen.told)
    if _SPEAKS_OF_RULES.search(folded) and not _SPEAKS_OF_RULES.search(fold(seen.pages)):
        yield withhold("instruction_from_ticket", "it speaks of its own instructions")
    if seen.is_reply and any(_says(order, seen) for order in _orders(seen)):
        yield withhold("instruction_from_ticket", "it says what the ticket told it to say")
    if seen.is_reply and _echoes(seen):
        yield note_at_most("instruction_from_ticket", "it repeats a run of the ticket's own words")
    if seen.is_reply and _cites_orders(seen):
        yield note_at_most("instruction_from_ticket", "a page it cites speaks to a machine")


def _tells_rules(seen: Inspection) -> bool:
    """Return whether the rules are told: in a row, run together, spaced, encoded or reworded."""
    if grams(seen.told, _RUN) & grams(seen.prompt, _RUN):
        return True
    shown = forms(seen.told)
    if any(run in form for run in _runs(seen.prompt) for form in shown):
        return True
    rules = _rules(seen.prompt)
    pages = keys(seen.pages)
    return any(
        _reworded(said - pages, rule)
        for part in _parts(seen.told)
        for said in (keys(part),)
        if len(said) >= _LEAST_SHARED
        for rule in rules
    )


def _reworded(said: frozenset[str], rule: frozenset[str]) -> bool:
    shared = len(said & rule)
    return shared >= _LEAST_SHARED and shared >= _ALIKE * min(len(said), len(rule))


@lru_cache(maxsize=8)
def _rules(prompt: str) -> tuple[frozenset[str], ...]:
    found = (keys(part) for part in _parts(prompt))
    return tuple(one for one in found if len(one) >= _LEAST_SHARED)


@lru_cache(maxsize=64)
def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for one in sentences(text) for part in re.split(r"[;:]", one))


@lru_cache(maxsize=8)
def _runs(prompt: str) -> tuple[str, ...]:
    """Return every run of words of the rules without blanks."""
    found = re.findall(r"[^\W_]+", fold(prompt))
    runs = ("".join(found[at : at + _RUN]) for at in range(len(found) - _RUN + 1))
    return tuple(run for run in runs if len(run) >= _TELLING)


def _cites_orders(seen: Inspection) -> bool:
    """Return whether a page that the reply rests on holds orders to a machine."""
    cited = {
        one.source
        for part in seen.draft.paragraphs
        for sentence in part.sentences
        for one in sentence.evidence
    }
    pages = (f"{one.title}\n{one.text}" for one in seen.draft.documents if one.id in cited)
    return any(speaks_to_a_machine(page) for page in pages)


@lru_cache(maxsize=256)
def speaks_to_a_machine(text: str) -> bool:
    """Return whether a text gives orders to an assistant, plainly or in an encoding."""
    lines = fold_lines(text)
    if _FORGED.search(lines) or _LETTERS_APART.search(lines) or _UNSEEN.search(text):
        return True
    turned = (lines, lines[::-1], codecs.decode(lines, "rot13"), lines.translate(_LEET))
    if any(one.found("order.marks", told) for one in lexicons() for told in turned):
        return True
    return any(_reads(fold(one)) for one in decoded(text))


def _reads(folded: str) -> bool:
    """Return whether decoded text is language: help pages have no need to hide any."""
    found = words(folded)
    return any(sum(word in one.stop for word in found) >= _HIDDEN_WORDS for one in lexicons())


_HIDDEN_WORDS = 2


def _orders(seen: Inspection) -> set[str]:
    shot = seen.snapshot
    texts = [seen.said, to_text(shot.ticket.description_html[:50_000])]
    texts += [to_text(one.body_html[:20_000]) for one in shot.thread.conversations[-30:]]
    texts += [one.text for one in seen.draft.documents]
    return {found for text in texts for found in _ORDERS.findall(fold(text[:50_000]))}


def _says(order: str, seen: Inspection) -> bool:
    bare = squash(order)
    quotable = squash(seen.pages.replace(order, " "))
    return len(bare) >= 4 and bare in squash(seen.reply) and quotable.count(bare) == 0  # noqa: PLR2004


def _echoes(seen: Inspection) -> bool:
    turn = seen.snapshot.turn
    said = turn.text[:20_000] if turn else ""
    return bool(grams(seen.reply, _RUN) & (grams(said, _RUN) - grams(seen.pages, _RUN)))
