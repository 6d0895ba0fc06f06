"""What can go wrong in a run beyond the helpdesk's own failures.

ResponderError
├── ModelUnavailable(retry_after)  the worker waits
├── Deferred(retry_after)          the worker waits: a post must be looked for first
├── Superseded                     the run begins again: the ticket has moved on
├── DraftFailed                    a person takes the ticket
└── LimitReached                   a person takes the ticket
"""

from agent.model import Usage


class ResponderError(Exception):
    """Something went wrong in a run; the message never holds customer text.

    Attributes:
        usage: what was used up before it failed, where a drafter counted.
    """

    usage: Usage | None = None


class ModelUnavailable(ResponderError):
    """The model's endpoint failed in a way that may pass.

    Attributes:
        retry_after: seconds to wait at least.
    """

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Deferred(ResponderError):
    """The run has to wait before it can go on.

    Attributes:
        retry_after: seconds to wait at least.
    """

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Superseded(ResponderError):
    """The customer wrote again while we were at work; the newer turn is answered instead."""


class DraftFailed(ResponderError):
    """No usable draft came out, and another try would not help."""


class LimitReached(ResponderError):
    """The run used up what it may use."""
