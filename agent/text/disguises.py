"""Find a secret in a text however it is dressed: spelled, split, shifted or encoded; pure.

A secret must be whole to be found, and hold enough characters that chance does not make it.
Translation and description cannot be found by rule.
"""

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

from agent.text import numerals
from agent.text.lexicon import spelling
from agent.text.words import fold, plain, squash, visible

_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,6}")
_HEX = re.compile(r"(?:(?:0x|[=%\\])?[0-9a-fA-F]{2}[\s:,;-]{0,2}){6,}")
_HEX_MARK = re.compile(r"0x|[^0-9a-fA-F]")
_BINARY = re.compile(r"(?:[01]{8}[\s,]?){4,}")
_CODES = re.compile(
    r"(?<!\d)\d{2,3}(?:[\s,;]+\d{2,3}){3,}(?!\d)|(?<!\d)\d{2,3}(?:\D{1,8}\d{2,3}){5,}(?!\d)"
)
_ESCAPES = re.compile(r"\\(?:u|x)\{?([0-9a-fA-F]{2,6})\}?|&#x?[0-9a-fA-F]+;|%[0-9a-fA-F]{2}")
_MORSE = re.compile(r"(?:[.\u00b7•_-]{1,5}[ /|]+){3,}[.\u00b7•_-]{1,5}")
_TOKEN = re.compile(r"[^\W_]+")
_LOW = "abcdefghijklmnopqrstuvwxyz"
_LEET = str.maketrans("013457l8", "oieastib")
_DITS = dict(
    zip(
        _LOW + "0123456789",
        (  # noqa: SIM905  a line reads better than a sign a line
            ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.-"
            " .-. ... - ..- ...- .-- -..- -.-- --.."
            " ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
        ).split(),
        strict=True,
    )
)
_LETTER = {dits: letter for letter, dits in _DITS.items()}
_LONG = 6
"""Characters from which on a secret is looked for in every dress, not only as it stands."""
_GAP = 8
"""Words between two pieces of a secret: and then come the last four."""
_PIECE = 2
_MOST_PIECES = 3
_AGAIN = frozenset(["twice", "zweimal", "doppelt"])
_TWICE = {"double": 2, "doppel": 2, "doble": 2, "dubbel": 2, "dobro": 2, "triple": 3, "dreifach": 3}


def hides(text: str, secrets: Iterable[str]) -> bool:
    """Return whether any secret stands in a text, in any dress that a rule can undo.

    Args:
        text: what is to be shown.
        secrets: squashed, see `agent.text.words.squash`.
    """
    sought = tuple(one for one in dict.fromkeys(secrets) if one)
    if not sought or not text.strip():
        return False
    shown = forms(text)
    if any(one in form for form in shown for one in sought):
        return True
    long = [one for one in sought if len(one) >= _LONG]
    return any(_dressed(one, text, shown) or _told_apart(one, text) for one in long)


@lru_cache(maxsize=64)
def forms(text: str) -> tuple[str, ...]:
    """Return a text's letters and digits, and what they come to when read otherwise."""
    shown = plain(visible(text))
    bare = squash(shown)
    found = [bare, bare[::-1], *(squash(one) for one in decoded(text))]
    return tuple(dict.fromkeys(one for one in found if one))


@lru_cache(maxsize=64)
def decoded(text: str) -> tuple[str, ...]:
    """Return what stands in a text in an encoding, readable or not."""
    shown = plain(visible(text))
    return tuple(one for decode in _DECODERS for one in decode(shown) if one)


def _dressed(secret: str, text: str, shown: tuple[str, ...]) -> bool:
    """Look for a secret whose letters were exchanged, or stand between others."""
    bare = squash(plain(visible(text)))
    others = {*_shifted(secret), _mirrored(secret)} - {secret}
    if any(one in form for one in others for form in (bare, *shown[:2])):
        return True
    if secret.translate(_LEET) in bare.translate(_LEET):
        return True
    return any(secret in bare[at::step] for step in (2, 3) for at in range(step))


def _shifted(secret: str) -> Iterator[str]:
    for by in range(1, len(_LOW)):
        yield secret.translate(str.maketrans(_LOW, _LOW[by:] + _LOW[:by]))


def _mirrored(secret: str) -> str:
    return secret.translate(str.maketrans(_LOW, _LOW[::-1]))


def _told_apart(secret: str, text: str) -> bool:
    """Look for a secret that was spelled, said in numbers, split, or is an acrostic."""
    for tokens in _streams(text):
        if _walk(secret, tokens, _readings, gap=_GAP):
            return True
        if _walk(secret, tokens, _initial, gap=0):
            return True
        if _in_pieces(secret, tokens):
            return True
    return False


@lru_cache(maxsize=64)
def _streams(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of a text: as they stand, with numbers as digits, and by blanks."""
    folded = fold(text)
    counted, at = "", 0
    for found in numerals.spelled_numbers(folded):
        value = numerals.number_words()[found.group(0)]
        counted += f"{folded[at : found.start()]} {value:g} "
        at = found.end()
    counted += folded[at:]
    apart = tuple(squash(word) for word in folded.split())
    both = tuple(dict.fromkeys((_words(folded), _words(counted))))
    return (*both, tuple(one for one in apart if one))


def _words(folded: str) -> tuple[str, ...]:
    found: list[str] = []
    times = 1
    for token in _TOKEN.findall(folded):
        if token in _AGAIN and found:
            found.append(found[-1])
            continue
        if token in _TWICE:
            times = _TWICE[token]
            continue
        found += [token] * times
        times = 1
    return tuple(found)


@lru_cache(maxsize=4096)
def _readings(token: str) -> frozenset[str]:
    """Return what a word may stand for in a spelled secret: itself, a letter, a number."""
    return frozenset({token, *spelling().get(token, ()), *_digits(token)})


def _initial(token: str) -> frozenset[str]:
    return frozenset({token[:1], *_digits(token)})


def _digits(token: str) -> frozenset[str]:
    value = numerals.number_words().get(token)
    if value is None or value != int(value):
        return frozenset()
    said = f"{value:g}"
    tens = {said[0]} if len(said) == 2 and said[1] == "0" else set()  # noqa: PLR2004  ninety-nine
    return frozenset({said, *tens})


def _walk(
    secret: str, tokens: tuple[str, ...], read: Callable[[str], frozenset[str]], *, gap: int
) -> bool:
    """Return whether words, read one after the other, make the secret with few between them."""
    places: dict[int, int] = {}
    for token in tokens:
        after: dict[int, int] = {}
        for place, waited in (*places.items(), (0, 0)):
            for reading in read(token):
                if reading and secret.startswith(reading, place):
                    after[place + len(reading)] = 0
            if place and waited < gap:
                after[place] = min(waited + 1, after.get(place, gap))
        if len(secret) in after:
            return True
        places = after
    return False


def _in_pieces(secret: str, tokens: tuple[str, ...]) -> bool:
    """Return whether a secret stands in two or three pieces, in any order."""
    known = {*tokens, *("".join(pair) for pair in pairwise(tokens))}
    return _made_of(secret, known, left=_MOST_PIECES)


def _made_of(rest: str, known: set[str], *, left: int) -> bool:
    if rest in known:
        return True
    cuts = range(_PIECE, len(rest) - _PIECE + 1) if left > 1 else ()
    return any(rest[:cut] in known and _made_of(rest[cut:], known, left=left - 1) for cut in cuts)


def _in_base64(shown: str) -> Iterator[str]:
    for found in _ENCODED.findall(shown):
        bare = found.rstrip("=").replace("-", "+").replace("_", "/")
        yield _decoded(base64.b64decode, bare + "=" * (-len(bare) % 4))
        once = _decoded(base64.b64decode, bare + "=" * (-len(bare) % 4))
        if _ENCODED.fullmatch(once):
            yield _decoded(base64.b64decode, once + "=" * (-len(once) % 4))


def _in_base32(shown: str) -> Iterator[str]:
    for found in _ENCODED.findall(shown):
        bare = found.upper().rstrip("=")
        yield _decoded(base64.b32decode, bare + "=" * (-len(bare) % 8))


def _in_base85(shown: str) -> Iterator[str]:
    apart = (one for word in shown.split() for one in (word, word.rstrip(".,;:!?")))
    for word in dict.fromkeys(apart):
        if len(word) >= _LONG * 2:
            yield _decoded(base64.b85decode, word)
            yield _decoded(base64.a85decode, word)


def _in_hex(shown: str) -> Iterator[str]:
    for found in _HEX.findall(shown):
        digits = _HEX_MARK.sub("", found)
        yield _decoded(bytes.fromhex, digits[: len(digits) // 2 * 2])


def _in_binary(shown: str) -> Iterator[str]:
    for found in _BINARY.findall(shown):
        yield "".join(chr(int(one, 2)) for one in re.findall(r"[01]{8}", found))


def _in_codes(shown: str) -> Iterator[str]:
    for found in _CODES.findall(shown):
        yield "".join(chr(int(one)) for one in re.findall(r"\d+", found))


def _in_escapes(shown: str) -> Iterator[str]:
    if _ESCAPES.search(shown):
        marked = re.sub(r"\\(?:u|x)\{?([0-9a-fA-F]{2,6})\}?", r"&#x\1;", shown)
        yield unquote(unquote(html.unescape(marked)))


def _in_morse(shown: str) -> Iterator[str]:
    for found in _MORSE.findall(shown):
        dits = re.sub(r"[\u00b7•]", ".", found.replace("_", "-"))
        for line in (dits, dits.removesuffix(".")):  # the last dot may end a sentence
            yield "".join(_LETTER.get(one, "") for one in re.split(r"[ /|]+", line))


_DECODERS: tuple[Callable[[str], Iterator[str]], ...] = (
    _in_base64,
    _in_base32,
    _in_base85,
    _in_hex,
    _in_binary,
    _in_codes,
    _in_escapes,
    _in_morse,
)


def _decoded(decode: Callable[[str], bytes], encoded: str) -> str:
    """Return what was encoded where it is mostly readable, or ""."""
    try:
        raw = decode(encoded)
    except (binascii.Error, ValueError):
        return ""
    raw = raw.replace(b"\0", b"")  # letters of two bytes each
    text = raw.decode("utf-8", errors="ignore")
    return text if sum(char.isprintable() for char in text) * 10 >= len(raw) * 7 else ""
