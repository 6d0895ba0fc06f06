"""What can go wrong in a run beyond the helpdesk's own failures.

ResponderError
├── ModelUnavailable(retry_after)  the worker waits
├── Deferred(retry_after)          the worker waits: a post must be looked for first
├── Superseded                     the run begins again: the ticket has moved on
├── DraftFailed                    a person takes the ticket
│   └── EndpointRefused            the same, and the operator has to mend a setting
└── LimitReached                   a person takes the ticket
"""

from agent.model import Usage


class ResponderError(Exception):
    """Something went wrong in a run; the message never holds customer text.

    Attributes:
        usage: what was used up before it failed, where a drafter counted.
        drafter: the name of the drafter that failed, where another stood behind it.
    """

    usage: Usage | None = None
    drafter: str = ""


class ModelUnavailable(ResponderError):
    """The model's endpoint failed in a way that may pass.

    Attributes:
        retry_after: seconds to wait at least.
        asked: the question may have been received, and so may be charged for.
    """

    asked: bool = False

    def __init__(self, message: str, *, retry_after: float, asked: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.asked = asked


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


class EndpointRefused(DraftFailed):
    """The model's endpoint does not accept what we send: a key, a name, a parameter.

    Attributes:
        status: HTTP status.
        told: what the endpoint said; it may repeat the question, so it is shown by `doctor` alone,
            whose questions hold nothing of a customer.
    """

    status: int = 0
    told: str = ""

    def __init__(self, message: str, *, status: int, told: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.told = told


class LimitReached(ResponderError):
    """The run used up what it may use."""
