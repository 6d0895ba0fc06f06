"""The policy file of an account, read again whenever something depends on it."""

from dataclasses import replace
from pathlib import Path

import structlog

from agent.policy.file import BadPolicy, read
from agent.policy.terms import Policy
from server.errors import BadSetting

_SETTING = "DESKHAND_POLICY"

log = structlog.get_logger()


def load(path: Path, *, setting: str = _SETTING) -> Policy:
    """Return the policy that a file holds.

    Raises:
        BadSetting: it cannot be read, or keys or values do not fit: one line for each mistake.
    """
    return _understood(_content(path, setting), path, setting)


def _content(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise BadSetting(
            f"{setting} names {str(path)!r}, which cannot be read ({type(fault).__name__}). "
            "Give a readable file; `deskhand policy init` writes one."
        ) from fault


def _understood(content: bytes, path: Path, setting: str) -> Policy:
    try:
        return read(content, where=str(path))
    except BadPolicy as fault:
        raise BadSetting("\n".join(f"{setting}, {one}" for one in fault.faults)) from fault


class PolicySource:
    """The present policy of one account; without a file, private notes only.

    A file that cannot be used any more takes nothing with it: the policy before goes on for
    notes, and says why nothing goes out in public.
    """

    def __init__(self, path: Path | None, *, hosts: tuple[str, ...]) -> None:
        """Read the file for the first time.

        Raises:
            BadSetting: it cannot be used.
        """
        self._path = path
        self._hosts = hosts
        self._content = b""
        self._good = Policy(portal_hosts=hosts)
        self._told = ""
        if path is not None:
            self._refresh(path)

    def now(self) -> Policy:
        """Return the policy as its file is at this moment; it is parsed only where it changed."""
        if self._path is None:
            return self._good
        try:
            self._refresh(self._path)
        except BadSetting as broken:
            fault = str(broken)
        else:
            fault = ""
        if fault != self._told:
            self._told = fault
            if fault:
                log.error("the policy file cannot be used; no public replies", fault=fault)
            else:
                log.info("the policy file can be used again", version=self._good.version)
        return replace(self._good, fault=fault)

    def _refresh(self, path: Path) -> None:
        content = _content(path, _SETTING)
        if content == self._content:
            return
        self._good = replace(_understood(content, path, _SETTING), portal_hosts=self._hosts)
        self._content = content
