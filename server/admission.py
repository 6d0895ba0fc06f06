"""Who may send webhooks; known before anything that answers them is loaded."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from tools.model import AccountId
from tools.provider import Provider


class Owner(Protocol):
    """Whose webhooks are taken: what the intake must know of an account."""

    @property
    def id(self) -> AccountId:
        """Its id, as in the webhook's address."""
        ...

    @property
    def provider(self) -> Provider:
        """Reads the body."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """What webhooks may show, newest first; two during a rotation."""
        ...

    @property
    def quiet_seconds(self) -> float:
        """How long a ticket must be quiet before it is answered."""
        ...


T = TypeVar("T", bound=Owner)


class Admits(Protocol):
    """Knows whose webhook it is."""

    @property
    def by_id(self) -> Mapping[AccountId, Owner]:
        """All owners."""
        ...

    def admits(self, account_id: str, secret: str) -> Owner | None:
        """Return whose webhook this is; None for a wrong secret or no such account."""
        ...


@dataclass(frozen=True, slots=True)
class Addressee:
    """An account as far as its webhooks go; implements `Owner`."""

    id: AccountId
    provider: Provider
    secrets: tuple[str, ...] = field(repr=False)
    quiet_seconds: float


@dataclass(frozen=True, slots=True)
class Addressees:
    """All of them, by id; implements `Admits`."""

    by_id: dict[AccountId, Addressee]

    def admits(self, account_id: str, secret: str) -> Addressee | None:
        """Return whose webhook this is; None for a wrong secret or no such account."""
        return admitted(self.by_id, account_id, secret)


def admitted(by_id: Mapping[AccountId, T], account_id: str, secret: str) -> T | None:
    """Return whose webhook this is; None for a wrong secret or no such account.

    Both cases compare as many secrets, so they cost the same.
    """
    owner = by_id.get(AccountId(account_id))
    expected = owner.secrets if owner else ()
    shown = secret.encode()
    right = False
    for at in range(2):
        one = expected[at] if at < len(expected) else ""
        same = hmac.compare_digest(one.encode(), shown)
        right = right or (same and bool(one))
    return owner if right else None
