"""Which endpoint answers for which role, and what probes found about each, kept in the home."""

import asyncio
import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr, TypeAdapter, ValidationError

from agent.errors import ModelUnavailable
from agent.llm.endpoint import Abilities, Endpoint, fitted
from agent.llm.offer import Sampling
from server.errors import BadSetting
from server.settings import Settings, variable
from tools.clock import Clock

VENDOR = "https://api.openai.com/v1"
"""Where a model is asked when no base URL is set: the wire format's own vendor."""
NO_KEY = "none"
"""Sent where an endpoint has no key of its own; a server that needs none ignores it."""
LAZY_SECONDS = 60.0
"""A probe before the first draft may take, all its questions together."""
AGAIN = 600.0
"""Seconds until an endpoint whose probe told nothing is probed again."""

log = structlog.get_logger()


def drafting(settings: Settings) -> Endpoint | None:
    """Return who drafts, or None where no model is set.

    Raises:
        BadSetting: the base URL cannot be used.
    """
    if settings.model_name is None:
        return None
    return _endpoint(settings, "model", settings.model_name, settings.model_base_url, None)


def judging(settings: Settings) -> Endpoint | None:
    """Return who judges answers in evals, or None.

    Raises:
        BadSetting: the base URL cannot be used.
    """
    if settings.judge_name is None:
        return None
    url, key = settings.judge_base_url, settings.judge_api_key
    return _endpoint(settings, "judge", settings.judge_name, url, key)


def embedding(settings: Settings) -> Endpoint | None:
    """Return who turns texts into vectors, or None.

    Raises:
        BadSetting: the base URL cannot be used.
    """
    if settings.embed_name is None:
        return None
    url, key = settings.embed_base_url, settings.embed_api_key
    return _endpoint(settings, "embed", settings.embed_name, url, key)


def fallbacks(settings: Settings) -> tuple[Endpoint, ...]:
    """Return who drafts, in this order, while the drafting endpoint is away.

    Raises:
        BadSetting: base URLs or keys are neither one for all nor one each.
    """
    names = settings.fallback_name
    told = settings.fallback_api_key
    keys = tuple(told.get_secret_value().split(",")) if told else ()
    urls = _each("fallback_base_url", settings.fallback_base_url, len(names))
    secrets = _each("fallback_api_key", keys, len(names))
    return tuple(
        _endpoint(settings, "fallback", name, url, SecretStr(key) if key else None)
        for name, url, key in zip(names, urls, secrets, strict=True)
    )


def _each(setting: str, told: tuple[str, ...], number: int) -> tuple[str | None, ...]:
    """Return one value for each fallback: all their own, one for all, or none."""
    if len(told) not in {0, 1, number}:
        raise BadSetting(
            f"{variable(setting)} holds {len(told)} values for {number} fallbacks: give one for "
            "all, or one for each in the order of DESKHAND_FALLBACK_NAME, with commas between."
        )
    return told if len(told) == number else (told[0] if told else None,) * number


def _endpoint(
    settings: Settings, role: str, name: str, url: str | None, key: SecretStr | None
) -> Endpoint:
    base = url or settings.model_base_url or VENDOR
    where = variable(f"{role}_base_url")
    place = _origin(base, where)
    own = key.get_secret_value().strip() if key else ""
    if not own and place == _origin(settings.model_base_url or VENDOR, where):
        # the drafting endpoint's key goes to the drafting endpoint, and nowhere else
        own = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    return Endpoint(name, base.rstrip("/"), own or NO_KEY)


def _origin(url: str, setting: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port; a URL is not shown in an error, since it could hold a key."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        raise BadSetting(f"{setting} is no address: write it as https://host/v1.") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise BadSetting(f"{setting} is no address: write it as https://host/v1.")
    if parts.username is not None or parts.password is not None:
        raise BadSetting(f"{setting} holds a user or a key: set the key in its own setting.")
    return parts.scheme, parts.hostname, port


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe found of one model of one endpoint; no key.

    Attributes:
        at: unix seconds, UTC.
        thorough: everything was tried, not only what a draft needs.
    """

    model: str
    base_url: str
    abilities: Abilities
    at: float
    thorough: bool = False


_FILE: TypeAdapter[tuple[Probed, ...]] = TypeAdapter(tuple[Probed, ...])


class Probes:
    """What probes found, in a file of the home that every process of this machine shares."""

    def __init__(self, path: Path, clock: Clock, *, seconds: float = LAZY_SECONDS) -> None:
        self._path = path
        self._clock = clock
        self._seconds = seconds
        self._asking = asyncio.Lock()
        self._unsure: dict[tuple[str, str], float] = {}

    def find(self, endpoint: Endpoint) -> Probed | None:
        """Return what is known of an endpoint; another model or address is another endpoint."""
        same = (one for one in self._kept() if (one.model, one.base_url) == _key(endpoint))
        return next(same, None)

    def keep(self, endpoint: Endpoint, found: Abilities, *, thorough: bool) -> None:
        """Write down what was found, in place of what was known of this endpoint."""
        now = self._clock.now().timestamp()
        fresh = Probed(*_key(endpoint), found, now, thorough)
        others = [one for one in self._kept() if (one.model, one.base_url) != _key(endpoint)]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".endpoints-")
        with os.fdopen(handle, "wb") as file:
            file.write(_FILE.dump_json((*others, fresh), indent=1))
        Path(name).replace(self._path)

    async def fit(self, endpoint: Endpoint, sampling: Sampling) -> Sampling:
        """Return how an endpoint is asked; one that nobody knows is probed first, briefly.

        Raises:
            ModelUnavailable: it does not answer.
            EndpointRefused: it accepts nothing.
        """
        async with self._asking:
            known = await asyncio.to_thread(self.find, endpoint)
            if known is not None:
                return fitted(sampling, known.abilities)
            if self._unsure.get(_key(endpoint), 0.0) > self._clock.steady():
                return sampling
            found = await self._probed(endpoint, sampling)
        return sampling if found is None else fitted(sampling, found)

    async def _probed(self, endpoint: Endpoint, sampling: Sampling) -> Abilities | None:
        from agent.llm.probe import probe  # noqa: PLC0415 -- heavy, so only when a model is asked

        try:
            async with asyncio.timeout(self._seconds):
                found = await probe(endpoint, sampling, thorough=False)
        except TimeoutError:
            self._slow(endpoint)
            return None
        except ModelUnavailable as fault:
            if not fault.asked:
                raise
            self._slow(endpoint)
            return None
        await asyncio.to_thread(self.keep, endpoint, found, thorough=False)
        log.info("probed the model's endpoint", model=endpoint.model, strategy=found.strategy)
        return found

    def _slow(self, endpoint: Endpoint) -> None:
        """Go on as if nothing had been asked: a slow endpoint may still draft well."""
        self._unsure[_key(endpoint)] = self._clock.steady() + AGAIN
        log.warning("the model's endpoint was too slow for a probe", model=endpoint.model)

    def _kept(self) -> tuple[Probed, ...]:
        with contextlib.suppress(OSError, ValidationError):
            return _FILE.validate_json(self._path.read_bytes())
        return ()  # never written, or by another version: probing again costs two short calls


def _key(endpoint: Endpoint) -> tuple[str, str]:
    return endpoint.model, endpoint.base_url
