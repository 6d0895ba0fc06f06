"""The commands about a policy: write one, check it, explain it on a ticket, compare two."""

from importlib.resources import files
from pathlib import Path

from agent.policy.terms import Policy
from server import policies, policy_words
from server.errors import BadSetting
from server.look import FAILED, OK, complain, out, say, table
from server.settings import load

STARTER = "policy.toml"
"""The file that `init` writes, beside this module."""


def starter() -> str:
    """Return the commented policy that `init` writes: private notes only."""
    return files("server").joinpath(STARTER).read_text("utf-8")


async def init(file: Path | None, *, as_json: bool, config: Path | None) -> int:
    """Write a commented policy that allows private notes only; what is there is never touched."""
    path = file or load(config=config).settings.home / STARTER
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as made:
            made.write(starter())
    except FileExistsError:
        complain(f"{path} is there already. Name another file, or move it away first.")
        return FAILED
    except OSError as fault:
        complain(f"{path} cannot be written ({type(fault).__name__}). Name another file.")
        return FAILED
    if as_json:
        say({"file": str(path)})
    else:
        told = f"Wrote {path}: private notes only. Edit it, then `deskhand policy check {path}`,"
        out.print(told, markup=False, soft_wrap=True)
        out.print(f"and set DESKHAND_POLICY={path}", markup=False, soft_wrap=True)
    return OK


async def check(file: Path | None, *, as_json: bool, config: Path | None) -> int:
    """Say what a policy means, or every mistake in it; 1 where there is one."""
    path = file or load(config=config).settings.policy
    try:
        policy = Policy() if path is None else policies.load(path, setting="policy check")
    except BadSetting as fault:
        mistakes = str(fault).removeprefix("policy check, ").split("\npolicy check, ")
        if as_json:
            say({"file": str(path), "ok": False, "mistakes": mistakes})
        for mistake in mistakes if not as_json else ():
            complain(mistake)
        return FAILED
    doubts = list(policy_words.doubts(policy))
    if as_json:
        say(
            {
                "file": str(path) if path else None,
                "ok": True,
                "version": policy.version,
                "cells": policy_words.cells(policy),
                "topics": policy_words.topics(policy),
                "facts": policy_words.facts(policy),
                "doubts": doubts,
            }
        )
    else:
        _show(policy, path, doubts)
    return OK


def _show(policy: Policy, path: Path | None, doubts: list[str]) -> None:
    named = str(path) if path else "No policy file: private notes only"
    out.print(f"{named} (version {policy.version})", style="bold", markup=False)
    columns = ("cell", "topics", "channels", "languages", "mode", "means")
    out.print(table("Cells: the first that fits decides", policy_words.cells(policy), columns))
    if policy.topics:
        known = ("topic", "words", "tags", "types", "groups", "sets", "always")
        out.print(table("Topics", policy_words.topics(policy), known))
    for fact in policy_words.facts(policy):
        out.print(fact, markup=False)
    for doubt in doubts:
        out.print(f"Look: {doubt}", style="yellow", markup=False)
