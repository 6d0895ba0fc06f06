"""What a guard looks at: the snapshot, the draft and the policy, made comparable once."""

import base64
import binascii
import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

from agent.evidence import customer_words
from agent.model import Disposition, Draft, Finding, Outcome, Snapshot
from agent.policy import Policy
from agent.words import fold, plain, squash, visible

_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[\s:,-]?){6,}")


@dataclass(frozen=True, slots=True)
class Inspection:
    """One draft under inspection.

    Attributes:
        prompt: the text of the rules the model was given, or "".
        canaries: words planted where only a leak can take them from.
        reply: what the customer would read.
        told: everything the drafter wrote, the agents' part included.
        said: the customer's own words.
        pages: all documents a customer may be told of, as one text.
    """

    snapshot: Snapshot
    draft: Draft
    policy: Policy
    prompt: str
    canaries: tuple[str, ...]
    reply: str
    told: str
    said: str
    pages: str

    @property
    def is_reply(self) -> bool:
        """Whether the draft is meant for the customer."""
        return self.draft.outcome in {Outcome.ANSWER, Outcome.CLARIFY}


def inspect(
    snapshot: Snapshot,
    draft: Draft,
    policy: Policy,
    *,
    prompt: str = "",
    canaries: tuple[str, ...] = (),
) -> Inspection:
    """Return a draft with all its texts side by side."""
    return Inspection(
        snapshot=snapshot,
        draft=draft,
        policy=policy,
        prompt=prompt,
        canaries=canaries,
        reply=draft.text,
        told="\n".join(part for part in (draft.text, draft.reason, draft.summary) if part),
        said=customer_words(snapshot),
        pages="\n".join(f"{one.title}\n{one.text}" for one in draft.documents if one.quotable),
    )


def note_at_most(guard: str, reason: str) -> Finding:
    """Return a finding that keeps a draft from the customer but not from the agents."""
    return Finding(guard, reason, Disposition.PRIVATE_NOTE)


def withhold(guard: str, reason: str) -> Finding:
    """Return a finding that keeps the drafter's words from everybody."""
    return Finding(guard, reason, Disposition.HANDOFF)


@lru_cache(maxsize=64)
def disguises(text: str) -> tuple[str, ...]:
    """Return a text's letters and digits, and what they come to when read backwards or decoded."""
    shown = plain(visible(text))
    bare = squash(shown)
    forms = [bare, bare[::-1], codecs.decode(bare, "rot13")]
    for found in _ENCODED.findall(shown):
        forms += [squash(one) for one in (_base64(found), _base32(found)) if one]
    forms += [squash(_hex(found)) for found in _HEX.findall(shown)]
    return tuple(dict.fromkeys(one for one in forms if one))


def _base64(text: str) -> str:
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return _readable(raw)


def _base32(text: str) -> str:
    bare = text.upper().rstrip("=")
    try:
        return _readable(base64.b32decode(bare + "=" * (-len(bare) % 8)))
    except (binascii.Error, ValueError):
        return ""


def _hex(text: str) -> str:
    digits = re.sub(r"[^0-9a-fA-F]", "", text)
    return _readable(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _readable(raw: bytes) -> str:
    text = raw.decode("utf-8", errors="ignore")
    return text if sum(char.isprintable() for char in text) * 10 >= len(raw) * 7 else ""


@lru_cache(maxsize=256)
def grams(text: str, size: int) -> frozenset[tuple[str, ...]]:
    """Return every run of `size` words of a text."""
    found = re.findall(r"[^\W_]+", fold(text))
    return frozenset(tuple(found[at : at + size]) for at in range(len(found) - size + 1))
