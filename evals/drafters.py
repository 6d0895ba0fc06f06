"""The drafter a case names: the one without a model, or one that drafts by rule."""

from agent.drafter import Drafter
from agent.extractive import ExtractiveDrafter
from agent.scripted import ScriptedDrafter, ScriptedSorter
from agent.triage.sorter import RuleSorter
from evals.case import Case, Said, Scripted
from evals.said import SaidDrafter
from evals.scripts import SCRIPTS
from tools.clock import Clock


def of(case: Case, *, clock: Clock) -> Drafter:
    """Return the drafter a case names."""
    if isinstance(case.drafter, Scripted):
        return ScriptedDrafter(SCRIPTS[case.drafter.script])
    if isinstance(case.drafter, Said):
        return SaidDrafter(case.drafter)
    return ExtractiveDrafter(clock=clock)


def sorter_of(case: Case) -> Drafter:
    """Return who proposes what triage sets: the rules, or one that chooses as the case says."""
    return RuleSorter() if case.chooses is None else ScriptedSorter(case.chooses)
