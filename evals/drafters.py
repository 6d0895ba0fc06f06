"""The drafter a case names: without a model, by rule, on a recorded model, or a recorded draft."""

from agent.drafter import Drafter
from agent.extractive import ExtractiveDrafter
from agent.scripted import ScriptedDrafter, ScriptedSorter
from agent.triage.sorter import RuleSorter
from evals import keyed
from evals.case import Case, Frozen, Model, Said, Scripted
from evals.endpoint import Tape
from evals.frozen import Drafts, FrozenDrafter
from evals.said import SaidDrafter
from evals.scripts import SCRIPTS
from tools.clock import Clock


def of(case: Case, *, clock: Clock, tape: Tape, drafts: Drafts) -> Drafter:
    """Return the drafter a case names, for one play.

    Args:
        case: names it.
        clock: the play's own.
        tape: what a model answers in this play.
        drafts: what models drafted once.
    """
    match case.drafter:
        case Scripted(script=script):
            return ScriptedDrafter(SCRIPTS[script])
        case Model() as asked:
            return keyed.drafter(asked, tape, clock=clock)
        case Frozen(frozen=origin, model=model):
            return FrozenDrafter(drafts.of(origin, model)[tape.trial])
        case Said() as said:
            return SaidDrafter(said)
        case _:
            return ExtractiveDrafter(clock=clock)


def sorter_of(case: Case) -> Drafter:
    """Return who proposes what triage sets: the rules, or one that chooses as the case says."""
    return RuleSorter() if case.chooses is None else ScriptedSorter(case.chooses)
