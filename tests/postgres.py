"""A Postgres server for tests and benchmarks: the one that is named, or one of our own.

`initdb` refuses root, so where we are root the server runs as an unprivileged user.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

_UNPRIVILEGED = ("postgres", "nobody")
"""Users to run as where we are root, the best first."""
_BINARIES = Path("/usr/lib/postgresql")
"""Where Debian's packages put each version's programs."""
_START = 30.0
"""Seconds a server may take to start, and again to stop."""
_QUICK = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class Missing(Exception):
    """There is no server, and no program to start one; the message says what was looked for."""


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Yield the URL of a server: `TEST_DATABASE_URL`, or one started for the length of a block.

    Args:
        durable: whether commits of our own server must reach the disk.

    Raises:
        Missing: neither can be had.
    """
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield named
        return
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="deskhand-postgres-") as made:
        folder = Path(made)
        user = _unprivileged(folder)
        _initialise(programs, folder, user)
        with _started(programs, folder, user, durable=durable) as url:
            yield url


@contextmanager
def schema(url: str) -> Iterator[str]:
    """Yield the URL of an empty schema of its own, dropped afterwards.

    What is there already is neither seen nor touched.
    """
    name = f"deskhand_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"'.encode())
    try:
        mark = "&" if "?" in url else "?"
        yield f"{url}{mark}options={quote(f'-csearch_path={name}')}"
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP SCHEMA "{name}" CASCADE'.encode())


def _programs() -> Path:
    """Return the folder of the newest version's programs."""
    versions = [path.parent for path in _BINARIES.glob("*/bin/initdb")]
    if versions:
        return max(versions, key=_version)
    found = shutil.which("initdb")
    if found is None:
        raise Missing(f"no TEST_DATABASE_URL, and no initdb in {_BINARIES} or on the path")
    return Path(found).parent


def _version(programs: Path) -> float:
    name = programs.parent.name
    return float(name) if name.replace(".", "", 1).isdigit() else 0.0


def _unprivileged(folder: Path) -> str | None:
    """Return the user to run as, who then owns the folder; None where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return name
    raise Missing(f"initdb refuses root, and there is no user {' or '.join(_UNPRIVILEGED)}")


def _initialise(programs: Path, folder: Path, user: str | None) -> None:
    made = subprocess.run(
        [
            *(programs / "initdb", "--pgdata", folder / "pgdata"),
            *("--username", "deskhand", "--auth", "trust", "--encoding", "UTF8"),
            *("--locale", "C", "--no-sync"),
        ],
        user=user,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise Missing(f"initdb failed: {made.stderr.strip()}")


@dataclass
class Server:
    """A server of our own, which may be stopped and started again."""

    programs: Path
    folder: Path
    user: str | None
    durable: bool
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it listens, whether it runs or not."""
        return f"postgresql://deskhand@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            Missing: it does not start.
        """
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(self.programs / "postgres", "-D", self.folder / "pgdata"),
                    *("-p", str(self.port), "-h", "127.0.0.1", "-c", "unix_socket_directories="),
                    *(() if self.durable else _QUICK),
                ],
                user=self.user,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        _await(self.process, self.url, self.folder / "log")

    def stop(self, *, crash: bool = False) -> None:
        """Stop it at once; connections are cut. A crash leaves it to recover from its log."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self.process.wait(timeout=_START)
        self.process = None


@contextmanager
def restartable() -> Iterator[Server]:
    """Yield a durable server of our own, running, for the length of a block.

    Raises:
        Missing: there is no program to start one.
    """
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="deskhand-postgres-") as made:
        folder = Path(made)
        user = _unprivileged(folder)
        _initialise(programs, folder, user)
        own = Server(programs, folder, user, durable=True, port=_free_port())
        try:
            own.start()
            yield own
        finally:
            own.stop()


@contextmanager
def _started(programs: Path, folder: Path, user: str | None, *, durable: bool) -> Iterator[str]:
    own = Server(programs, folder, user, durable=durable, port=_free_port())
    try:
        own.start()
        yield own.url
    finally:
        own.stop()


def _await(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    until = time.monotonic() + _START
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                said = log.read_text(errors="replace").strip().splitlines()[-3:]
                raise Missing(f"the server did not start: {' / '.join(said)}") from None
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port
