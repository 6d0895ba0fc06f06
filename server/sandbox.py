"""The command that runs a local helpdesk: `sandbox`."""

import random

from rich.console import Console

from server.errors import BadSetting, Unready
from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.automations import Webhook
from tools.freshdesk.sandbox.clock import RealClock, VirtualClock
from tools.freshdesk.sandbox.serve import run

PLANS = ("trial", "growth", "pro", "enterprise", "none")
ROLES = ("agent", "admin")
SEEDS = ("demo", "none")


def serve(
    *,
    port: int,
    api_key: str,
    plan: str,
    role: str,
    webhook: str | None,
    webhook_secret: str | None,
    seed: str,
    virtual_clock: bool,
) -> None:
    """Run the sandbox until SIGTERM or Ctrl-C.

    Raises:
        BadSetting: an option has a value it cannot have.
        Unready: the port is taken.
    """
    _one_of("--plan", plan, PLANS)
    _one_of("--role", role, ROLES)
    _one_of("--seed", seed, SEEDS)
    if webhook is not None and not webhook.startswith("http://"):
        raise BadSetting(f"--webhook is {webhook!r}; it must begin with http://")
    chance = random.Random()  # noqa: S311 -- a window's phase, not a secret
    clock = VirtualClock(RealClock().now()) if virtual_clock else RealClock()
    desk = (
        loader.demo(clock=clock, rng=chance)
        if seed == "demo"
        else loader.load({}, clock=clock, rng=chance)
    )
    hook = Webhook(webhook, webhook_secret or "") if webhook else None
    app = create_app(desk, api_key=api_key, plan=plan, role=role, webhook=hook)  # type: ignore[arg-type]  # checked above
    console = Console(stderr=True, highlight=False)
    console.print(f"Freshdesk sandbox on http://127.0.0.1:{port}; Ctrl-C stops it", style="bold")
    console.print(f"  plan {plan}, role {role}, seed {seed}", markup=False)
    console.print(f"  webhook {webhook or 'none (--webhook URL)'}", markup=False)
    try:
        run(app, "127.0.0.1", port)
    except OSError as fault:
        raise Unready(f"{fault.strerror or fault}. Choose another --port.") from fault


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadSetting(f"{option} is {value!r}; it must be one of {', '.join(allowed)}")
