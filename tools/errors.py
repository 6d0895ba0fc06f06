"""What can go wrong with a helpdesk, sorted by what to do about it.

HelpdeskError
├── Retryable            the worker waits
│   ├── BudgetExhausted  we held back ourselves
│   ├── RateLimited      429
│   └── Unavailable      5xx, network, gateway page
├── Unauthorized         the account's owner: key revoked, suspended, locked
├── Forbidden            this one thing is not allowed to our key
├── NotFound             the run ends
├── NotGranted           we refused it ourselves: outside the grant
├── Rejected             a developer: the request was wrong
├── Unexpected           a developer: the answer's shape changed
└── Uncertain            a write that may have landed: look, never send again
"""


class HelpdeskError(Exception):
    """Something went wrong with a helpdesk; the message never holds customer text."""


class Retryable(HelpdeskError):
    """It may work later.

    Attributes:
        retry_after: seconds to wait at least.
    """

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BudgetExhausted(Retryable):
    """We held a call back ourselves: our share of the account's pool is spent."""


class RateLimited(Retryable):
    """The helpdesk answered 429; nothing was applied."""


class Unavailable(Retryable):
    """The helpdesk or the way to it failed.

    A write that fails in a way that may have landed raises `Uncertain` instead.
    """


class Unauthorized(HelpdeskError):
    """The credential is wrong, revoked or locked, or its account suspended: tell the owner."""


class Forbidden(HelpdeskError):
    """The credential is good but may not do this: a missing role, scope or plan feature."""


class NotFound(HelpdeskError):
    """No such ticket, contact or page; or it was deleted."""


class NotGranted(HelpdeskError):
    """This Helpdesk was opened without the right to do that; nothing was sent."""


class Rejected(HelpdeskError):
    """The helpdesk refused the request itself (400, 405, 409, 415): sending it again is useless."""


class Unexpected(HelpdeskError):
    """An answer came whose shape we do not know."""


class Uncertain(HelpdeskError):
    """A write failed in a way that may have landed: it must be looked for, never sent again."""
