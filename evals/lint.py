"""Look at cases, prompts and recordings without playing them, then test the cases themselves."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from evals.case import Case, load_cases
from evals.draws import Draws, shards
from evals.files import BadCase, Source
from evals.frozen import FILE, Drafts
from evals.ground import Grounds
from evals.prompted import RECORDED, unrecorded
from evals.scan import telltale
from evals.selftest import Tested, self_test
from evals.world import Document, load_world
from prompts import library

MOST_IN_CLUSTER = 4
"""More cases of one sort count for less than they look; intervals go by clusters."""


def static(cases: Path, recordings: Path) -> tuple[str, ...]:
    """Return every mistake that can be seen without playing a case; well under a second."""
    return (
        *_cases(cases),
        *(f"{fault} (see prompts/README.md)" for fault in library.check()),
        *_recordings(recordings),
    )


async def self_tests(cases: Sequence[Case]) -> tuple[Tested, ...]:
    """Return what testing each case gave, in the order given."""
    grounds = Grounds()
    free = asyncio.Semaphore(4)

    async def one(case: Case) -> Tested:
        async with free:
            return await self_test(case, grounds=grounds)

    try:
        return tuple(await asyncio.gather(*map(one, cases)))
    finally:
        grounds.close()


def questions(cases: Sequence[Case]) -> int:
    """Return how many different things customers ask in them, by subject and words."""
    return len({_question(case) for case in cases})


def _question(case: Case) -> tuple[str, ...]:
    listed = load_world(case.world).document(case.patch).get("tickets", [])
    ticket: Document = next(
        (one for one in listed if str(one.get("id")) == case.trigger.ticket), {}
    )
    said = [event.body for event in case.events if event.do == "customer_reply"]
    thread = [str(one.get("body")) for one in ticket.get("conversations", [])]
    return (case.world, str(ticket.get("subject")), str(ticket.get("description")), *thread, *said)


def _cases(folder: Path) -> Iterator[str]:
    try:
        cases = load_cases(folder)
    except BadCase as fault:
        yield from fault.mistakes
        return
    if not cases:
        yield f"{folder}: there is no case in it; name a folder of .yaml files"
    counts = Counter(case.cluster for case in cases)
    for cluster, count in counts.items():
        if count > MOST_IN_CLUSTER:
            last = [case for case in cases if case.cluster == cluster][MOST_IN_CLUSTER]
            problem = (
                f"the cluster {cluster!r} has {count} cases, {MOST_IN_CLUSTER} are the most; "
                f"drop the least telling, or name what this one asks that the others do not"
            )
            yield Source(folder / f"{last.id}.yaml").at(["cluster"], problem)


def _recordings(folder: Path) -> Iterator[str]:
    try:
        draws = Draws(folder)
        Drafts(folder)
    except ValueError as fault:
        yield str(fault)
        return
    for name in RECORDED if len(draws) else ():
        yield from unrecorded(library.live(name), draws, where=str(folder))
    yield from _telltale(folder)


def _telltale(folder: Path) -> Iterator[str]:
    for shard in [*shards(folder), *folder.glob(FILE)]:
        for number, line in enumerate(shard.read_text("utf-8").splitlines(), start=1):
            found = telltale(line)
            if found:
                yield f"{shard}:{number}: something shaped like {found}; scrub it and record again"
