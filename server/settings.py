"""The settings, read once: defaults < deskhand.toml < .env < environment < flags.

Layers are read here and not by a settings library because every error must name the setting,
where its value came from, and the fix, and because any setting may also come from a file.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from server.errors import BadSetting

PREFIX = "DESKHAND_"
UNPREFIXED = {"OPENAI_API_KEY": "openai_api_key"}
FILE = "_FILE"


def _seconds(value: object) -> object:
    """Read `5,15,40` as numbers."""
    if isinstance(value, str):
        return tuple(float(part) for part in value.split(",") if part.strip())
    return value


def _listed(value: object) -> object:
    """Read `one,two` as texts."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Moments = Annotated[tuple[float, ...], BeforeValidator(_seconds), Field(min_length=1)]


class Settings(BaseModel):
    """Everything that can be set; secrets are typed as such and print as stars."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    home: Path = Field(default_factory=lambda: user_data_path("deskhand", appauthor=False))
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    account: str = Field(default="default", pattern=r"^[A-Za-z0-9._-]{1,64}$")
    provider: Literal["freshdesk"] = "freshdesk"
    freshdesk_domain: str | None = None
    freshdesk_api_key: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    webhook_secret_previous: SecretStr | None = None
    api_token: SecretStr | None = None
    model_name: str | None = None
    model_base_url: str | None = None
    openai_api_key: SecretStr | None = None
    judge_name: str | None = None
    judge_base_url: str | None = None
    judge_api_key: SecretStr | None = None
    embed_base_url: str | None = None
    embed_name: str | None = None
    embed_api_key: SecretStr | None = None
    fallback_name: Texts = ()
    fallback_base_url: Texts = ()
    fallback_api_key: SecretStr | None = None
    prices: Path | None = None
    policy: Path | None = None
    quiet_seconds: float = Field(default=20.0, ge=0, le=600)
    verify_seconds: Moments = (5, 15, 40, 120, 240)
    knowledge: Path | None = None

    @property
    def database(self) -> str:
        """The database's URL: SQLite in the home unless set otherwise."""
        return self.database_url or f"sqlite:///{self.home / 'deskhand.db'}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each value came from."""

    settings: Settings
    origin: Mapping[str, str]

    def need(self, *names: str) -> Self:
        """Refuse to go on without these.

        Raises:
            BadSetting: names the first that is missing, and the fix.
        """
        for name in names:
            if getattr(self.settings, name) in {None, ""}:
                raise BadSetting(
                    f"{variable(name)} is not set. Set it in the environment, or in "
                    f"{self.settings.home / '.env'} or {self.settings.home / 'deskhand.toml'}. "
                    f"{_HELP.get(name, '')}".strip()
                )
        return self


_HELP = {
    "freshdesk_domain": "It is your helpdesk's address, such as acme.freshdesk.com.",
    "freshdesk_api_key": "You find it in the agent's profile settings in Freshdesk.",
    "webhook_secret": "Choose a long random text and put the same into the automation rule's "
    "header X-Deskhand-Secret.",
}


def load(
    environment: Mapping[str, str] | None = None,
    *,
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
) -> Loaded:
    """Read all layers and check them.

    Args:
        environment: instead of the process's own; for the demo and the tests.
        config: a TOML file instead of `deskhand.toml` in the home; `.env` is read beside it.
        flags: what the command line said; wins over everything.

    Raises:
        BadSetting: one sentence per fault, each with its setting, its origin and the fix.
    """
    outside = _from_names(os.environ if environment is None else environment, "the environment")
    given = {name: (value, "the command line") for name, value in (flags or {}).items()}
    home = Path(str((given | outside).get("home", (Settings().home, ""))[0]))
    folder = config.parent if config else home
    layers: dict[str, tuple[object, str]] = {}
    layers |= _from_toml(config or folder / "deskhand.toml", must_exist=config is not None)
    layers |= _from_dotenv(folder / ".env")
    layers |= outside | given
    layers.setdefault("home", (home, "the default"))
    try:
        settings = Settings.model_validate({name: value for name, (value, _) in layers.items()})
    except ValidationError as fault:
        raise BadSetting(_explain(fault, layers)) from None
    return Loaded(settings, {name: origin for name, (_, origin) in layers.items()})


def of_the_environment(names: tuple[str, ...]) -> dict[str, str]:
    """Return those of the process's variables that are set, and their `_FILE` twins."""
    wanted = {*names, *(name + FILE for name in names)}
    return {name: os.environ[name] for name in wanted if os.environ.get(name)}


def variable(name: str) -> str:
    """Return a field's name as an environment variable."""
    return next((k for k, v in UNPREFIXED.items() if v == name), PREFIX + name.upper())


def _from_names(names: Mapping[str, Any], origin: str) -> dict[str, tuple[object, str]]:
    found: dict[str, tuple[object, str]] = {}
    for key, value in names.items():
        upper = key.upper()
        if not upper.startswith(PREFIX) and upper.removesuffix(FILE) not in UNPREFIXED:
            continue
        if value is None or value == "":
            continue
        name, content, source = _entry(upper, value, origin)
        found[name] = (content, source)
    return found


def _entry(upper: str, value: object, origin: str) -> tuple[str, object, str]:
    name = _field(upper)
    if name is not None:
        return name, value, origin
    name = _field(upper.removesuffix(FILE)) if upper.endswith(FILE) else None
    if name is None:
        raise BadSetting(f"{upper} from {origin} is not a setting. {_suggest(upper)}")
    try:
        content = Path(str(value)).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise BadSetting(
            f"{upper} from {origin} names {str(value)!r}, which cannot be read "
            f"({type(fault).__name__}). Give a readable text file, or set "
            f"{upper.removesuffix(FILE)} itself."
        ) from None
    return name, content, f"the file {value}"


def _field(upper: str) -> str | None:
    name = UNPREFIXED.get(upper) or upper.removeprefix(PREFIX).lower()
    return name if name in Settings.model_fields else None


def _from_toml(path: Path, *, must_exist: bool) -> dict[str, tuple[object, str]]:
    if not path.is_file():
        if must_exist:
            raise BadSetting(f"--config names {str(path)!r}, and there is no such file.")
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise BadSetting(f"{path} is not valid TOML: {fault}") from None
    named = {key if key.upper() in UNPREFIXED else _prefixed(key): v for key, v in document.items()}
    return _from_names(named, str(path))


def _prefixed(key: str) -> str:
    return key if key.upper().startswith(PREFIX) else PREFIX + key


def _from_dotenv(path: Path) -> dict[str, tuple[object, str]]:
    if not path.is_file():
        return {}
    return _from_names(dotenv_values(path, interpolate=False), str(path))


def _suggest(upper: str) -> str:
    known = [variable(name) for name in Settings.model_fields]
    close = difflib.get_close_matches(upper, known, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]}?"
    return "The README lists all settings."


def _explain(fault: ValidationError, layers: Mapping[str, tuple[object, str]]) -> str:
    lines = []
    for error in fault.errors(include_url=False, include_context=False):
        name = str(error["loc"][0])
        value, origin = layers.get(name, ("", "the default"))
        shown = "its value" if _is_secret(name) else repr(str(value))
        lines.append(
            f"{variable(name)} from {origin} cannot be used: {shown} - {_plain(error['msg'])}."
        )
    return "\n".join(lines)


def _is_secret(name: str) -> bool:
    return "SecretStr" in str(Settings.model_fields[name].annotation)


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")
