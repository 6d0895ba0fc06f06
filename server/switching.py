"""The commands that stop what is written, and let it go on; they act on the next write."""

from prompts import library
from server import policies
from server.errors import ServiceError
from server.look import FAILED, OK, USAGE, complain, database, out
from server.settings import Settings
from server.store import switches
from server.store.db import Connection
from tools.clock import SystemClock


def level_of(*, topic: str | None, model: str | None, prompt: str | None) -> str | None:
    """Return the level that stops public replies of one thing, or of all; None for too many."""
    named = [
        f"{mark}:{name}"
        for mark, name in zip(switches.MARKS, (topic, model, prompt), strict=True)
        if name is not None
    ]
    if len(named) > 1:
        return None
    return named[0] if named else switches.PUBLIC


async def stop(account: str | None, *, level: str | None, reason: str) -> int:
    """Stop writes from the next one on."""
    if level is None:
        complain("name one of --topic, --model and --prompt at a time")
        return USAGE
    whom = account or switches.EVERYBODY
    async with database(None) as (store, settings):
        now = SystemClock().now().timestamp()
        await store.write(lambda c: switches.stop(c, whom, level, reason=reason, now=now))
    out.print(f"Stopped {_what(level)} for {account or 'every account'}: {reason}", markup=False)
    strange = _strange(level, settings)
    if strange:
        out.print(f"Nothing bears this name at present: {strange}", style="yellow", markup=False)
    return OK


async def resume(account: str | None, *, level: str | None) -> int:
    """Let writes go on: all of them and public ones, or those of one topic, model or prompt."""
    if level is None:
        complain("name one of --topic, --model and --prompt at a time")
        return USAGE
    whom = account or switches.EVERYBODY
    levels = (switches.ALL, switches.PUBLIC) if level == switches.PUBLIC else (level,)
    async with database(None) as (store, _):

        def free(connection: Connection) -> bool:
            return True in [switches.release(connection, whom, each) for each in levels]

        freed = await store.write(free)
        left = await store.read(switches.listed)
    if not freed:
        complain(f"nothing was stopped for {account or 'every account'}{_named(level)}")
    else:
        told = f"Writing goes on for {account or 'every account'}{_named(level)}."
        out.print(told, markup=False)
    for whose, what, reason, _ in left:
        where = "every account" if whose == switches.EVERYBODY else whose
        out.print(f"Still stopped: {_what(what)} for {where}: {reason}", markup=False)
    return OK if freed else FAILED


def _what(level: str) -> str:
    if level == switches.ALL:
        return "all writing"
    return "public replies" + _named(level)


def _named(level: str) -> str:
    mark, _, name = level.partition(":")
    return f" of {mark} {name}" if name else ""


def _strange(level: str, settings: Settings) -> str:
    """Return what there is instead of a name that nothing bears: a slip would stop nothing."""
    mark, _, name = level.partition(":")
    try:
        known = {
            "topic": lambda: _topics(settings),
            "model": lambda: [settings.model_name or "extractive", *_fallbacks(settings)],
            "prompt": lambda: [library.live("draft_reply").reference],
        }[mark]()
    except (KeyError, ServiceError):
        return ""
    return "" if name in known else f"there are {', '.join(known) or 'none'}"


def _topics(settings: Settings) -> list[str]:
    if settings.policy is None:
        return ["other"]
    return [*(one.name for one in policies.load(settings.policy).topics), "other"]


def _fallbacks(settings: Settings) -> list[str]:
    return [*settings.fallback_name]
