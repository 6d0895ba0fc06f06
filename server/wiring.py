"""The composition root: settings in, everything built once and handed down."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass

from agent.extractive import ExtractiveDrafter
from agent.policy.terms import Policy
from agent.post import Looks
from agent.respond import Opener, Responder
from server import replica
from server.accounts import Account, Accounts
from server.api import Api
from server.app import Service
from server.attention import Attention
from server.drafters import LateDrafter, drafter_of, sorter_of
from server.embedders import LateEmbedder, embedder_of
from server.engine import CONTRACT, Engine
from server.errors import BadSetting, Unready
from server.fields_watch import FieldsWatch
from server.handover import Handover
from server.ingest import Intake
from server.journal import StoreJournal
from server.knowledge_sync import Sync
from server.metrics import Metrics
from server.policies import PolicySource
from server.purse import StorePurse
from server.reconcile import Reconciler
from server.replica import Replica
from server.retention import Retention
from server.settings import Loaded, Settings
from server.store.db import Database, open_database
from server.store.held import Held, open_held
from server.store.ledger import StoreLedger
from server.store.schema import is_current
from server.workflow import Workflow
from tools.clock import Clock, SystemClock
from tools.egress import Origin
from tools.http import Wires
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.meaning import Meaning
from tools.ledger import Key, Ledger
from tools.model import AccountId
from tools.provider import READ_ONLY, Grant, Helpdesk, Lane, Provider, share
from tools.providers import PROVIDERS


@dataclass(frozen=True, slots=True)
class Opened:
    """One account, opened: what serves it and what keeps its knowledge fresh."""

    account: Account
    open: Opener
    index: KnowledgeIndex
    sync: Sync
    drafter: LateDrafter | ExtractiveDrafter
    wires: Wires
    origin: Origin
    ledger: Ledger
    rates: Database
    purse: StorePurse
    embedder: LateEmbedder | None

    async def close(self) -> None:
        """Give the connections back."""
        self.index.close()
        self.rates.close()
        self.purse.close()
        await self.wires.aclose()
        if self.embedder is not None:
            await self.embedder.aclose()

    def meaning(self) -> Meaning | None:
        """Return one run's texts as vectors, or None where nothing embeds."""
        return None if self.embedder is None else Meaning(self.embedder)


def open_account(loaded: Loaded, *, clock: Clock | None = None) -> Opened:
    """Build what serves the account that the settings name; nothing is sent.

    Raises:
        BadSetting: a needed setting is missing or cannot be used.
    """
    settings = loaded.need("freshdesk_domain", "freshdesk_api_key").settings
    time = clock or SystemClock()
    provider = PROVIDERS[settings.provider]
    origin = _origin(provider, settings)
    wires = Wires()
    rates, ledger = _ledger(settings)
    open_desk = _opener(settings, provider, origin, wires=wires, ledger=ledger, clock=time)
    index = _index(settings)
    drafter = drafter_of(settings, time)
    embedder = embedder_of(settings, time)
    policies = _policies(settings, origin)
    purse = StorePurse(lambda: _money(settings), AccountId(settings.account), time)
    responder = Responder(
        open=open_desk,
        drafter=drafter,
        knowledge=index,
        policy=policies.now(),
        clock=time,
        looks=Looks(settings.verify_seconds),
        ticket_url=lambda ticket: provider.ticket_url(origin, ticket),
        purse=purse,
        reread=policies.now,
        meaning=None if embedder is None else lambda: Meaning(embedder),
        sorter=sorter_of(settings, time),
    )
    account = Account(
        id=AccountId(settings.account),
        provider=provider,
        domain=origin.url,
        responder=responder,
        secrets=_secrets(settings),
        quiet_seconds=settings.quiet_seconds,
    )
    sync = Sync(
        index=index,
        open=lambda lane: open_desk(lane, READ_ONLY),
        folder=settings.knowledge,
        clock=time,
        rate=lambda: _rate(ledger, provider, origin, time),
        primary=asyncio.Event(),
        complete=asyncio.Event(),
        embeds=embedder,
    )
    return Opened(
        account, open_desk, index, sync, drafter, wires, origin, ledger, rates, purse, embedder
    )


def serving(loaded: Loaded, held: Held | None = None, *, contract: str = CONTRACT) -> Service:
    """Build a serving process: web and worker together.

    Args:
        loaded: the settings.
        held: the database, where it is open already.
        contract: which contract's work is run.

    Raises:
        BadSetting: a needed setting is missing or cannot be used.
        Unready: the database cannot be opened, or another process holds it.
    """
    return _service(loaded.need("webhook_secret"), held, contract)


def working(loaded: Loaded) -> Service:
    """Build one more worker beside a serving process.

    Raises:
        BadSetting: a needed setting is missing, or the database is SQLite.
        Unready: the database cannot be opened.
    """
    if loaded.settings.database.startswith("sqlite"):
        raise BadSetting(
            "deskhand worker needs Postgres: an SQLite file serves one process only. Set "
            "DESKHAND_DATABASE_URL=postgresql://…, or leave it: `deskhand serve` works as well."
        )
    return _service(loaded, None, CONTRACT)


def _service(loaded: Loaded, held: Held | None, contract: str) -> Service:
    settings = loaded.settings
    opened = open_account(loaded)
    clock, account = opened.account.responder.clock, opened.account
    kept = held or open_held(settings.database)
    database = kept.database
    slot = replica.take(database, contract)
    engine = Engine(database, executor=replica.name(slot), contract=contract)
    ours = Replica(database, engine, clock, slot, lost=_stop)
    accounts = Accounts({account.id: account})
    token = settings.api_token.get_secret_value() if settings.api_token else None
    workflow = Workflow(
        database,
        engine,
        accounts,
        clock,
        ready=lambda _: opened.sync.ready(),
        journals=lambda run: StoreJournal(database, engine, run=run, clock=clock),
    )
    attention = Attention(database, engine, clock, {account.id: _probing(opened)})

    retention = Retention(database, engine, clock)
    handover = Handover(database, engine, clock, ours.hands)
    fields = FieldsWatch(database, account.id, _probing(opened), clock)
    sweeps = reconciler(opened, database, engine)

    async def before() -> None:
        for drafter in (opened.drafter, account.responder.sorter):
            if isinstance(drafter, LateDrafter):
                await drafter.load()
        if opened.embedder is not None:
            await opened.embedder.load()
        await asyncio.to_thread(engine.prepare)

    async def close() -> None:
        await opened.close()
        with contextlib.suppress(Unready):
            await ours.release()
        kept.close()

    return Service(
        intake=Intake(accounts, database, engine, clock),
        api=Api(accounts, database, engine, clock, Metrics(), token),
        engine=engine,
        workflow=workflow,
        before=before,
        hand_over=handover.look,
        loops=(
            opened.sync.forever,
            opened.sync.embedding,
            attention.forever,
            handover.forever,
            retention.forever,
            fields.forever,
            sweeps.forever,
            ours.forever,
        ),
        close=close,
    )


def policy(loaded: Loaded) -> Policy:
    """Return the account's policy; nothing is opened.

    Raises:
        BadSetting: the domain is missing, or the policy's file cannot be used.
    """
    settings = loaded.need("freshdesk_domain").settings
    return _policies(settings, _origin(PROVIDERS[settings.provider], settings)).now()


def reconciler(opened: Opened, database: Database, engine: Engine) -> Reconciler:
    """Return what finds the tickets that webhooks missed."""
    account = opened.account
    return Reconciler(
        database,
        engine,
        account.id,
        open=lambda: opened.open(Lane.RECONCILE, READ_ONLY),
        rate=opened.sync.rate,
        clock=account.responder.clock,
    )


def _stop() -> None:
    """Ask this process to stop as an operator would."""
    signal.raise_signal(signal.SIGTERM)


def _probing(opened: Opened) -> Callable[[], Helpdesk]:
    return lambda: opened.open(Lane.BACKFILL, READ_ONLY)


def _origin(provider: Provider, settings: Settings) -> Origin:
    try:
        return provider.address(settings.freshdesk_domain or "")
    except ValueError as fault:
        raise BadSetting(f"DESKHAND_FRESHDESK_DOMAIN: {fault}") from fault


def _opener(
    settings: Settings,
    provider: Provider,
    origin: Origin,
    *,
    wires: Wires,
    ledger: Ledger,
    clock: Clock,
) -> Opener:
    shared = share(wires.to(origin), ledger, clock)
    key = settings.freshdesk_api_key
    secret = key.get_secret_value() if key else ""

    def open_desk(lane: Lane, grant: Grant) -> Helpdesk:
        account = AccountId(settings.account)
        return provider.open(origin, secret, account=account, shared=shared, lane=lane, grant=grant)

    return open_desk


async def _rate(ledger: Ledger, provider: Provider, origin: Origin, clock: Clock) -> float | None:
    """Return the pool's credits a second, once the helpdesk has said."""
    standing = await ledger.standing(Key(provider.name, origin.url), now=clock.now().timestamp())
    return None if standing is None else standing.allowance.total / standing.allowance.window


def _ledger(settings: Settings) -> tuple[Database, Ledger]:
    """Return the pool's ledger: a file of its own beside SQLite, a table on Postgres."""
    url = settings.database
    if url.startswith("sqlite"):
        url = f"sqlite:///{settings.home / 'ledger.db'}"
    rates = open_database(url, durable=False)
    ledger = StoreLedger(rates)
    ledger.prepare()
    return rates, ledger


def _index(settings: Settings) -> KnowledgeIndex:
    settings.home.mkdir(parents=True, exist_ok=True)
    return KnowledgeIndex.open(settings.home / f"knowledge-{settings.account}.db")


def _money(settings: Settings) -> Database:
    """Open the database once more, where what models cost is counted, and make its tables."""
    opened = open_database(settings.database)
    if not is_current(opened):
        from server.store.migrate import migrate  # noqa: PLC0415 -- a tenth of a second, seldom

        migrate(opened)
    return opened


def _policies(settings: Settings, origin: Origin) -> PolicySource:
    return PolicySource(settings.policy, hosts=(origin.host,))


def _secrets(settings: Settings) -> tuple[str, ...]:
    both = (settings.webhook_secret, settings.webhook_secret_previous)
    return tuple(s.get_secret_value() for s in both if s is not None)
