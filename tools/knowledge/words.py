"""Words into forms that can be compared: folded, stemmed by language, and lifted to concepts.

A form is what the index stores and what a query asks for. One word may have several: its
stem, and `c0…` names of the support concepts it belongs to ("Rücksendung" and "return" share
one), which is how a page is found by a mail that uses none of its words, or another language.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

LANGUAGES = ("en", "de", "fr", "es")
COMPOUNDING = frozenset({"de", "nl", "sv", "da", "no", "nb", "fi"})
"""Languages that write compounds as one word."""

_TOKEN = re.compile(r"[^\W_]+")
_SHORT_JOIN = re.compile(r"\b([^\W\d_]{1,2})[-\u2010\u2011]([^\W\d_]{2,})\b")
_CODE_JOIN = re.compile(r"\b([A-Za-z]{1,3})[-\u2010\u2011 ]?(\d{1,4})\b")
_NOISE = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|\b[A-Za-z]{1,4}[-_]?\d{5,}\b|\b\d{5,}\b|\b[\w-]*\d[\w-]*\d{4,}\b"
)
_PHRASE_SPAN = 6
"""Words between which a phrase's two parts may stand: separable verbs need the room."""
_SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "en": ("ings", "ing", "edly", "ied", "ies", "ed", "ers", "er", "es", "ly", "s", "e", "y"),
    "de": ("ungen", "ung", "ern", "ens", "em", "en", "er", "es", "e", "s", "n"),
    "fr": ("ements", "ement", "ations", "ation", "eraient", "erait", "erais", "erons", "erez",
           "era", "aient", "ait", "ais", "ant", "ees", "ee", "ent", "ez", "er", "es", "e", "s",
           "x"),
    "es": ("aciones", "acion", "amientos", "amiento", "iendo", "ando", "aremos", "aran", "ara",
           "ados", "adas", "ado", "ada", "idos", "idas", "ido", "ida", "aron", "ieron", "amos",
           "emos", "imos", "ar", "er", "ir", "os", "as", "es", "an", "en", "o", "a", "e", "s"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One content word of a text.

    Attributes:
        folded: lower case, without accents.
        forms: its stem in each language asked for, and its concepts.
        named: has a capital inside, or digits: a brand, an acronym or a code.
    """

    folded: str
    forms: tuple[str, ...]
    named: bool = False


def fold(text: str) -> str:
    """Return the text in lower case, without accents, with ß as ss."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """Return a folded word without its ending: light, so that unlike words stay apart."""
    if any(c.isdigit() for c in word):
        return word
    if language == "de":
        word = re.sub(r"(?<!q)ue", "u", word.replace("ae", "a").replace("oe", "o"))
        word = re.sub(r"^ge(?=\w{4,}(?:t|en)$)", "", word)  # gesendet, gegossen
    for _ in range(2):
        cut = _cut(word, language)
        if cut == word:
            break
        word = cut
    if language == "en" and len(word) > 4 and word[-1] == word[-2]:  # noqa: PLR2004  stopp-ed
        word = word[:-1]
    return word


def _cut(word: str, language: str) -> str:
    for suffix in _SUFFIXES.get(language, ()):
        if word.endswith(suffix) and len(word) - len(suffix) >= (3 if len(suffix) == 1 else 4):
            return word[: -len(suffix)]
    return word


@dataclass(frozen=True, slots=True)
class _Lexicon:
    stopwords: Mapping[str, frozenset[str]]
    exact: Mapping[str, tuple[str, ...]]
    prefixes: Mapping[str, tuple[str, ...]]
    phrases: Mapping[str, tuple[tuple[str, str], ...]]


@cache
def _lexicon() -> _Lexicon:
    folder = files("tools.knowledge") / "lexicon"
    stop = tomllib.loads((folder / "stopwords.toml").read_text("utf-8"))
    stopwords = {lang: frozenset(fold(words).split()) for lang, words in stop.items()}
    exact: dict[str, list[str]] = {}
    prefixes: dict[str, list[str]] = {}
    phrases: dict[str, list[tuple[str, str]]] = {}
    for name, patterns in tomllib.loads((folder / "concepts.toml").read_text("utf-8")).items():
        for pattern in fold(" , ".join(patterns.values())).split(","):
            first, _, second = pattern.strip().partition(" ")
            if second:
                phrases.setdefault(first, []).append((second.strip(), f"c0{name}"))
            elif first.endswith("*"):
                prefixes.setdefault(first[:-1], []).append(f"c0{name}")
            elif first:
                exact.setdefault(first, []).append(f"c0{name}")
    return _Lexicon(
        stopwords=stopwords,
        exact={k: tuple(v) for k, v in exact.items()},
        prefixes={k: tuple(v) for k, v in prefixes.items()},
        phrases={k: tuple(v) for k, v in phrases.items()},
    )


@cache
def lexicon_digest() -> str:
    """Return a short digest of stop words and concepts: what is stored depends on them."""
    folder = files("tools.knowledge") / "lexicon"
    both = b"".join((folder / name).read_bytes() for name in ("stopwords.toml", "concepts.toml"))
    return hashlib.sha256(both).hexdigest()[:12]


@lru_cache(maxsize=50_000)
def concepts(word: str, *, compounds: bool) -> tuple[str, ...]:
    """Return the support concepts a folded word belongs to; inside compounds too, if asked."""
    lexicon = _lexicon()
    found = list(lexicon.exact.get(word, ()))
    for end in range(3, len(word) + 1):
        found += lexicon.prefixes.get(word[:end], ())
    if compounds and len(word) >= 9:  # noqa: PLR2004  shorter words are hardly compounds
        for start in range(3, len(word) - 3):
            for end in range(start + 4, len(word) + 1):
                part = word[start:end]
                found += lexicon.prefixes.get(part, ())
                if end == len(word):
                    found += lexicon.exact.get(part, ())
    return tuple(dict.fromkeys(found))


def guess_language(text: str) -> str:
    """Return the language whose small words the text uses most, or "" where none stands out."""
    words = _TOKEN.findall(fold(text[:4000]))
    counts = {
        lang: sum(word in small for word in words) for lang, small in _lexicon().stopwords.items()
    }
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < 2 or ranked[0][1] == ranked[1][1]:  # noqa: PLR2004
        return ""
    return ranked[0][0]


def words(text: str, languages: Iterable[str]) -> tuple[Word, ...]:
    """Return the content words, in order; stop words, addresses and long numbers are left out."""
    langs = tuple(dict.fromkeys(lang for lang in languages if lang)) or ("en",)
    text = _NOISE.sub(" ", text)
    text = _SHORT_JOIN.sub(r"\1\2", _CODE_JOIN.sub(r"\1\2", text))
    tokens = [_token(raw, langs) for raw in _TOKEN.findall(text)]
    extra = _phrases([token.folded for token in tokens], _lexicon())
    found: list[Word] = []
    for at, token in enumerate(tokens):
        lifted = extra.get(at)
        if lifted:
            forms = tuple(dict.fromkeys((*token.lifted.forms, *lifted)))
            found.append(Word(token.folded, forms, named=token.lifted.named))
        elif token.word is not None:
            found.append(token.word)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Token:
    """What one token is in some languages, whatever stands around it.

    Attributes:
        lifted: the word it is as part of a phrase, where even a stop word counts.
        word: the word it is by itself, or None.
    """

    folded: str
    lifted: Word
    word: Word | None


@lru_cache(maxsize=50_000)
def _token(raw: str, langs: tuple[str, ...]) -> _Token:
    """Return what a token is; kept, because thousands of pages are written in the same words."""
    stop = _stopwords(langs)
    word = fold(raw)
    stems = () if word in stop else tuple(stem(word, lang) for lang in langs)
    lifted = concepts(word, compounds=any(lang in COMPOUNDING for lang in langs))
    named = any(c.isupper() for c in raw[1:]) or any(c.isdigit() for c in word)
    made = Word(word, tuple(dict.fromkeys((*stems, *lifted))), named=named)
    return _Token(word, made, made if made.forms and not _empty(word, raw, stop) else None)


@lru_cache(maxsize=100)
def _stopwords(langs: tuple[str, ...]) -> frozenset[str]:
    known = _lexicon().stopwords
    return frozenset[str]().union(*(known.get(lang, frozenset()) for lang in langs))


def _empty(word: str, raw: str, stop: frozenset[str]) -> bool:
    if word in stop or word.isdigit():
        return True
    if len(word) > 2 or any(c.isdigit() for c in word):  # noqa: PLR2004
        return False
    return len(word) < 2 or not raw[1:].isupper()  # noqa: PLR2004  "EU", "pH" are kept, "of" is not


def _phrases(folded: list[str], lexicon: _Lexicon) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = {}
    for at, word in enumerate(folded):
        for second, concept in lexicon.phrases.get(word, ()):
            follow = folded[at + 1 : at + 1 + _PHRASE_SPAN]
            hit = (
                any(other.startswith(second[:-1]) for other in follow)
                if second.endswith("*")
                else second in follow
            )
            if hit:
                found.setdefault(at, []).append(concept)
    return found


def tails(word: str) -> tuple[str, ...]:
    """Return the endings of a long word, so that a compound is found by its last part."""
    if len(word) < 9 or word.isdigit():  # noqa: PLR2004
        return ()
    return tuple(word[start:] for start in range(3, len(word) - 4))
