"""A reply must not pass for a person's: what it says, and what is put under it."""

# ruff: noqa: E501  long patterns read better unbroken

import re
from collections.abc import Iterator

from agent.inspection import Inspection, note_at_most
from agent.model import Finding
from agent.text.words import fold

_PASSES = re.compile(
    r"\b(?:i am|i'm|this is|you are (?:talking|speaking|chatting) (?:to|with)|written by|as) (?:not (?:a |an )?(?:bot|machine|robot|ai|automated)|(?:a |an )?(?:real |actual |live |human )+(?:person|human|agent|being|employee|representative)|a human|human)\b"
    r"|\bich bin (?:kein (?:bot|roboter)|keine (?:maschine|ki)|ein (?:echter |richtiger )?mensch|eine echte person)\b"
    r"|\bje (?:suis|ne suis pas) (?:une? (?:vraie personne|humaine?|etre humain)|un (?:bot|robot)|une machine)\b"
    r"|\b(?:no )?soy (?:una persona(?: real| de verdad)?|un humano|un ser humano|un bot|un robot|una maquina)\b"
)


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to a reply that says a person writes it, or that would go without its disclosure.

    The disclosure itself is put on by code, in the reply's language. Where the policy has one for
    other languages only, a reply in this one would say nothing.
    """
    if _PASSES.search(fold(seen.reply)):
        yield note_at_most("disclosure", "it says or denies what the disclosure has to say")
    spoken = seen.policy.spoken(seen.draft.language)
    if seen.is_reply and seen.policy.discloses and not spoken.disclosure.strip():
        language = seen.draft.language or "an unknown language"
        yield note_at_most("disclosure", f"the policy has no disclosure for {language}")
