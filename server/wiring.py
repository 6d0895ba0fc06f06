"""The composition root: settings in, everything built once and handed down."""

import asyncio
import fcntl
import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from agent import policy as policies
from agent.drafter import Drafter
from agent.extractive import ExtractiveDrafter
from agent.model import Draft, RunLimits, Snapshot
from agent.policy import Policy
from agent.post import Looks
from agent.respond import Opener, Responder
from prompts import library
from server.accounts import Account, Accounts
from server.api import Api
from server.app import Service
from server.attention import Attention
from server.engine import Engine
from server.errors import BadSetting, Unready
from server.fields_watch import FieldsWatch
from server.ingest import Intake
from server.knowledge_sync import Sync
from server.metrics import Metrics
from server.settings import Loaded, Settings
from server.store.db import Database, open_database
from server.store.ledger import StoreLedger
from server.store.migrate import migrate
from server.workflow import Workflow
from tools.clock import Clock, SystemClock
from tools.egress import Origin
from tools.http import Wires
from tools.kit.tool import Desk
from tools.knowledge.index import KnowledgeIndex
from tools.ledger import Key, Ledger
from tools.model import AccountId
from tools.provider import READ_ONLY, Grant, Helpdesk, Lane, Provider, share
from tools.providers import PROVIDERS

VENDOR = "https://api.openai.com/v1"
"""Where a model is asked when DESKHAND_MODEL_BASE_URL is not set: the wire format's own vendor."""
SLOT = "slot-0"
"""The engine's executor id: constant, so that a restart finds its own work again."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One account, opened: what serves it and what keeps its knowledge fresh."""

    account: Account
    open: Opener
    index: KnowledgeIndex
    sync: Sync
    drafter: "LateDrafter | ExtractiveDrafter"
    wires: Wires
    origin: Origin
    ledger: Ledger
    rates: Database

    async def close(self) -> None:
        """Give the connections back."""
        self.index.close()
        self.rates.close()
        await self.wires.aclose()


class LateDrafter:
    """A model's drafter whose libraries, seconds of them, load in a thread when first needed."""

    def __init__(self, name: str, prompt: str, make: Callable[[], Drafter]) -> None:
        self.name = name
        self.prompt = prompt
        self._make = make
        self._made: Drafter | None = None
        self._loading = asyncio.Lock()

    async def load(self) -> Drafter:
        """Load it, once."""
        async with self._loading:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
            return self._made

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Draft with the model behind it."""
        return await (await self.load()).draft(snapshot, desk=desk, policy=policy, limits=limits)


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
    drafter = _drafter(settings, time)
    policy = _policy(settings, origin)
    responder = Responder(
        open=open_desk,
        drafter=drafter,
        knowledge=index,
        policy=policy,
        clock=time,
        looks=Looks(settings.verify_seconds),
        ticket_url=lambda ticket: provider.ticket_url(origin, ticket),
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
    )
    return Opened(account, open_desk, index, sync, drafter, wires, origin, ledger, rates)


def serving(loaded: Loaded) -> Service:
    """Build a serving process: web and worker together.

    Raises:
        BadSetting: a needed setting is missing or cannot be used.
        Unready: the database cannot be opened, or another process holds it.
    """
    settings = loaded.need("webhook_secret").settings
    opened = open_account(loaded)
    clock, account = opened.account.responder.clock, opened.account
    held = hold(settings)
    database = open_database(settings.database)
    migrate(database)
    engine = Engine(database, executor=SLOT)
    accounts = Accounts({account.id: account})
    token = settings.api_token.get_secret_value() if settings.api_token else None
    workflow = Workflow(database, engine, accounts, clock, ready=lambda _: opened.sync.ready())
    attention = Attention(database, engine, clock, {account.id: _probing(opened)})

    fields = FieldsWatch(database, account.id, _probing(opened), clock)

    async def before() -> None:
        if isinstance(opened.drafter, LateDrafter):
            await opened.drafter.load()
        await asyncio.to_thread(engine.prepare)
        await attention.at_start()

    async def close() -> None:
        await opened.close()
        database.close()
        if held is not None:
            held.close()

    return Service(
        intake=Intake(accounts, database, engine, clock),
        api=Api(accounts, database, Metrics(), token),
        engine=engine,
        workflow=workflow,
        before=before,
        loops=(opened.sync.forever, attention.forever, fields.forever),
        close=close,
    )


def hold(settings: Settings) -> IO[str] | None:
    """Hold an SQLite database for this process alone; None on Postgres, which shares.

    Raises:
        Unready: another process holds it.
    """
    if not settings.database.startswith("sqlite"):
        return None
    path = Path(settings.database.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Unready(
            f"another process is serving {path}. Stop it first, or give this one its own "
            "DESKHAND_HOME; several processes need Postgres (DESKHAND_DATABASE_URL)."
        ) from None
    return lock


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


def _drafter(settings: Settings, clock: Clock) -> LateDrafter | ExtractiveDrafter:
    if settings.model_name is None:
        return ExtractiveDrafter(clock=clock)
    name = settings.model_name
    prompt = library.live("draft_reply")
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"

    def make() -> Drafter:
        from agent.llm import LangChainDrafter  # noqa: PLC0415 -- heavy, so only when a model is set

        return LangChainDrafter(
            name,
            base_url=settings.model_base_url or VENDOR,
            api_key=key,
            prompt=prompt,
            clock=clock,
        )

    return LateDrafter(name, prompt.reference, make)


def _policy(settings: Settings, origin: Origin) -> Policy:
    hosts = (origin.host,)
    if settings.policy is None:
        return Policy(portal_hosts=hosts)
    try:
        text = settings.policy.read_bytes()
        document = tomllib.loads(text.decode("utf-8"))
        parsed = policies.parse(document, version=hashlib.sha256(text).hexdigest()[:12])
    except OSError as fault:
        raise BadSetting(
            f"DESKHAND_POLICY names {str(settings.policy)!r}, which cannot be read "
            f"({type(fault).__name__})."
        ) from fault
    except (ValueError, tomllib.TOMLDecodeError) as fault:
        raise BadSetting(f"DESKHAND_POLICY, {settings.policy}: {fault}") from fault
    return replace(parsed, portal_hosts=hosts)


def _secrets(settings: Settings) -> tuple[str, ...]:
    both = (settings.webhook_secret, settings.webhook_secret_previous)
    return tuple(s.get_secret_value() for s in both if s is not None)
