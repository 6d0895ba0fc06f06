"""Tell the language of a short text: by script, then by its commonest words and letters; pure."""

import re
from functools import lru_cache

from agent.text.lexicon import lexicons
from agent.text.words import fold, visible, words

_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u4e00-\u9fff\u3400-\u4dbf]")),
    ("fa", re.compile("[پچژگ]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
_FAMILIES = {"ja": "ja zh", "fa": "fa ar", "uk": "uk ru"}
"""Scripts whose own letters are few among those of a wider one."""
_LETTERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("de", re.compile("[äöüß]", re.IGNORECASE)),
    ("es", re.compile("[ñ¿¡]|ción", re.IGNORECASE)),
    ("pt", re.compile("[ãõ]|ção|lh[ao]", re.IGNORECASE)),
    ("fr", re.compile("[êœëîû]|ç[ao]|eau|(?<![a-z])qu'|[lj]'[aeiouéê]", re.IGNORECASE)),
    ("it", re.compile("[ìò]|zione|gli |(?<![a-z])(?:dell|nell|all)'", re.IGNORECASE)),
    ("nl", re.compile("ij|aa[nr]|ee[nr]|oo[rk]|uit|(?<![a-z])ge[a-z]+d(?![a-z])", re.IGNORECASE)),
    ("en", re.compile(r"th[eiao]|ing\b|wh[aeiy]|(?<![a-z])i'[mvld]", re.IGNORECASE)),
)
_NOISE = re.compile(r"https?://\S+|\S+@\S+|\b[\w-]*\d[\w-]*\b")
_FOREIGN = re.compile("[^\u0000-\u024f\u1e00-\u1eff\u2000-\u2bff]")
_LEAST = 1.0
_LEAD = 1.15
_MOST = 4000


@lru_cache(maxsize=2048)
def detect(text: str) -> str:
    """Return a two-letter code, or "" where it cannot be told.

    Args:
        text: plain text; its first 4,000 characters are looked at.
    """
    sample = _NOISE.sub(" ", visible(text[:_MOST]))
    letters = sum(1 for char in sample if char.isalpha())
    if not letters:
        return ""
    return _by_script(sample, letters) or _by_words(sample)


def _by_script(sample: str, letters: int) -> str:
    if len(_FOREIGN.findall(sample)) * 2 < letters:
        return ""
    counts = {code: len(script.findall(sample)) for code, script in _SCRIPTS}
    for code, _ in _SCRIPTS:
        family = sum(counts[one] for one in _FAMILIES.get(code, code).split())
        if counts[code] and family * 2 >= letters * 0.6:
            return code
    return ""


def _by_words(sample: str) -> str:
    scores = _scores(sample)
    first, second = sorted(scores.values(), reverse=True)[:2]
    if first < _LEAST or first < second * _LEAD:
        return ""
    return max(scores, key=lambda code: scores[code])


def _scores(sample: str) -> dict[str, float]:
    found = words(fold(sample).replace("'", " "))
    scores = dict.fromkeys((one.code for one in lexicons()), 0.0)
    for word in found:
        homes = [one.code for one in lexicons() if word in one.stop]
        polite = [one.code for one in lexicons() if word in one.courtesy or word in one.light]
        for code in homes:
            scores[code] += 1 / len(homes)
        for code in polite:
            scores[code] += 0.6 / len(polite)
    for code, letters in _LETTERS:
        scores[code] += min(3.0, 0.5 * len(letters.findall(sample)))
    return scores
