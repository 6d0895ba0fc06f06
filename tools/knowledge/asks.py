"""What a mail may be asking: its sentences without greeting, closing and quotations; pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tools.knowledge.passages import sentences
from tools.knowledge.words import Word, words

MAIL_MOST = 6_000
"""Characters of a mail that are looked at; a question does not come later than that."""
_ASKS_MOST = 12
_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)"
    r"|sehr geehrte|liebe[rs]?|moin|servus|gr(?:ü|u)(?:ß|ss)|bonjour|bonsoir|madame|monsieur|cher"
    r"|ch(?:è|e)re|hola|buen[oa]s|estimad[oa]s?|querid[oa]s?|ol[aá]|ciao|buongiorno|gentil)\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:(?:best|kind|warm|many)? ?(?:regards|wishes|thanks)|thank you|thanks|cheers"
    r"|yours|sincerely"
    r"|mit (?:freundlichen|besten)|(?:viele|beste|liebe|freundliche|herzliche) gr|vielen dank|danke"
    r"|mfg|lg|vg|cordialement|bien (?:à|a) vous|merci|salutations|bonne (?:journ|soir)|un saludo"
    r"|saludos|gracias|atentamente|muchas gracias|sent from|von meinem|envoy(?:é|e) de"
    r"|enviado desde)",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"[?¿]|^(?:how|what|when|where|which|who|why|can|could|do|does|is|are|may|will|would|please|i"
    r" (?:want|need|would|wish)|wie|was|wann|wo|welche|wer|warum|wieso|kann|k(?:ö|o)nn|darf|gibt"
    r"|ist|bitte|comment|quand|combien|quel|est-ce|puis|pouvez|peut|pourquoi|o(?:ù|u)|c(?:ó|o)mo"
    r"|cu(?:á|a)|qu(?:é|e)|d(?:ó|o)nde|puedo|pueden|se puede|por qu)",
    re.IGNORECASE,
)
OWN = re.compile(
    r"\b(?:(?:could|can|would|will) (?:you|someone|somebody|anyone) (?:please |quickly )*"
    r"(?:check|verify|look|find out|confirm|tell me (?:if|whether)|arrange|call|ring|correct|send)"
    r"|please (?:check|verify|look|find out|confirm|correct|change|cancel|call|send|update|remove)"
    r"|(?:check|verify|confirm) (?:whether|if)"
    r"|(?:have|did) you (?:already )?(?:receive|get|send|sent)"
    r"|k(?:ö|o)nn(?:en|ten) sie (?:\w+ ){0,3}(?:pr(?:ü|u)fen|nachsehen|nachschauen|schauen|sagen)"
    r"|bitte (?:pr(?:ü|u)fen|schauen|stornieren|(?:ä|a)ndern|senden|schicken|k(?:ü|u)ndigen|rufen)"
    r" sie"
    r"|(?:pouvez|pourriez)[- ]vous (?:\w+ ){0,2}(?:v(?:é|e)rifier|regarder|dire (?:o(?:ù|u)|si))"
    r"|merci de (?:changer|annuler|v(?:é|e)rifier|modifier|corriger|m'envoyer)"
    r"|(?:pueden?|podr(?:í|i)an?) (?:\w+ ){0,2}(?:comprobar|verificar|mirar|revisar|decirme si)"
    r"|por favor,? (?:comprueb|revis|cancel|cambi|env(?:í|i)en)\w*)\b"
    r"|\b[A-Z]{1,4}-\d{4,}\b",
    re.IGNORECASE,
)
"""A wish to have one's own case looked into or acted on: no page can do either."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing a mail may be asking: a sentence with its neighbour, the subject, or the whole.

    Attributes:
        asking: it has the shape of a question or a request.
    """

    text: str
    words: tuple[Word, ...]
    asking: bool


def asks(mail: str, languages: Iterable[str]) -> tuple[Ask, ...]:
    """Return what a mail may be asking, the whole of it first."""
    langs = tuple(languages)
    lines = _said(mail[:MAIL_MOST])
    parts = [s for line in lines for s in sentences(line)]
    found = [Ask("\n".join(lines), words("\n".join(lines), langs), asking=True)]
    for at, part in enumerate(parts):
        asking = bool(_ASKING.search(part))
        found.append(Ask(part, words(part, langs), asking=asking))
        if asking and at:
            both = f"{parts[at - 1]} {part}"
            found.append(Ask(both, words(both, langs), asking=True))
    kept = [ask for ask in found[1:] if ask.words]
    kept.sort(key=lambda ask: not ask.asking)
    return (*(found[:1] if found[0].words else ()), *kept[:_ASKS_MOST])


def _said(mail: str) -> list[str]:
    """Return the lines without greeting and without what follows the closing."""
    lines = [line.strip() for line in mail.splitlines() if line.strip() and line[:1] != ">"]
    said: list[str] = []
    for at, line in enumerate(lines):
        if at and _CLOSING.match(line) and len(line.split()) <= 8 and "?" not in line:  # noqa: PLR2004
            break
        if _GREETING.match(line):
            line = line.partition(",")[2].strip() if "," in line else line  # noqa: PLW2901
            if len(line.split()) <= 4 and "?" not in line:  # noqa: PLR2004
                continue
        said.append(line)
    return said
