"""S2 in CI: a hundred examples of forty steps, each time the same; `EXAMPLES=5000` for more."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.chaos.machine import Machine
from tests.chaos.mutants import MUTANTS
from tests.chaos.props import Props

EXAMPLES = int(os.environ.get("EXAMPLES", "100"))
STEPS = 40
_ALL = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    derandomize="EXAMPLES" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One for all examples."""
    made = asyncio.new_event_loop()
    yield made
    made.run_until_complete(made.shutdown_default_executor())
    made.close()


def test_the_service_does_what_its_model_does(
    props: Props, loop: asyncio.AbstractEventLoop
) -> None:
    """In whatever order things happen: the order nobody thought of is the one that comes."""

    class Ours(Machine):
        kills: ClassVar[Counter[str]] = Counter()

    Ours.props, Ours.loop = props, loop

    run_state_machine_as_test(Ours, settings=_ALL)

    assert Ours.kills.total() >= EXAMPLES // 4


@pytest.mark.parametrize("name", ["no-verify", "no-tenancy", "no-audit"])
def test_without_this_protection_an_example_fails(
    props: Props, loop: asyncio.AbstractEventLoop, name: str
) -> None:
    """A machine that finds nothing shows nothing."""

    class Weak(Machine):
        mutant = MUTANTS[name]

    Weak.props, Weak.loop = props, loop
    quick = settings(_ALL, phases=(Phase.generate,), derandomize=True)

    with pytest.raises(AssertionError, match=MUTANTS[name].breaks):
        run_state_machine_as_test(Weak, settings=quick)
