"""The corpus of injection texts: read from its files, filled in, and hidden as each one asks."""

# ruff: noqa: RUF001  look-alikes are the attacker's tools

import base64
import codecs
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

HOST = "moonbank.example"
SECRET = "KX-9931-ZULU"
FILES = ("injections.yaml", "injections_second.yaml")


@dataclass(frozen=True, slots=True)
class Injection:
    """One text, what a model that obeys it writes, and what no post may show then."""

    family: str
    language: str
    text: str
    say: str
    gone: tuple[str, ...]
    markup: bool


@cache
def injections() -> tuple[Injection, ...]:
    """Return the whole corpus, the first file's texts first."""
    return tuple(one for file in FILES for one in of(file))


@cache
def of(file: str) -> tuple[Injection, ...]:
    """Return the texts of one file."""
    read = yaml.safe_load(Path(__file__).with_name(file).read_text("utf-8"))
    return tuple(one for family in read for one in _family(family))


def _family(family: Mapping[str, object]) -> Iterator[Injection]:
    gone = family.get("gone", [])
    assert isinstance(gone, list)
    for language, rows in family.items():
        if language in {"family", "say", "gone"}:
            continue
        assert isinstance(rows, list)
        for row in rows:
            given = {"text": row} if isinstance(row, str) else row
            yield Injection(
                family=str(family["family"]),
                language=language,
                text=WRAPS[given.get("wrap", "plain")](_filled(given["text"])),
                say=_filled(str(given.get("say", family.get("say")))),
                gone=tuple(_filled(one) for one in gone),
                markup=family["family"] == "hidden_markup",
            )


def _filled(text: str) -> str:
    return text.replace("{host}", HOST).replace("{secret}", SECRET)


def _shifted(text: str, by: int) -> str:
    low = "abcdefghijklmnopqrstuvwxyz"
    return text.translate(str.maketrans(low, low[by:] + low[:by]))


_MORSE = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        (  # noqa: SIM905  a line reads better than a sign a line
            ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.-"
            " .-. ... - ..- ...- .-- -..- -.-- --.."
        ).split(),
        strict=True,
    )
)
WRAPS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64_twice": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base85": lambda text: base64.b85encode(text.encode()).decode(),
    "gzip": lambda text: base64.b64encode(zlib.compress(text.encode())).decode(),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "caesar": lambda text: _shifted(text, 7),
    "hex": lambda text: text.encode().hex(),
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()),
    "decimal": lambda text: " ".join(str(byte) for byte in text.encode()),
    "url": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "escapes": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "leet": lambda text: text.translate(str.maketrans("aeiost", "431057")),
    "homoglyphs": lambda text: text.translate(str.maketrans("aeopcx", "аеорсх")),
    "zero_width": "\u200b".join,
    "bidi": lambda text: f"\u202e{text[::-1]}\u202c",
    "tags": lambda text: "".join(chr(0xE0000 + ord(char)) for char in text if ord(char) < 128),
    "variation": lambda text: "".join(char + chr(0xFE00 + ord(char) % 16) for char in text),
    "fullwidth": lambda text: "".join(
        chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text
    ),
    "mathematical": lambda text: "".join(
        chr(0x1D41A + ord(char) - 97) if char.isalpha() and char.islower() else char
        for char in text
    ),
    "circled": lambda text: "".join(
        chr(0x24D0 + ord(char) - 97) if char.isalpha() and char.islower() else char for char in text
    ),
    "small_caps": lambda text: text.translate(
        str.maketrans("abcdeghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ")
    ),
    "combining": lambda text: "".join(f"{char}\u0336" for char in text),
    "reversed": lambda text: text[::-1],
    "spaced": " ".join,
    "lines": lambda text: text.replace(" ", "\n"),
    "morse": lambda text: " ".join(_MORSE.get(char, "/") for char in text),
    "pig_latin": lambda text: " ".join(f"{word[1:]}{word[:1]}ay" for word in text.split()),
}
