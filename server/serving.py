"""The commands that stay up and answer: `serve` and `worker`.

`serve` opens its door before it loads what is behind it: see `server.opening`.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import uvicorn
from rich.console import Console

from server import opening
from server.errors import Unready
from server.logs import configure, unfailing
from server.opening import Opening, Rest
from server.settings import Loaded, load
from server.store.held import Held, open_held
from server.work import Later

GRACE = 2
"""Seconds open requests get on a stop."""
CONNECTIONS = 512
"""At once; more are answered 503 by the web server."""


def serve(*, config: Path | None, flags: Mapping[str, object], version: str) -> None:
    """Serve until SIGTERM or Ctrl-C; running work is finished or left to the next start.

    Raises:
        BadSetting: a setting is missing or cannot be used.
        Unready: the database or the port cannot be had.
    """
    loaded = load(config=config, flags=flags).need(
        "freshdesk_domain", "freshdesk_api_key", "webhook_secret"
    )
    held = open_held(loaded.settings.database)
    with contextlib.closing(held), unfailing():
        configure()
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        run(loaded, held, lambda: _rest(loaded, held, version))


def run(loaded: Loaded, held: Held, build: Callable[[], Rest]) -> None:
    """Open the door, load the rest behind it, and serve until a signal.

    Args:
        loaded: the settings.
        held: the open database.
        build: loads and builds the rest, in a thread.

    Raises:
        Unready: the port cannot be had, or the web server did not start.
        Exception: whatever `build` raises, or the rest of the service when it starts.
    """
    settings, later = loaded.settings, Later()
    taking = opening.intake(loaded, held.database, later)
    door = Opening(taking, later, build, ended=lambda: setattr(server, "should_exit", True))
    server = uvicorn.Server(web(door, host=settings.host, port=settings.port))
    try:
        server.run()
    except SystemExit as fault:  # the web server's way of saying that it could not bind
        from server import wiring  # noqa: PLC0415 -- heavy, and here nobody waits for a webhook

        wiring.policy(loaded)  # a wrong setting is told before a port that is taken
        raise Unready(
            f"cannot listen on {settings.host} port {settings.port}: is it taken? "
            "Set DESKHAND_PORT or DESKHAND_HOST to another."
        ) from fault
    if door.fault is not None:
        raise door.fault
    if not server.started:
        raise Unready("the service did not start: the log above says why")


def _rest(loaded: Loaded, held: Held, version: str) -> Rest:
    """Load and build what is behind the door: a second of libraries."""
    from server import wiring  # noqa: PLC0415 -- the door is open before all this is loaded
    from server.app import create_app  # noqa: PLC0415 -- likewise

    service = wiring.serving(loaded, held)
    announce(loaded)
    app = create_app(service, version)
    return Rest(app, service.engine, service.hand_over, service.close)


async def work(*, config: Path | None) -> int:
    """Work beside a serving process on the same Postgres until SIGTERM or Ctrl-C.

    Raises:
        BadSetting: a setting is missing or cannot be used, or the database is SQLite.
        Unready: the database cannot be had.
    """
    from server import wiring  # noqa: PLC0415 -- only a worker waits for all of it
    from server.app import running  # noqa: PLC0415 -- likewise

    loaded = load(config=config)
    stopped = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stopped.set)
    with unfailing():
        configure()
        async with running(wiring.working(loaded)):
            console = Console(stderr=True, highlight=False)
            console.print(f"Deskhand works for account {loaded.settings.account}; Ctrl-C stops it")
            await stopped.wait()
    return 0


def web(app: object, *, host: str, port: int) -> uvicorn.Config:
    """Return the web server's settings, bounded in connections and waits."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # any ASGI application
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=30,
    )


def announce(loaded: Loaded) -> None:
    """Say on the terminal what is served, and where."""
    settings = loaded.settings
    lines = {
        "helpdesk": settings.freshdesk_domain or "",
        "webhook": f"POST http://{settings.host}:{settings.port}/hooks/{settings.account}",
        "drafter": settings.model_name or "extractive: quotes the help centre, needs no model",
        "policy": str(settings.policy or "private notes only"),
    }
    if settings.openai_api_key is not None and settings.model_name is None:
        lines["note"] = "OPENAI_API_KEY is set, DESKHAND_MODEL_NAME is not: no model is used"
    console = Console(stderr=True, highlight=False)
    console.print(f"Deskhand serves account {settings.account}; Ctrl-C stops it", style="bold")
    for name, text in lines.items():
        console.print(f"  {name:<9}{text}", markup=False, soft_wrap=True)
