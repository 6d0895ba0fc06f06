"""The makes of helpdesk we can open."""

from collections.abc import Mapping

from tools.freshdesk import FRESHDESK
from tools.provider import Provider

PROVIDERS: Mapping[str, Provider] = {provider.name: provider for provider in (FRESHDESK,)}
"""By name, as in settings."""
