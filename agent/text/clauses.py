"""Where the parts of a sentence begin and end, and what stands before the first; pure."""

# ruff: noqa: E501  long patterns read better unbroken

import re

from agent.text.lexicon import Lexicon
from agent.text.words import pieces

CLAUSE = re.compile(
    r"[,;:()\-|](?= )|(?<= )(?:and|or|but|so|und|oder|aber|et|ou|mais|y|o|pero|sowie|which|die|qui|que)(?= )"
)
SCOPE = re.compile(
    r"[;:()|](?= )|(?<= )-(?= )|(?<= )(?:but|so|aber|sondern|mais|pero|sino)(?= )|, (?=(?:and|und|et|y|or|oder|ou|o|which|die|qui|que) )"
)
"""Where what a negation reaches ends: a list under it does not end it."""
BREAK = re.compile(r"[.!?:](?= )|\n|" + CLAUSE.pattern)
_BUT_NOT = re.compile(
    r"^(?P<head>.+?),? (?:but|aber|jedoch|mais|pero|sondern) (?P<denial>not|nicht|pas|no) (?P<tail>[^,;]+?)\W*$"
)
_VERB = re.compile(
    r" (?:is|are|was|were|can|may|will|does|do|has|have|must|ist|sind|wird|werden|kann|konnen|darf|durfen|gilt|gelten|hat|haben"
    r"|est|sont|peut|peuvent|es|son|esta|estan|puede|pueden|se)(?= )"
)


def clauses(base: str) -> list[str]:
    """Return the clauses of folded sentences, a line each."""
    return [clause for piece in pieces(base) for clause in CLAUSE.split(piece)]


def unfolded(piece: str) -> tuple[str, ...]:
    """Return a sentence that denies in half a clause as the two whole ones it stands for.

    `They are in A and B, but not in C` says that they are in A and B, and are not in C.
    """
    found = _BUT_NOT.match(piece)
    verb = _VERB.search(found["head"]) if found else None
    if found is None or verb is None:
        return (piece,)
    head, tail = found["head"], found["tail"]
    joint = f" {tail.split(maxsplit=1)[0]} "
    end = head.rfind(joint, verb.end())
    told = head[verb.end() : end] if end >= 0 else head[verb.end() :]
    return head, f"{head[: verb.end()]} {found['denial']}{told} {tail}"


def without_lead(folded: str, books: tuple[Lexicon, ...]) -> str:
    """Return a sentence without its yes, no or alas, which no page can have said."""
    for book in books:
        lead = book.patterns.get("lead")
        found = lead.match(folded) if lead else None
        if found is not None:
            return folded[found.end() :].lstrip(" ,:-!")
    return folded


def misled(lead: str, folded: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether a yes stands before a denial, or a no before a permission."""
    clause = CLAUSE.split(folded)[0]
    return any(
        (
            book.found("yes", lead)
            and book.found("weight.negation", clause)
            and not book.found("weight.free", clause)
        )
        or (
            book.found("no", lead)
            and book.found("weight.leave", folded)
            and not book.found("weight.negation", folded)
        )
        for book in books
    )
