"""Text made comparable: invisible characters out, look-alikes folded, sentences and words apart."""

# ruff: noqa: RUF001  look-alikes are what this file is about

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from agent.text.lexicon import lexicons

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ue000-\uf8ff\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_BREAKS = re.compile("\r\n?|\u2028|\u2029|\x85")
_SPACES = re.compile(r"\s+")
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´`ʼ＇", "'"),
        **dict.fromkeys("“”„‟″«»〝〞＂", '"'),
        **dict.fromkeys("‐‑‒–—―−⸺﹘﹣－", "-"),
        **dict.fromkeys("․。｡．", "."),
        "…": "...",
        "⁄": "/",
        "∕": "/",
        "：": ":",
        "﹕": ":",
        "꞉": ":",
    }
)
# The letters of other scripts that pass for Latin ones at a glance.
# Source: https://www.unicode.org/Public/security/latest/confusables.txt
_LOOKALIKES = str.maketrans(
    "асеорхуѕіјԁԛԝһӏвкмнтгпɡɑοανρτυικχεηωβмѵՕօքսզᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢıł",
    "aceopxysijdqwhlbkmhtrngaoavptuikxenwbmvoopsqabcdeghijklmnoprtuvwyzil",
)
_FLAGS = {0x1F1E6 + place: letter for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
"""The letters that flags are made of."""
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])[\"')\]]?\s+(?=[\"'(\[¿¡]?[^\W\d_a-zà-ÿ]|\d|[-•*])|\n+|(?<=[。！？])"
)
_FOLDED_END = re.compile(r"(?<=[.!?])[\"')\]]?\s+|\n+")
_ORDINAL = (
    r"|\b(?i:am|im|zum|zur|der|die|das|den|dem|des|vom|beim|jede[rnms]?|eine?[rnms]?) \d{1,2}\."
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:z|z\. ?B|d|d\. ?h|u\. ?a|e\.g|i\.e|etc|bzw|ca|Nr|No|Nº|St|Dr|Mr|Mrs|Ms|Sr|Sra|M|Mme"
    r"|approx|usw|inkl|zzgl|p\.ej|p\.ex|env|evtl|ggf|Abs|Art|Tel|vs)\." + _ORDINAL + ")$"
)
_FOLDED_ABBREVIATION = re.compile(
    r"(?:\b(?:z|z\. ?b|d\. ?h|u\. ?a|e\.g|i\.e|etc|bzw|ca|nr|st|dr|mrs?|ms|sra?|mme"
    r"|approx|usw|inkl|zzgl|p\.ej|p\.ex|env|evtl|ggf|abs|art|tel|vs)\." + _ORDINAL + ")$"
)
_NUMBERED = re.compile(r"\b\d{1,2}\.$")
"""What may be the end of a sentence, or a numbered day before its month."""
_DIGIT = re.compile(r"[^\D0-9]")
"""Digits of other scripts."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")


def visible(text: str) -> str:
    """Return the text without characters a reader cannot see, with plain line breaks."""
    return _INVISIBLE.sub("", _BREAKS.sub("\n", text))


def plain(text: str) -> str:
    """Return visible text with plain quotes and dashes and single spaces, case kept."""
    composed = unicodedata.normalize("NFKC", visible(text).translate(_TYPOGRAPHY))
    return _SPACES.sub(" ", composed.translate(_TYPOGRAPHY)).strip()


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return the text as it is matched: plain, caseless, without accents and look-alikes."""
    spread = unicodedata.normalize("NFKD", plain(text).casefold())
    bare = _MARKS.sub("", spread.translate(_FLAGS)).translate(_LOOKALIKES).translate(_TYPOGRAPHY)
    return bare if bare.isascii() else _DIGIT.sub(_as_digit, bare)


def _as_digit(found: re.Match[str]) -> str:
    return str(unicodedata.digit(found.group(), found.group()))


def fold_lines(text: str) -> str:
    """Return `fold` of each line, line breaks kept."""
    return "\n".join(fold(line) for line in _BREAKS.sub("\n", text).split("\n"))


def squash(text: str) -> str:
    """Return only the letters and digits of the folded text, so that spacing hides nothing."""
    return re.sub(r"[\W_]+", "", fold(text))


@lru_cache(maxsize=4096)
def words(folded: str) -> tuple[str, ...]:
    """Return the words and numbers of a folded text in order."""
    return tuple(_WORD.findall(folded))


@lru_cache(maxsize=2048)
def sentences(text: str) -> tuple[str, ...]:
    """Split text into sentences; abbreviations and numbered days do not end one."""
    return _joined(_SENTENCE_END.split(visible(text)), _ABBREVIATION)


@lru_cache(maxsize=2048)
def pieces(folded: str) -> tuple[str, ...]:
    """Split folded text into sentences: there no capital tells where one begins."""
    return _joined(_FOLDED_END.split(folded), _FOLDED_ABBREVIATION)


@cache
def _months() -> frozenset[str]:
    return frozenset(month for one in lexicons() for month in one.months)


def _first_word(part: str) -> str:
    return next(iter(words(fold(part.split(maxsplit=1)[0]))), "")


def _joined(parts: Iterable[str | None], abbreviation: re.Pattern[str]) -> tuple[str, ...]:
    found: list[str] = []
    for piece in parts:
        part = piece.strip() if piece else ""
        if not part:
            continue
        dated = found and _NUMBERED.search(found[-1]) and _first_word(part) in _months()
        if found and (dated or abbreviation.search(found[-1])):
            found[-1] += " " + part
        else:
            found.append(part)
    return tuple(found)
