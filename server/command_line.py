"""The command line's verbs; each loads its own code when it runs."""

import asyncio
from collections.abc import Callable, Coroutine
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Annotated, Any

import typer

GROUP = "deskhand.commands"
LATER = {
    "init": "set a deployment up step by step",
    "account": "connect, test, rotate and remove helpdesks",
    "keys": "rotate and check encryption keys",
    "backup": "save the state",
    "restore": "bring a saved state back",
    "forget": "erase a requester",
}
"""Commands of the outer contract that this version does not have."""


def build(words: list[str], *, started: float) -> typer.Typer:
    """Return the whole command line; `evals` joins it only when it is asked for."""
    app = typer.Typer(
        name="deskhand",
        help="A self-hosted AI support agent for Freshdesk.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    _add_version(app)
    _add_demo(app, started)
    for command in (
        serve,
        worker,
        sandbox,
        draft,
        doctor,
        budget,
        why,
        replay,
        approve,
        reconcile,
        pause,
        resume,
        kill,
    ):
        app.command()(command)
    for name, group in (
        ("queue", QUEUE),
        ("db", DB),
        ("kb", KB),
        ("audit", AUDIT),
        ("policy", POLICY),
        ("export", EXPORT),
    ):
        inner = typer.Typer(no_args_is_help=True, help=str(group["help"]))
        for verb, act in group["verbs"]:
            inner.command(verb)(act)
        app.add_typer(inner, name=name)
    for name, purpose in LATER.items():
        app.command(
            name,
            help=f"Not yet available: {purpose}.",
            context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
        )(_later(name))
    if not words or words[0] in {"evals", "--help"}:
        for point in entry_points(group=GROUP):
            app.add_typer(point.load(), name=point.name)
    return app


def _add_version(app: typer.Typer) -> None:
    def show(value: bool) -> None:
        if value:
            typer.echo(f"deskhand {version('deskhand')}")
            raise typer.Exit

    @app.callback()
    def root(
        _version: Annotated[
            bool, typer.Option("--version", callback=show, is_eager=True, help="Say the version.")
        ] = False,
        _debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of faults.")] = False,
    ) -> None:
        """A self-hosted AI support agent for Freshdesk."""


Config = Annotated[
    Path | None, typer.Option("--config", help="A TOML file instead of DESKHAND_HOME's.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def _add_demo(app: typer.Typer, started: float) -> None:
    @app.command()
    def demo(
        once: Annotated[bool, typer.Option("--once", help="End after the first ticket.")] = False,
        json: Json = False,
        ask: Annotated[str | None, typer.Option(help="Ask in your own words.")] = None,
        seed: Annotated[int | None, typer.Option(help="Draw the same ticket again.")] = None,
    ) -> None:
        """Show the main job on the loopback: a ticket arrives, a cited private note answers."""
        from server import demo as show

        _run(lambda: show.run(once=once, as_json=json, ask=ask, seed=seed, started=started))


def serve(config: Config = None, host: str | None = None, port: int | None = None) -> None:
    """Take webhooks and answer tickets: web and worker in one process."""
    from server import serving

    flags = {k: v for k, v in (("host", host), ("port", port)) if v is not None}
    serving.serve(config=config, flags=flags, version=version("deskhand"))


def worker(config: Config = None) -> None:
    """Work on deliveries beside a running `serve`, on the same Postgres; takes no webhooks."""
    from server import serving

    _run(lambda: serving.work(config=config))


def sandbox(
    port: Annotated[int, typer.Option(help="On 127.0.0.1.")],
    api_key: Annotated[str, typer.Option(help="The one key it admits.")],
    plan: str = "none",
    role: str = "agent",
    webhook: str | None = None,
    webhook_secret: str | None = None,
    seed: str = "demo",
    virtual_clock: bool = False,
) -> None:
    """Run a local helpdesk that answers as Freshdesk does, until Ctrl-C."""
    from server import sandbox as local

    local.serve(
        port=port,
        api_key=api_key,
        plan=plan,
        role=role,
        webhook=webhook,
        webhook_secret=webhook_secret,
        seed=seed,
        virtual_clock=virtual_clock,
    )


def draft(ticket: str, json: Json = False, config: Config = None) -> None:
    """Draft a reply to a ticket and post nothing."""
    from server import ask

    _run(lambda: ask.draft(ticket, as_json=json, config=config))


def doctor(json: Json = False, config: Config = None) -> None:
    """Check settings, helpdesk, model, database and knowledge, and say how to mend what fails."""
    from server import doctor as checks

    _run(lambda: checks.run(as_json=json, config=config))


def budget(json: Json = False, config: Config = None) -> None:
    """Show the account's rate pool: ours, others, reserve, sub-limits, lanes, forecast."""
    from server import rates

    _run(lambda: rates.run(as_json=json, config=config))


def why(ticket: str, json: Json = False, config: Config = None) -> None:
    """Tell why a ticket was answered as it was: what was read, the evidence, gates and costs."""
    from server import look

    _run(lambda: look.why(ticket, as_json=json, config=config))


def replay(run: str, json: Json = False, config: Config = None) -> None:
    """Decide a kept run again, offline, under the present policy; 1 where it differs."""
    from server import replay as again

    _run(lambda: again.run(run, as_json=json, config=config))


def audit_verify(json: Json = False, config: Config = None) -> None:
    """Check that nothing was changed in the record of what was done; 1 where it was."""
    from server import replay as again

    _run(lambda: again.verify_audit(as_json=json, config=config))


def export_run(
    run: str,
    out: Annotated[Path | None, typer.Option(help="Where to; else run-RUN.json here.")] = None,
    config: Config = None,
) -> None:
    """Write a run's record into a file, from which `evals promote` makes a case."""
    from server import export

    _run(lambda: export.run(run, to=out, config=config))


def approve(
    run: str,
    by: Annotated[str, typer.Option(help="Who decides; it is kept with the reply.")],
    text: Annotated[
        Path | None, typer.Option(help="A file with other words; plain text, empty lines apart.")
    ] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Send the reply that a run proposed, after one more look at the ticket."""
    from server import ask

    _run(lambda: ask.approve(run, by=by, words=text, as_json=json, config=config))


def reconcile(
    since: Annotated[
        str | None, typer.Option(help="90m, 3h, 2d or a moment; else where the last sweep ended.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Find, and deliver nothing.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Find tickets of which no webhook told, and deliver them; read-only on the helpdesk."""
    from server import ask

    _run(lambda: ask.reconcile(since, dry=dry_run, as_json=json, config=config))


def queue_ls(state: str | None = None, json: Json = False, config: Config = None) -> None:
    """List deliveries, newest first."""
    from server import look

    _run(lambda: look.queue_ls(state, as_json=json, config=config))


def queue_show(delivery: int, json: Json = False, config: Config = None) -> None:
    """Show one delivery with its body."""
    from server import look

    _run(lambda: look.queue_show(delivery, as_json=json, config=config))


def queue_retry(delivery: int, json: Json = False, config: Config = None) -> None:
    """Give a delivery another attempt; what was posted is never posted again."""
    from server import ask

    _run(lambda: ask.queue_retry(delivery, as_json=json, config=config))


def queue_drop(delivery: int, json: Json = False, config: Config = None) -> None:
    """End a delivery without a run; its body is kept."""
    from server import look

    _run(lambda: look.queue_drop(delivery, as_json=json, config=config))


def db_migrate(config: Config = None) -> None:
    """Bring the database to the schema this version needs."""
    from server import ask

    _run(lambda: ask.db_migrate(config=config))


def db_check(config: Config = None) -> None:
    """Say whether the database has the schema this version needs."""
    from server import look

    _run(lambda: look.db_check(config=config))


def kb_sync(json: Json = False, config: Config = None) -> None:
    """Read the help centre into the local index now, and embed it where an endpoint is set."""
    from server import kb

    _run(lambda: kb.kb_sync(as_json=json, config=config))


def kb_search(words: str, json: Json = False, config: Config = None) -> None:
    """Show which passages the index finds for a question, by words and by meaning."""
    from server import kb

    _run(lambda: kb.kb_search(words, as_json=json, config=config))


def kb_gaps(
    since: Annotated[
        str | None, typer.Option(help="30d, 12h or a moment; 30 days if left out.")
    ] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Show what customers asked that no page answers, grouped, the most asked first."""
    from server import kb

    _run(lambda: kb.kb_gaps(since, as_json=json, config=config))


def pause(account: str | None = None, reason: str = "paused by hand") -> None:
    """Stop writing for an account (or all of them) from the next write on."""
    from server import switching

    _run(lambda: switching.stop(account, level="all", reason=reason))


Topic = Annotated[str | None, typer.Option(help="Only replies on this topic of the policy.")]
Model = Annotated[str | None, typer.Option(help="Only replies that this model drafted.")]
Prompt = Annotated[str | None, typer.Option(help="Only replies of this prompt, name@version.")]


def kill(
    account: str | None = None,
    topic: Topic = None,
    model: Model = None,
    prompt: Prompt = None,
    reason: str = "public replies stopped by hand",
) -> None:
    """Stop public replies for an account (or all of them), or some; notes go on."""
    from server import switching

    level = switching.level_of(topic=topic, model=model, prompt=prompt)
    _run(lambda: switching.stop(account, level=level, reason=reason))


def resume(
    account: str | None = None, topic: Topic = None, model: Model = None, prompt: Prompt = None
) -> None:
    """Let writing go on; what was stopped by name goes on by the same name."""
    from server import switching

    level = switching.level_of(topic=topic, model=model, prompt=prompt)
    _run(lambda: switching.resume(account, level=level))


File = Annotated[Path | None, typer.Argument(help="A policy file; else DESKHAND_POLICY's.")]


def policy_init(file: File = None, json: Json = False, config: Config = None) -> None:
    """Write a commented policy that allows private notes only; what is there is never touched."""
    from server import policy_verbs

    _run(lambda: policy_verbs.init(file, as_json=json, config=config))


def policy_check(file: File = None, json: Json = False, config: Config = None) -> None:
    """Say what a policy means, or every mistake in it with line, key and fix; 1 where one is."""
    from server import policy_verbs

    _run(lambda: policy_verbs.check(file, as_json=json, config=config))


def policy_explain(ticket: str, json: Json = False, config: Config = None) -> None:
    """Say which cell, mode and hours apply to a ticket, and which gates hold; reads only."""
    from server import policy_explain as explain

    _run(lambda: explain.run(ticket, as_json=json, config=config))


def policy_diff(
    old: Path,
    new: Path,
    last: Annotated[int, typer.Option(help="How many of the newest runs.")] = 100,
    json: Json = False,
    config: Config = None,
) -> None:
    """List past tickets that two policies treat otherwise, worst first; 1 if any is bolder."""
    from server import policy_diff as compare

    _run(lambda: compare.run(old, new, last=last, as_json=json, config=config))


POLICY: dict[str, Any] = {
    "help": "What the account allows.",
    "verbs": [
        ("init", policy_init),
        ("check", policy_check),
        ("explain", policy_explain),
        ("diff", policy_diff),
    ],
}
QUEUE: dict[str, Any] = {
    "help": "Deliveries: list, show, retry, drop.",
    "verbs": [("ls", queue_ls), ("show", queue_show), ("retry", queue_retry), ("drop", queue_drop)],
}
DB: dict[str, Any] = {
    "help": "The database's schema.",
    "verbs": [("migrate", db_migrate), ("check", db_check)],
}
AUDIT: dict[str, Any] = {
    "help": "The record of what was done.",
    "verbs": [("verify", audit_verify)],
}
EXPORT: dict[str, Any] = {
    "help": "Hand what is kept to another tool.",
    "verbs": [("run", export_run)],
}
KB: dict[str, Any] = {
    "help": "The knowledge base.",
    "verbs": [("sync", kb_sync), ("search", kb_search), ("gaps", kb_gaps)],
}


def _later(name: str) -> Callable[[], None]:
    def not_yet() -> None:
        typer.echo(f"deskhand {name} is not yet available in this version.", err=True)
        raise typer.Exit(2)

    return not_yet


def _run(work: Callable[[], Coroutine[Any, Any, int]]) -> None:
    try:
        code = asyncio.run(work())
    except KeyboardInterrupt:
        code = 130
    if code:
        raise typer.Exit(code)
