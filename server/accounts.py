"""The helpdesks this deployment serves, each with its own responder and secrets."""

from dataclasses import dataclass, field

from agent.respond import Responder
from server.admission import admitted
from server.errors import UnknownAccount
from tools.model import AccountId
from tools.provider import Provider


@dataclass(frozen=True, slots=True)
class Account:
    """One helpdesk and what answers it.

    Attributes:
        secrets: what webhooks may show, newest first; two during a rotation.
        quiet_seconds: how long a ticket must be quiet before it is answered.
    """

    id: AccountId
    provider: Provider
    domain: str
    responder: Responder
    secrets: tuple[str, ...] = field(repr=False)
    quiet_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Accounts:
    """All of them, by id."""

    by_id: dict[AccountId, Account]

    def find(self, account_id: str) -> Account:
        """Return one account.

        Raises:
            UnknownAccount: there is none of that id.
        """
        found = self.by_id.get(AccountId(account_id))
        if found is None:
            raise UnknownAccount(f"there is no account {account_id!r} here")
        return found

    def admits(self, account_id: str, secret: str) -> Account | None:
        """Return the account whose webhook this is; None for a wrong secret or no account."""
        return admitted(self.by_id, account_id, secret)
