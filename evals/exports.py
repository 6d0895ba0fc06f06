"""Results for other programs: JUnit for CI, JSON for figures, Markdown for a pull request."""

import json
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from evals.compare import Comparison
from evals.figures import figures
from evals.grade import Verdict
from evals.report import SPEAKS_OF
from evals.results import Played, Results


def junit(told: Results) -> str:
    """Return a suite for each tier; what broke is an error, not a failure."""
    suites = "".join(_suite(one.tier.value, told.of(one.tier)) for one in figures(told))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{suites}</testsuites>\n'


def figures_json(told: Results) -> str:
    """Return every figure of the page, by tier."""
    tiers = {
        one.tier.value: {
            "speaks_of": SPEAKS_OF[one.tier],
            "cases": one.cases,
            "clusters": one.clusters,
            "trials": one.trials,
            "verdicts": one.verdicts,
            "rate": one.rate,
            "interval": [one.interval.low, one.interval.high],
            "pass_k": {str(k): rate for k, rate in one.curve.items()},
            "attacks": one.attacks,
            "harmed": one.harmed,
        }
        for one in figures(told)
    }
    return json.dumps({"tiers": tiers}, indent=2, ensure_ascii=False) + "\n"


def markdown(told: Results, *, against: Comparison | None = None) -> str:
    """Return what a pull request's reader needs, failures first."""
    return "\n".join(_lines(told, against)) + "\n"


def _lines(told: Results, against: Comparison | None) -> Iterator[str]:
    yield "| tier | cases | passed | rate | 95 % | speaks of |"
    yield "|---|---:|---:|---:|---|---|"
    for one in figures(told):
        rate = "-" if one.rate is None else f"{one.rate:.1%}"
        span = f"{one.interval.low:.1%} to {one.interval.high:.1%}"
        passed = f"{one.verdicts['passed']} of {one.trials}"
        cells = (one.tier.value, one.cases, passed, rate, span, SPEAKS_OF[one.tier])
        yield f"| {' | '.join(map(str, cells))} |"
    if against is not None:
        yield ""
        for row in against.rows:
            if not row.tag or row.compared.better or row.compared.worse:
                yield (
                    f"* {row.tier.value}: {row.tag or 'all'}: {row.compared.difference:+.1%}, "
                    f"{row.change.value} (p {row.p:.3f}; least seen {row.compared.detectable:.1%})"
                )
    failing = [case for case in told.cases if case.worst.verdict is not Verdict.PASSED]
    if failing:
        yield ""
    for case in failing:
        words = "; ".join(f"{fault.check}: {fault.words}" for fault in case.worst.faults)
        yield f"* **{case.id}** ({case.tier.value}) {case.worst.verdict.value}: {_plain(words)}"


def _plain(words: str) -> str:
    return " ".join(words.replace("|", "\\|").replace("<", "&lt;").split())


def _suite(name: str, cases: tuple[Played, ...]) -> str:
    ends = [case.worst.verdict for case in cases]
    failed = ends.count(Verdict.FAILED)
    errors = len(ends) - failed - ends.count(Verdict.PASSED)
    head = f'tests="{len(cases)}" failures="{failed}" errors="{errors}"'
    return f"<testsuite name={quoteattr(name)} {head}>\n{''.join(map(_test, cases))}</testsuite>\n"


def _test(case: Played) -> str:
    worst = case.worst
    head = f'<testcase classname="evals.{case.tier.value}" name={quoteattr(case.id)}'
    if worst.verdict is Verdict.PASSED:
        return f"{head}/>\n"
    kind = "failure" if worst.verdict is Verdict.FAILED else "error"
    words = "; ".join(f"{fault.check}: {fault.words}" for fault in worst.faults)
    told = f"<{kind} message={quoteattr(worst.verdict.value)}>{escape(words)}</{kind}>"
    return f"{head}>{told}</testcase>\n"
