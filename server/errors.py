"""What can go wrong in the service itself.

ServiceError
├── BadSecret        401
├── UnknownAccount   401 at the hook, the same bytes as BadSecret; 404 elsewhere
├── Unready          503 with Retry-After; on the terminal exit 4
└── BadSetting       exit 2: names the setting, where it came from, and the fix
"""


class ServiceError(Exception):
    """Something is wrong with the service, not with a ticket."""


class BadSecret(ServiceError):
    """The webhook's secret is missing or wrong."""


class UnknownAccount(ServiceError):
    """No such account here."""


class Unready(ServiceError):
    """The service cannot do its work right now; nothing was acknowledged."""


class BadSetting(ServiceError):
    """A setting is missing, malformed or unknown."""
