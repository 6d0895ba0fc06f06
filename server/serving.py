"""The commands that stay up and answer: `serve` and `worker`."""

import asyncio
import logging
import signal
from collections.abc import Mapping
from pathlib import Path

import uvicorn
from rich.console import Console

from server import wiring
from server.app import create_app, running
from server.errors import Unready
from server.logs import configure
from server.settings import Loaded, load

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
    loaded = load(config=config, flags=flags)
    configure()
    app = create_app(wiring.serving(loaded), version)
    announce(loaded)
    settings = loaded.settings
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    server = uvicorn.Server(web(app, host=settings.host, port=settings.port))
    try:
        server.run()
    except SystemExit as fault:  # the web server's way of saying that it could not bind
        raise Unready(
            f"cannot listen on {settings.host} port {settings.port}: is it taken? "
            "Set DESKHAND_PORT or DESKHAND_HOST to another."
        ) from fault
    if not server.started:
        raise Unready("the service did not start: the log above says why")


async def work(*, config: Path | None) -> int:
    """Work beside a serving process on the same Postgres until SIGTERM or Ctrl-C.

    Raises:
        BadSetting: a setting is missing or cannot be used, or the database is SQLite.
        Unready: the database cannot be had.
    """
    loaded = load(config=config)
    configure()
    service = wiring.working(loaded)
    stopped = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stopped.set)
    async with running(service):
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
