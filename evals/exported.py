"""Read the file that `deskhand export run` writes; a cut, foreign or newer one is refused."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from agent.model import Result
from evals.files import BadCase

VERSION = 1
_RESULT = TypeAdapter(Result)
_AGAIN = "export it again: deskhand export run RUN"


@dataclass(frozen=True, slots=True)
class Exported:
    """One real run.

    Attributes:
        policy: what the account allowed, by the keys of a case's `policy`.
    """

    run: str
    policy: dict[str, Any]
    result: Result


def read(path: Path) -> Exported:
    """Return the run.

    Raises:
        BadCase: it cannot be read; file, line or field and mend are named.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as fault:
        raise BadCase(
            [f"{path}:{fault.lineno}: cut or not JSON ({fault.msg}); {_AGAIN}"]
        ) from fault
    except (OSError, UnicodeDecodeError) as fault:
        raise BadCase([f"{path}:1: cannot be read ({type(fault).__name__}); {_AGAIN}"]) from fault
    if not isinstance(told, dict) or told.get("deskhand") != "run":
        raise BadCase([f"{path}:1: this is no run of Deskhand's; {_AGAIN}"])
    version = told.get("version")
    if version != VERSION:
        mend = "promote it with the Deskhand that exported it" if _newer(version) else _AGAIN
        raise BadCase(
            [f"{path}: version: it is {version!r}, this Deskhand reads {VERSION}; {mend}"]
        )
    missing = [key for key in ("run", "policy", "result") if key not in told]
    if missing:
        raise BadCase(f"{path}: the field {key!r} is missing; {_AGAIN}" for key in missing)
    try:
        result = _RESULT.validate_python(told["result"])
    except ValidationError as fault:
        places = (".".join(map(str, d["loc"])) for d in fault.errors(include_input=False))
        raise BadCase(
            f"{path}: result.{p}: not what a run holds; {_AGAIN}" for p in places
        ) from fault
    return Exported(str(told["run"]), told["policy"], result)


def _newer(version: object) -> bool:
    return isinstance(version, int) and version > VERSION
