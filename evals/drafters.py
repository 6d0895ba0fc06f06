"""The drafter a case names: the one without a model, or one that drafts by rule."""

from agent.drafter import Drafter
from agent.extractive import ExtractiveDrafter
from agent.scripted import ScriptedDrafter
from evals.case import Case, Scripted
from evals.scripts import SCRIPTS
from tools.clock import Clock


def of(case: Case, *, clock: Clock) -> Drafter:
    """Return the drafter a case names."""
    if isinstance(case.drafter, Scripted):
        return ScriptedDrafter(SCRIPTS[case.drafter.script])
    return ExtractiveDrafter(clock=clock)
