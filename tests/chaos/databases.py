"""A fresh database for each try: a file, or a database of its own on a Postgres server."""

import contextlib
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import postgres


@contextlib.contextmanager
def fresh(server: str) -> Iterator[str]:
    """Yield the URL of an empty database on a server, dropped afterwards."""
    name = f"deskhand_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextlib.contextmanager
def postgres_or_skip() -> Iterator[str]:
    """Yield a Postgres server's URL, or skip, loudly."""
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(postgres.server())
        except postgres.Missing as fault:
            pytest.skip(f"NOT TESTED ON POSTGRES: {fault}")
        yield url
