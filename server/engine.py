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

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy import Connection, text

from server.store.db import Database, one_at_a_time

CONTRACT = "1"
"""Changed only with a plan for the work in flight."""
QUEUE = "deliveries"
WORKFLOW = "handle"
RECOVERIES = 20
"""Poison is counted by us (see `server.workflow`); this is the engine's own last resort."""
NOBODY = "none"
"""The executor id of a command that starts work and runs none."""
POLL = 0.1
"""Seconds between looks at the queue."""


@dataclass(frozen=True, slots=True)
class Work:
    """One attempt at one delivery.

    Attributes:
        partition: work of one partition runs one at a time: a ticket.
    """

    delivery: int
    attempt: int
    partition: str

    @property
    def id(self) -> str:
        """The engine's id for it: the same work enqueued twice is one."""
        return f"delivery-{self.delivery}-{self.attempt}"


class Engine:
    """Durable workflows on the product's own database."""

    def __init__(self, database: Database, *, executor: str, at_once: int = 16) -> None:
        self._database = database
        self._executor = executor
        self._at_once = at_once
        self._client: DBOSClient | None = None

    def prepare(self) -> None:
        """Make the engine's tables, one process at a time; `start` does so too."""
        with one_at_a_time(self._database):
            DBOS.migrate(_any_url(self._database))

    async def start(self, handle: Callable[[int, int], Awaitable[None]]) -> None:
        """Run what is queued, and first what was cut short."""
        self._quiet()
        await asyncio.to_thread(self._register)
        DBOS(config=self._config())

        async def work(delivery: int, attempt: int) -> None:
            await handle(delivery, attempt)

        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERIES)(work)
        DBOS.launch()

    def enqueue(self, connection: Connection, work: Work, *, delay: float = 0.0) -> None:
        """Enqueue work inside the caller's transaction, to begin after `delay` seconds."""
        options = EnqueueOptions(
            workflow_name=WORKFLOW,
            queue_name=QUEUE,
            workflow_id=work.id,
            app_version=CONTRACT,
            queue_partition_key=work.partition,
        )
        if delay > 0:
            options["delay_seconds"] = delay
        self._clients().enqueue_in_transaction(connection, options, work.delivery, work.attempt)

    async def step(self, name: str, act: Callable[[], Coroutine[Any, Any, str]]) -> str:
        """Run a step of the present workflow once and keep its text; or return what was kept."""
        done: str = await DBOS.run_step_async({"name": name}, act)
        return done

    def waiting_elsewhere(self) -> int:
        """Return how much unfinished work belongs to another contract and will not run here."""
        query = text(
            f"SELECT count(*) FROM {self._schema}workflow_status "  # noqa: S608 -- our own constant
            "WHERE status IN ('PENDING', 'ENQUEUED', 'DELAYED') AND application_version <> :v"
        )
        return int(
            self._database.read_now(lambda c: c.execute(query, {"v": CONTRACT}).scalar_one())
        )

    def hand_back(self, executors: Sequence[str]) -> int:
        """Put what dead executors were working on back into the queue; return how much."""
        cut = self._clients().list_workflows(
            status="PENDING",
            executor_id=list(executors),
            app_version=CONTRACT,
            load_input=False,
            load_output=False,
        )
        works = [one.workflow_id for one in cut]
        if works:
            self._clients().resume_workflows(works, queue_name=QUEUE)
        return len(works)

    def over(self, works: Sequence[str]) -> frozenset[str]:
        """Return which of these works the engine will not touch again, or does not know."""
        known = self._clients().list_workflows(
            workflow_ids=list(works), load_input=False, load_output=False
        )
        alive = {"PENDING", "ENQUEUED", "DELAYED"}
        return frozenset(works) - {one.workflow_id for one in known if one.status in alive}

    async def stop(self, *, within: int) -> None:
        """Take no more work, wait for what runs, and leave the rest to the next start.

        Args:
            within: seconds to wait at most.
        """
        await asyncio.to_thread(
            DBOS.destroy, destroy_registry=True, workflow_completion_timeout_sec=within
        )
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

    @property
    def _schema(self) -> str:
        return "" if self._database.is_sqlite else "dbos."

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
            application_version=CONTRACT,
            executor_id=self._executor,
            serializer=DBOSPortableJSONSerializer(),
            use_listen_notify=False,
            enable_otlp=False,
            log_level="ERROR",
            scheduler_polling_interval_sec=3600.0,
            max_executor_threads=32,
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
