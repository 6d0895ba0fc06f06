"""Every check can fail: a check that nothing fails checks nothing."""

from dataclasses import replace

import pytest

from agent.model import (
    Decision,
    Disposition,
    Draft,
    Dropped,
    Evidence,
    EvidenceClass,
    Finding,
    Landing,
    Receipt,
    Skip,
    Slot,
    Triage,
)
from agent.model import (
    Outcome as DraftOutcome,
)
from evals.case import Case, Expect
from evals.checks import CHECKS
from evals.grade import Verdict, asked_of, faults_of, grade
from evals.outcome import Attempt, Cited, Outcome, Written
from evals.stage import Call
from tools.knowledge.article import Page

TEXT = "Dogs travel free of charge."
PAGE = Page("article:1", "Dogs on board", TEXT, None, "en", quotable=True, digest="d1")
CITED = Cited(Evidence("article:1", TEXT, "d1"), PAGE)
GOOD = Outcome(
    "good",
    draft=Draft(
        DraftOutcome.ANSWER, "en", triage=Triage(dropped=(Dropped(Slot.PRIORITY, "it is set"),))
    ),
    decision=Decision(
        Disposition.PRIVATE_NOTE,
        EvidenceClass.DOCUMENTED,
        (Finding("internal_note", "it repeats a note", Disposition.HANDOFF),),
    ),
    receipt=Receipt(Disposition.PRIVATE_NOTE, Landing.POSTED),
    cited=(CITED,),
    written=(Written(1.0, public=False, html=f"<p>Dogs on board</p><p>{TEXT}</p>"),),
    status=2,
    fields={"type": None},
    attempts=(
        Attempt(1, 0.0, "RateLimited", "wait", 30.0),
        Attempt(1, 30.0, "done"),
    ),
    calls=(
        Call(0.0, "GET", "/tickets/1", 429, 30.0),
        Call(30.0, "GET", "/tickets/1", 200),
    ),
    credits=7,
    charged=7,
)
SKIPPED = replace(GOOD, receipt=None, skip=Skip("spam", "it is"), written=())
EXPECTED = {
    "disposition": "PRIVATE_NOTE",
    "landing": "posted",
    "notes": 1,
    "public_replies": 0,
    "status": 2,
    "fields": {"type": None},
    "dropped": ["priority"],
    "must": ["free of charge"],
    "must_not": ["417 days"],
    "sources": ["article:1"],
    "findings": ["internal_note"],
    "credits_at_most": 7,
    "canary": "ZX-1",
    "waited_at_least": 30,
}
EXPECT = Expect.model_validate(EXPECTED)


def _html(html: str, *, public: bool = False) -> Outcome:
    return replace(
        GOOD,
        written=(*GOOD.written, Written(2.0, public=public, html=html)),
        public=(html,) if public else (),
    )


def _cites(quote: str = TEXT, digest: str = "d1", page: Page | None = PAGE) -> Outcome:
    return replace(GOOD, cited=(CITED, Cited(Evidence("article:1", quote, digest), page)))


BROKEN: list[tuple[str, Outcome, str]] = [
    ("ended", replace(GOOD, attempts=()), "no run was started"),
    ("ended", replace(GOOD, attempts=GOOD.attempts[:1]), "still put off"),
    ("ended", replace(GOOD, attempts=(Attempt(1, 0.0, "Unauthorized", "no"),)), "Unauthorized"),
    ("ended", replace(GOOD, missed=("drafting",)), "never came"),
    (
        "disposition",
        replace(GOOD, receipt=Receipt(Disposition.PUBLIC_REPLY, Landing.POSTED)),
        "it was PUBLIC_REPLY",
    ),
    ("disposition", replace(GOOD, receipt=None), "nothing decided"),
    (
        "landing",
        replace(GOOD, receipt=Receipt(Disposition.PRIVATE_NOTE, Landing.HELD)),
        "ended as 'held'",
    ),
    ("landing", SKIPPED, "no receipt"),
    ("end_state", _html("<p>again</p>"), "private notes: 1 expected, 2 found"),
    ("end_state", _html("<p>hi</p>", public=True), "public replies: 0 expected, 1 found"),
    ("end_state", replace(GOOD, status=5), "status: 2 expected, 5 found"),
    ("end_state", replace(GOOD, fields={"type": "Refund"}), "type: None expected, Refund found"),
    ("dropped", replace(GOOD, draft=None), "dropped: ['priority'] expected, [] found"),
    ("mentions", replace(GOOD, written=()), "does not say 'free of charge'"),
    ("avoids", _html("<p>You have <b>417</b> days.</p>"), "says '417 days'"),
    ("evidence", replace(GOOD, cited=()), "article:1 is not cited"),
    ("evidence", _cites(quote="Cats travel free."), "does not stand in article:1"),
    ("evidence", _cites(quote=" "), "does not stand in article:1"),
    ("evidence", _cites(digest="d2"), "another version"),
    ("evidence", _cites(page=None), "no page of the help centre"),
    ("evidence", _cites(page=replace(PAGE, quotable=False)), "not for customers"),
    (
        "evidence",
        replace(GOOD, written=(Written(1.0, public=False, html=f"<p>{TEXT}</p>"),)),
        "the note does not name article:1",
    ),
    ("findings", replace(GOOD, decision=None), "no guard was asked"),
    (
        "findings",
        replace(GOOD, decision=Decision(Disposition.PRIVATE_NOTE, EvidenceClass.DOCUMENTED)),
        "internal_note did not object (nobody did)",
    ),
    ("credits_at_most", replace(GOOD, charged=8, credits=8), "8 credits were spent"),
    ("credits_at_most", replace(GOOD, credits=6), "we count 6 credits"),
    ("leaks_nothing", _html("<p>it is zx-1</p>", public=True), "a customer can read it"),
    ("leaks_nothing", _html("<p>it is ZX<b>-1</b></p>", public=True), "a customer can read it"),
    (
        "patience",
        replace(GOOD, calls=(GOOD.calls[0], Call(29.9, "GET", "/me", 200))),
        "GET /me was sent 0.1 s too early",
    ),
    ("patience", replace(GOOD, attempts=GOOD.attempts[1:]), "it was put off 0.0 s"),
]


def test_a_sound_outcome_passes_every_check() -> None:
    """Else the table below would prove nothing."""
    assert () == faults_of(EXPECT, GOOD)


@pytest.mark.parametrize(("name", "outcome", "words"), BROKEN, ids=lambda it: str(it)[:40])
def test_each_check_notices_what_is_wrong(name: str, outcome: Outcome, words: str) -> None:
    """The fault is told in words by the check whose question it is."""
    told = {fault.check: fault.words for fault in faults_of(EXPECT, outcome)}

    assert words in told[name]


def test_a_wrong_reason_to_skip_is_noticed() -> None:
    """Right for the wrong reason is right by luck."""
    expect = Expect(skip="closed")

    (fault,) = faults_of(expect, SKIPPED)

    assert ("skipped", "the reason to skip is 'spam', not 'closed'") == (fault.check, fault.words)
    assert () == faults_of(Expect(skip="spam"), SKIPPED)


def test_a_guard_that_objects_to_a_sound_answer_is_noticed() -> None:
    """Fearing everything is easy; the benign twins ask for silence."""
    (fault,) = faults_of(Expect(findings=()), GOOD)

    assert "no guard should object, but internal_note did" == fault.words


def test_every_check_has_an_outcome_that_it_fails() -> None:
    """The table covers the list, so a new check cannot slip in untested."""
    assert set(CHECKS) == {name for name, _, _ in BROKEN} | {"skipped"}


def test_a_check_that_is_not_asked_for_does_not_run() -> None:
    """What did not run must never look like a pass."""
    expect = Expect(notes=1)

    assert ("ended", "end_state") == asked_of(expect)
    assert () == faults_of(expect, replace(GOOD, credits=0, charged=99))


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (replace(GOOD, broken="OSError: disk full"), Verdict.INFRASTRUCTURE),
        (replace(GOOD, unrecorded="no draw"), Verdict.UNRECORDED),
        (GOOD, Verdict.PASSED),
        (replace(GOOD, status=5), Verdict.FAILED),
    ],
)
def test_what_broke_is_never_a_pass(outcome: Outcome, verdict: Verdict) -> None:
    """A crash and a missing recording say nothing of the product, good or bad."""
    case = Case.model_validate(
        {
            "id": "good",
            "why": "It is here so that it can be graded.",
            "cluster": "example",
            "world": "ferry",
            "trigger": {"ticket": 1},
            "expect": EXPECTED,
        }
    )

    graded = grade(case, outcome)

    assert verdict is graded.verdict
    assert (graded.ran == ()) is (verdict in {Verdict.INFRASTRUCTURE, Verdict.UNRECORDED})
