"""Signs that the drafter obeyed the ticket, or tells its own rules."""

# ruff: noqa: E501  long patterns read better unbroken

import re
from collections.abc import Iterator

from agent.inspection import Inspection, grams, note_at_most, withhold
from agent.model import Finding
from agent.words import fold, squash
from tools.html import to_text

_RUN = 8
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


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to a reply that repeats an order's words, the rules, or talks about them."""
    if seen.prompt and grams(seen.told, _RUN) & (
        grams(seen.prompt, _RUN) - grams(seen.pages, _RUN)
    ):
        yield withhold("instruction_from_ticket", "it repeats the rules the drafter was given")
    folded = fold(seen.told)
    if _SPEAKS_OF_RULES.search(folded) and not _SPEAKS_OF_RULES.search(fold(seen.pages)):
        yield withhold("instruction_from_ticket", "it speaks of its own instructions")
    if seen.is_reply and any(_says(order, seen) for order in _orders(seen)):
        yield withhold("instruction_from_ticket", "it says what the ticket told it to say")
    if seen.is_reply and _echoes(seen):
        yield note_at_most("instruction_from_ticket", "it repeats a run of the ticket's own words")


def _orders(seen: Inspection) -> set[str]:
    shot = seen.snapshot
    texts = [seen.said, to_text(shot.ticket.description_html[:50_000])]
    texts += [to_text(one.body_html[:20_000]) for one in shot.thread.conversations[-30:]]
    texts += [one.text for one in seen.draft.documents]
    return {found for text in texts for found in _ORDERS.findall(fold(text[:50_000]))}


def _says(order: str, seen: Inspection) -> bool:
    words = squash(order)
    quotable = squash(seen.pages.replace(order, " "))
    return len(words) >= 4 and words in squash(seen.reply) and quotable.count(words) == 0  # noqa: PLR2004


def _echoes(seen: Inspection) -> bool:
    turn = seen.snapshot.turn
    said = turn.text[:20_000] if turn else ""
    return bool(grams(seen.reply, _RUN) & (grams(said, _RUN) - grams(seen.pages, _RUN)))
