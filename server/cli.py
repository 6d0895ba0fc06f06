"""The command `deskhand`: the quick answers, and the last door for every error."""

import sys
import time
from importlib.metadata import version
from typing import NoReturn

STARTED = time.monotonic()
"""When the process began, near enough: the demo counts from here."""


def main() -> None:
    """Run the command line; exit codes 0 ok, 1 failed, 2 usage, 3 attention, 4 infrastructure."""
    words = sys.argv[1:]
    if words == ["--version"]:
        print(f"deskhand {version('deskhand')}")  # noqa: T201 -- before anything heavy is loaded
        return
    if "--debug" in words:
        sys.argv = [word for word in sys.argv if word != "--debug"]
        _command_line(words)
        return
    try:
        _command_line(words)
    except Exception as fault:  # noqa: BLE001 -- the last door: a sentence, not a traceback
        _fail(fault)


def _command_line(words: list[str]) -> None:
    from server.command_line import build  # noqa: PLC0415 -- seconds of libraries hang on it

    build(words, started=STARTED)()


def _fail(fault: Exception) -> NoReturn:
    from rich.console import Console  # noqa: PLC0415 -- only errors need it

    from server.errors import BadSetting, Unready  # noqa: PLC0415 -- likewise

    code = 2 if isinstance(fault, BadSetting) else 4 if isinstance(fault, Unready) else 1
    known = code != 1
    text = str(fault) if known else f"{type(fault).__name__}: {fault}"
    console = Console(stderr=True, highlight=False)
    for line in text.splitlines():
        console.print(f"deskhand: {line}", style="red", markup=False, soft_wrap=True)
    if not known:
        console.print("Run the same with --debug to see where.", markup=False)
    raise SystemExit(code)
