"""The schema; migrations under `migrations/` bring a database to it."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

_Serial = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only in a column called INTEGER."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("ticket_id", String),  # null: quarantined, the body names no ticket
    Column("kind", String, nullable=False),  # agent.model.TriggerKind
    Column("received_at", Float, nullable=False),  # unix seconds, UTC
    Column("content_type", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("event", String, nullable=False),
    Column("state", String, nullable=False),  # server.store.inbox.State
    Column("reason", Text, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("burst_at", Float, nullable=False),  # when the burst it belongs to began
    Column("attempt", Integer, nullable=False),  # workflows started for it, from 0
    Column("starts", Integer, nullable=False),  # of the present attempt: more than one is a crash
    Column("first_failed_at", Float),
    Column("run_id", String),
    Column("settled_at", Float),
)
Index("deliveries_by_ticket", deliveries.c.account, deliveries.c.ticket_id, deliveries.c.id)
Index("deliveries_by_state", deliveries.c.state, deliveries.c.account)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("ticket_id", String, nullable=False),
    Column("turn", String, nullable=False),
    Column("state", String, nullable=False),
    Column("disposition", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("record", Text, nullable=False),  # agent.model.Result as JSON
)
Index("runs_by_turn", runs.c.turn, unique=True)
Index("runs_by_ticket", runs.c.account, runs.c.ticket_id, runs.c.updated_at)

posts = Table(
    "posts",
    metadata,
    Column("turn", String, primary_key=True),  # outlives everything: one post a turn, for ever
    Column("account", String, nullable=False),
    Column("ticket_id", String, nullable=False),
    Column("requester_id", String),
    Column("kind", String, nullable=False),  # agent.model.Write
    Column("landing", String),  # null while the intent is open
    Column("intended_at", Float, nullable=False),
    Column("intent", Text, nullable=False),
    Column("receipt", Text),
    Column("shape", String),  # of the words it answers, see agent.mail.shapes; null: not told by it
)
Index(
    "posts_open",
    posts.c.account,
    posts.c.ticket_id,
    unique=True,  # one write in flight a ticket, whoever runs
    sqlite_where=text("landing IS NULL"),
    postgresql_where=text("landing IS NULL"),
)
Index("posts_by_ticket", posts.c.account, posts.c.ticket_id, posts.c.intended_at)
Index("posts_by_requester", posts.c.account, posts.c.requester_id, posts.c.intended_at)
Index(
    "posts_by_shape",
    posts.c.account,
    posts.c.shape,
    posts.c.intended_at,
    posts.c.requester_id,
    sqlite_where=text("shape IS NOT NULL"),
    postgresql_where=text("shape IS NOT NULL"),
)

switches = Table(
    "switches",
    metadata,
    Column("account", String, primary_key=True),  # "*" for every account
    Column("level", String, primary_key=True),  # all, public
    Column("reason", Text, nullable=False),
    Column("since", Float, nullable=False),
)

definitions = Table(
    "definitions",
    metadata,
    Column("account", String, primary_key=True),
    Column("seen_at", Float, nullable=False),
    Column("fields", Text, nullable=False),  # tuple[tools.model.TicketField, ...] as JSON
)

drifts = Table(
    "drifts",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("change", String, nullable=False),
    Column("name", String, nullable=False),
    Column("detail", Text, nullable=False),
)
Index("drifts_by_account", drifts.c.account, drifts.c.at)

executors = Table(
    "executors",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("holder", String, nullable=False),  # which process, see server.replica
    Column("expires_at", Float, nullable=False),  # unix seconds, by the database's clock
)

cursors = Table(
    "cursors",
    metadata,
    Column("account", String, primary_key=True),
    Column("upto", Float, nullable=False),  # unix seconds by the helpdesk's clock
    Column("due_at", Float, nullable=False),  # whoever moves it on does the next sweep
    Column("swept_at", Float),
    Column("looked", Integer, nullable=False),  # tickets, in all sweeps
    Column("missed", Integer, nullable=False),  # of those, what no webhook had told of
)

seen = Table(
    "seen",
    metadata,
    Column("account", String, primary_key=True),
    Column("ticket_id", String, primary_key=True),
    Column("upto", Float, nullable=False),  # unix seconds by the helpdesk's clock
    Column("own", Float, nullable=False),  # until then the newest change may be our own write
    Column("position", Integer, nullable=False),  # conversations that were read
    Column("newest", String, nullable=False),  # the last one's id
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("account", String, nullable=False),
    Column("kind", String, nullable=False),  # server.store.audit.Kind
    Column("subject", String, nullable=False),  # a turn, a switch, a delivery
    Column("detail", Text, nullable=False),  # JSON: ids and digests, never customer text
    Column("previous", String, nullable=False),
    Column("digest", String, nullable=False),  # of this row and the one before
)
Index("audit_by_subject", audit.c.subject, audit.c.kind)

spend = Table(
    "spend",
    metadata,
    Column("account", String, primary_key=True),
    Column("day", String, primary_key=True),  # ISO date, UTC
    Column("spent", BigInteger, nullable=False),  # millionths of the price table's currency
    Column("aside", BigInteger, nullable=False),  # set aside for runs that are not over yet
    Column("taken_at", Float, nullable=False),  # when money was last set aside, unix seconds
)
