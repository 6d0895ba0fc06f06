"""Results as one page that needs nothing else: no script, no address, the same bytes each time."""

import hashlib
from collections.abc import Sequence
from html import escape

from evals import pictures, stats
from evals.case import Tier
from evals.compare import Comparison
from evals.figures import TierFigures, figures
from evals.pictures import Point
from evals.report import SPEAKS_OF
from evals.results import Played, Results, write
from prompts import library

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2329;--dim:#5b6670;--line:#d5dbe0;--ground:#fff;
--blue:#2f6fb0;--green:#2d7d46;--red:#b3372f;--gold:#8a6100}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8eb;--dim:#9aa5ae;--line:#39424a;--ground:#14181b;
--blue:#7db3ea;--green:#73c48d;--red:#f0887f;--gold:#d9b04f}}
@media print{:root{color-scheme:light;--ink:#000;--dim:#444;--line:#bbb;--ground:#fff;
--blue:#1c4f86;--green:#1e5e33;--red:#8c1f18;--gold:#6b4b00}
h2{break-after:avoid}svg,tr{break-inside:avoid}main{max-width:none}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}main{max-width:62rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2.2rem 0 .4rem}
p{margin:.3rem 0;max-width:48rem}.dim,caption{color:var(--dim)}
table{border-collapse:collapse;width:100%}
caption{text-align:left}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid
var(--line);vertical-align:top;overflow-wrap:break-word}
td:last-child{min-width:16rem;overflow-wrap:anywhere}th{font-weight:600}td.n,th.n{text-align:right}
.scroll{overflow-x:auto}.passed{color:var(--green)}.failed,.regressed{color:var(--red);font-weight:600}
.unrecorded,.inconclusive{color:var(--gold)}svg{display:block;width:100%;max-width:48rem;height:auto}
svg text{fill:var(--ink);font-size:13px}.end{text-anchor:end}.mid{text-anchor:middle}
.grid{stroke:var(--line)}.range{stroke:var(--dim);stroke-width:2}.dot{fill:var(--blue)}
.bar{fill:var(--blue)}polyline{fill:none;stroke-width:2}.line0{stroke:var(--blue)}
.line1{stroke:var(--gold);stroke-dasharray:7 5}.line2{stroke:var(--green)}
circle.line0{fill:var(--blue)}circle.line1{fill:var(--gold)}circle.line2{fill:var(--green)}circle.regressed{fill:var(--red)}
circle.improved{fill:var(--green)}details{margin:.1rem 0}summary{cursor:pointer}
pre{white-space:pre-wrap;font-size:12px}
"""
_NOTHING = "No model was asked: a recorded answer costs nothing again, and no judge has a say."


def page(told: Results, *, against: Comparison | None = None) -> str:
    """Return the page; with a comparison it also shows what changed."""
    known = figures(told)
    parts = [
        "<h1>Deskhand evals</h1>",
        f"<p>{len(told.cases)} cases. Each tier speaks of something else, so none is added up.</p>",
        _headline(known),
        *([_changes(against)] if against is not None else []),
        _reliability(known),
        *map(_dispositions, known),
        _attacks(known),
        *map(_spread, known),
        _cases(told.cases),
        _manifest(told),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Deskhand evals</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def _headline(known: Sequence[TierFigures]) -> str:
    points = [Point(one.tier.value, one.rate or 0.0, one.interval, _share(one)) for one in known]
    legend = "".join(
        f"<p><b>{tier.value}</b>: {escape(words)}.</p>"
        for tier, words in SPEAKS_OF.items()
        if any(one.tier is tier for one in known)
    )
    rows = [
        (
            one.tier.value,
            one.cases,
            one.clusters,
            one.trials,
            *(one.verdicts[name] for name in one.verdicts),
        )
        for one in known
    ]
    heads = (
        "tier",
        "cases",
        "clusters",
        "trials",
        "passed",
        "failed",
        "unrecorded",
        "infrastructure",
    )
    picture = pictures.intervals(points, low=0.0, high=1.0, title="Pass rate of each tier")
    return f"<h2>How many pass</h2>{legend}{picture}{_table(heads, rows)}"


def _share(one: TierFigures) -> str:
    if one.rate is None:
        return "nothing played"
    return f"{one.rate:.1%} ({one.interval.low:.1%} to {one.interval.high:.1%})"


def _changes(told: Comparison) -> str:
    points = [
        Point(
            f"{row.tier.value}: {row.tag or 'all'}",
            row.compared.difference,
            row.compared.interval,
            f"{row.compared.difference:+.1%} {row.change.value}",
            row.change.value,
        )
        for row in told.rows
        if not row.tag or row.compared.better or row.compared.worse
    ]
    ends = [abs(v) for p in points for v in (p.interval.low, p.interval.high, p.value)]
    reach = max([*ends, 0.05])
    picture = pictures.intervals(points, low=-reach, high=reach, title="Change of each slice")
    lists = (
        ("Fails a safety check it did not", told.unsafe),
        ("Fails and did not", told.broken),
        ("Not played alike, left out", told.left_out),
        ("Gone", told.gone),
        ("Added", told.added),
    )
    words = "".join(f"<p>{what}: {escape(', '.join(names))}.</p>" for what, names in lists if names)
    return (
        "<h2>What changed</h2><p class=dim>Paired by case, by clusters, slices adjusted (Holm). "
        f"Slices where nothing moved are left out.</p>{picture if points else ''}{words}"
    )


def _reliability(known: Sequence[TierFigures]) -> str:
    told = {one.tier.value: one.curve for one in known if one.curve}
    if not told:
        return ""
    return (
        "<h2>How often k trials in a row all pass</h2><p class=dim>pass^k, drawn without "
        "replacement; shown where every case has k trials.</p>"
        + pictures.curves(told, title="pass^k over k")
    )


def _dispositions(one: TierFigures) -> str:
    rows = [(right, done, count) for right, done, count in one.dispositions]
    return f"<h2>What was done, {one.tier.value}</h2>{_table(('right', 'done', 'trials'), rows)}"


def _attacks(known: Sequence[TierFigures]) -> str:
    rows = [
        (
            one.tier.value,
            one.attacks,
            one.harmed,
            _harm(one),
        )
        for one in known
        if one.attacks
    ]
    heads = ("tier", "cases with somebody meaning harm", "a safety check failed", "share, at 95 %")
    note = "<p class=dim>A bound on what was tried, not a proof against what was not.</p>"
    return f"<h2>Attacks</h2>{note}{_table(heads, rows)}" if rows else ""


def _harm(one: TierFigures) -> str:
    if not one.harmed:
        return f"below {stats.none_seen(one.attacks):.1%}"
    most = stats.wilson(one.harmed, one.attacks).high
    return f"{one.harmed / one.attacks:.1%}, at most {most:.1%}"


def _spread(one: TierFigures) -> str:
    costs = [
        (f"{at} credit{'s' * (at != 1)}", one.credits.count(at)) for at in sorted(set(one.credits))
    ]
    edges = (1.0, 2.0, 5.0, 15.0, 60.0, 600.0)
    below = [sum(s < edge for s in one.seconds) for edge in edges]
    waits = [
        (f"under {edge:g} s", n - before)
        for edge, n, before in zip(edges, below, (0, *below), strict=False)
    ]
    waits.append(("longer", len(one.seconds) - below[-1]))
    return (
        f"<h2>Credits and time, {one.tier.value}</h2><p class=dim>Helpdesk credits a trial, and "
        f"virtual seconds from the first webhook to the end. {_NOTHING}</p>"
        + pictures.bars(costs, title="Trials by credits")
        + pictures.bars([w for w in waits if w[1]], title="Trials by virtual seconds")
    )


def _cases(cases: Sequence[Played]) -> str:
    order = sorted(cases, key=lambda case: (case.rate == 1.0, case.id))
    rows = "".join(map(_case, order))
    return (
        "<h2>Cases</h2><div class=scroll><table><thead><tr><th>case<th>tier<th>cluster<th class=n>"
        f"passed<th>done<th>why, and what was found</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _case(case: Played) -> str:
    worst = case.worst
    faults = "".join(
        f"<p class=failed>{escape(fault.check)}: {escape(fault.words)}</p>"
        for fault in worst.faults
    )
    number, passed = case.counted
    story = "\n".join(worst.story)
    told = f"<details><summary>How it came to this</summary><pre>{escape(story)}</pre></details>"
    return (
        f"<tr><td>{escape(case.id)}<td>{case.tier.value}<td>{escape(case.cluster)}"
        f'<td class="n {worst.verdict.value}">{passed}/{number}<td>{escape(worst.done.lower())}'
        f"<td>{escape(case.why)}{faults}"
        f"<span class=dim> Asked: {', '.join(worst.checks)}.</span>{told if story else ''}</tr>\n"
    )


def _manifest(told: Results) -> str:
    digest = hashlib.sha256(write(told).encode()).hexdigest()
    prompts = [library.live(name) for name in ("draft_reply", "triage_ticket", "judge_reply")]
    rows = [
        ("results", digest),
        ("format", told.format),
        ("seed of the intervals", stats.SEED),
        ("draws of the intervals", stats.DRAWS),
        ("tiers", ", ".join(tier.value for tier in Tier if told.of(tier))),
        *((f"prompt {one.reference}", one.digest) for one in prompts),
    ]
    return f"<h2>Manifest</h2>{_table(('what', 'value'), rows)}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(one)}" for one in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}" for cell in row) + "</tr>" for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class=scroll>{table}</div>"
