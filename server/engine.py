"""The one door to the durable engine: start work in a transaction, run it, find it again.

The engine recovers only what ran under the same executor id and application version, so both
are constant: the id is a replica's slot, the version a contract number that changes only when
the workflow below changes its steps.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy import Connection, Row, bindparam, text

from server.store.db import Database, one_at_a_time, usable
from server.work import Work

__all__ = ["CONTRACT", "NOBODY", "Engine", "Stranded", "Work"]

CONTRACT = "1"
"""Changed with the workflow's steps; `server.handover` carries over the work in flight."""
QUEUE = "deliveries"
WORKFLOW = "handle"
RECOVERIES = 20
"""Poison is counted by us (see `server.workflow`); this is the engine's own last resort."""
NOBODY = "none"
"""The executor id of a command that starts work and runs none."""
POLL = 0.2
"""Seconds between looks at the queue."""
THREADS = 8
"""For what blocks. Each wakes up into a fight for the interpreter: four times as many cost a
tenth of the throughput."""
SHARDS = 1024
"""Lines that work waits in. Each look at the queue costs as much as there are lines with work: a
line for every ticket took a quarter of a second with 100,000 waiting. Two tickets rarely share
one, and the second of them then waits for the first one's run."""
PAGE = 500
"""Works dropped at once."""
CUT = 3
"""Seconds before the end of a stop at which what still runs is cut off."""


def shard(partition: str) -> str:
    """Return the line in which work of a partition waits: always the same one."""
    return f"{crc32(partition.encode()) % SHARDS:04d}"


@dataclass(frozen=True, slots=True)
class Stranded:
    """Unfinished work of another contract.

    Attributes:
        runner: the executor it ran on; None while it waits for one.
    """

    work: str
    contract: str
    runner: str | None


class Engine:
    """Durable workflows on the product's own database.

    Attributes:
        contract: which contract's work is run here.
    """

    def __init__(
        self, database: Database, *, executor: str, at_once: int = 16, contract: str = CONTRACT
    ) -> None:
        self.contract = contract
        self._database = database
        self._executor = executor
        self._at_once = at_once
        self._client: DBOSClient | None = None
        self._is_prepared = False
        self._running: dict[str, asyncio.Task[Any] | None] = {}
        self._dropped: frozenset[str] = frozenset()

    def prepare(self) -> None:
        """Make the engine's tables, one process at a time; `start` does so too."""
        if not self._is_prepared:
            with one_at_a_time(self._database):
                DBOS.migrate(_any_url(self._database))
            self._is_prepared = True

    async def start(self, handle: Callable[[int, int], Awaitable[None]]) -> None:
        """Run what is queued, and first what was cut short."""
        self._quiet()
        await asyncio.to_thread(self._register)
        DBOS(config=self._config())

        async def work(delivery: int, attempt: int) -> None:
            name = Work(delivery, attempt, "").id
            self._running[name] = asyncio.current_task()
            try:
                await handle(delivery, attempt)
            finally:
                del self._running[name]

        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERIES)(work)
        DBOS.launch()

    def enqueue(self, connection: Connection, work: Work, *, delay: float = 0.0) -> None:
        """Enqueue work inside the caller's transaction, to begin after `delay` seconds."""
        options = EnqueueOptions(
            workflow_name=WORKFLOW,
            queue_name=QUEUE,
            workflow_id=work.id,
            app_version=self.contract,
            queue_partition_key=shard(work.partition),
        )
        if delay > 0:
            options["delay_seconds"] = delay
        self._clients().enqueue_in_transaction(connection, options, work.delivery, work.attempt)

    async def step(self, name: str, act: Callable[[], Coroutine[Any, Any, str]]) -> str:
        """Run a step of the present workflow once and keep its text; or return what was kept.

        Raises:
            Unready: what came of it cannot be kept right now.
        """
        with usable():
            done: str = await DBOS.run_step_async({"name": name}, act)
        return done

    def stranded(self) -> list[Stranded]:
        """Return the unfinished work of other contracts, which will not run here."""
        rows = self._ask(
            "SELECT workflow_uuid, application_version, "
            "CASE WHEN status = 'PENDING' THEN executor_id END FROM {schema}workflow_status "
            "WHERE status IN ('PENDING', 'ENQUEUED', 'DELAYED') AND application_version <> :v",
            v=self.contract,
        )
        return [Stranded(str(one[0]), str(one[1]), one[2]) for one in rows]

    def runners(self) -> set[str]:
        """Return the executors that work of this contract began on and did not end."""
        rows = self._ask(
            "SELECT DISTINCT executor_id FROM {schema}workflow_status "
            "WHERE status = 'PENDING' AND application_version = :v",
            v=self.contract,
        )
        return {str(one[0]) for one in rows}

    def unstarted(self) -> list[int]:
        """Return the deliveries that should run and of which the engine knows nothing."""
        rows = self._ask(
            "SELECT d.id FROM deliveries d LEFT JOIN {schema}workflow_status w "
            "ON w.workflow_uuid = 'delivery-' || d.id || '-' || d.attempt "
            "WHERE d.state IN ('pending', 'running', 'waiting') AND w.workflow_uuid IS NULL "
            "ORDER BY d.id"
        )
        return [int(one[0]) for one in rows]

    def forget(self, works: Sequence[str]) -> None:
        """Drop works with their steps, so that they can be enqueued again."""
        for first in range(0, len(works), PAGE):
            self._clients().delete_workflows(list(works[first : first + PAGE]))

    def drop_ended(self, *, before: float) -> int:
        """Drop a page of works that ended before then, with their steps; return how many.

        Args:
            before: unix seconds.
        """
        rows = self._ask(
            "SELECT workflow_uuid FROM {schema}workflow_status "
            "WHERE status IN ('SUCCESS', 'ERROR', 'CANCELLED') AND updated_at < :before "
            "ORDER BY updated_at LIMIT :page",
            before=int(before * 1000),
            page=PAGE,
        )
        self.forget([str(one[0]) for one in rows])
        return len(rows)

    def hand_back(self, executors: Sequence[str]) -> int:
        """Put what dead executors were working on back into the queue; return how much."""
        cut = self._clients().list_workflows(
            status="PENDING",
            executor_id=list(executors),
            app_version=self.contract,
            load_input=False,
            load_output=False,
        )
        works = [one.workflow_id for one in cut]
        if works:
            self._clients().resume_workflows(works, queue_name=QUEUE)
        return len(works)

    def put_back(self) -> int:
        """Queue again what this process took and no longer does, seen so twice; return how much.

        The engine notes an end in a write of its own. Where that fails, on a full disk for one, the
        work keeps its line for good, and all that waits in it waits for nothing.
        """
        rows = self._ask(
            "SELECT workflow_uuid FROM {schema}workflow_status WHERE status = 'PENDING' "
            "AND application_version = :v AND executor_id = :me",
            v=self.contract,
            me=self._executor,
        )
        seen, self._dropped = self._dropped, frozenset(str(one[0]) for one in rows)
        self._dropped -= self._running.keys()
        works = sorted(seen & self._dropped)
        for first in range(0, len(works), PAGE):
            self._clients().resume_workflows(works[first : first + PAGE], queue_name=QUEUE)
        return len(works)

    def over(self, works: Sequence[str]) -> frozenset[str]:
        """Return which of these works the engine will not touch again, or does not know."""
        rows = self._ask(
            "SELECT workflow_uuid FROM {schema}workflow_status "
            "WHERE workflow_uuid IN :works AND status IN ('PENDING', 'ENQUEUED', 'DELAYED')",
            works=list(works),
        )
        return frozenset(works) - {str(row[0]) for row in rows}

    async def stop(self, *, within: int) -> None:
        """Take no more work, wait for what runs, and leave the rest to the next start.

        What does not end in time is cancelled before the engine takes its threads away: else it
        would take their loss for a fault of its own and end its delivery with it. Cancelled, it
        is nothing but cut off, and the next start finds it.

        Args:
            within: seconds to wait at most.
        """
        ending = asyncio.create_task(
            asyncio.to_thread(
                DBOS.destroy, destroy_registry=True, workflow_completion_timeout_sec=within
            )
        )
        await asyncio.wait({ending}, timeout=within - CUT)
        for task in list(self._running.values()):
            if task is not None:
                task.cancel()
        await ending
        # The engine made its own pool the loop's default and has just shut it down.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        if self._client is not None:
            self._client.destroy()
            self._client = None

    def _register(self) -> None:
        """Make the queue before the engine looks for queues, or its first look misses it."""
        self.prepare()
        self._clients().register_queue(
            QUEUE,
            partition_concurrency=1,
            worker_concurrency=self._at_once,
            polling_interval_sec=POLL,
        )

    def _ask(self, question: str, **given: object) -> Sequence[Row[*tuple[Any, ...]]]:
        """Read from the engine's own tables; `{schema}` stands for where they are."""
        query = text(question.format(schema="" if self._database.is_sqlite else "dbos."))
        if "works" in given:
            query = query.bindparams(bindparam("works", expanding=True))
        return self._database.read_now(lambda c: c.execute(query, given).all())

    def _clients(self) -> DBOSClient:
        if self._client is None:
            self._client = DBOSClient(
                system_database_engine=self._database.engine,
                application_name="deskhand",
                serializer=DBOSPortableJSONSerializer(),
            )
        return self._client

    def _config(self) -> DBOSConfig:
        return DBOSConfig(
            name="deskhand",
            system_database_url=_any_url(self._database),
            system_database_engine=self._database.engine,
            application_version=self.contract,
            executor_id=self._executor,
            serializer=DBOSPortableJSONSerializer(),
            use_listen_notify=False,
            enable_otlp=False,
            log_level="ERROR",
            scheduler_polling_interval_sec=3600.0,
            max_executor_threads=THREADS,
        )

    @staticmethod
    def _quiet() -> None:
        logger: Any = logging.getLogger("dbos")
        logger.setLevel(logging.ERROR)


def _any_url(database: Database) -> str:
    """Return a URL of the right kind; the engine handed over is what is used."""
    if database.is_sqlite:
        return f"sqlite:///{database.engine.url.database}"
    return database.engine.url.render_as_string(hide_password=False)
