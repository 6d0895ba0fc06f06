"""Tell mail that only thanks, or only says that all is well, from mail that wants something; pure.

Every word must be one of gratitude: a word we do not know may be a wish, so it is answered.
"""

# ruff: noqa: E501  long patterns read better unbroken

import re

from agent.text.lexicon import Lexicon, lexicons
from agent.text.words import fold, visible

_MOST = 400
"""Characters; whoever writes more says more."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")
_GREETED = re.compile(
    r"^\W*(?:hi|hello|hey|dear|hallo|liebe[rs]?|guten (?:tag|morgen|abend)|sehr geehrte[rs]?|bonjour|bonsoir|salut"
    r"|chere?|hola|buen[oa]s(?: (?:dias|tardes|noches))?|estimad[oa]|ciao|buongiorno|gentile|beste|ola|caro|cara|bom dia)"
    r"(?: [^\W\d_]+){0,3}\s*[,!:\n]"
)
_CALLED = re.compile(
    r"\b(?i:thanks|thank you|thx|cheers|danke|dankesch\u00f6n|merci|gracias|grazie|bedankt|dank je|dank u|obrigad[oa]),?"
    r" (?!\w+ (?:und|and|et|y|e|en)\b)[A-Z\u00c0-\u00de][^\W\d_]{2,14}(?=\s*(?:[.!,]|$))",
    re.MULTILINE,
)
_SIGNED = re.compile(
    r"\n\s*[-\u2013]?\s*[A-Z\u00c0-\u00de][\w.'-]*(?: [A-Z\u00c0-\u00de][\w.'-]*){0,2}\s*$"
)


def is_thanks(text: str, *, names: frozenset[str] = frozenset(), asked: bool = False) -> bool:
    """Return whether a message only thanks or says that it works.

    Args:
        text: plain words of the customer.
        names: folded words that are people's names here.
        asked: the helpdesk's last word was a question, so that a bare thank-you may be a yes.
    """
    shown = visible(text).strip()
    if not shown or len(shown) > _MOST or any(sign in shown for sign in "?\u00bf\uff1f@"):
        return False
    bare = _SIGNED.sub("", _CALLED.sub(lambda found: found.group(0).split()[0], shown))
    folded = fold(_GREETED.sub(" ", _folded_lines(bare)))
    found = [word for word in _WORD.findall(folded) if word not in names]
    return any(_only_thanks(folded, found, one, asked=asked) for one in lexicons())


def _only_thanks(folded: str, found: list[str], one: Lexicon, *, asked: bool) -> bool:
    if not found or any(word not in one.grateful for word in found):
        return False
    if one.found("thanks.blocks", folded):
        return False
    solved = one.found("thanks.solved", folded)
    things = one.found("thanks.things", folded)
    return solved or (one.found("thanks.said", folded) and not things and not asked)


def _folded_lines(text: str) -> str:
    return "\n".join(fold(line) for line in text.split("\n"))
