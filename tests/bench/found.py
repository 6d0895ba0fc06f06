"""Three benchmarks of retrieval: what is found, what would be invented, what is quoted."""

from dataclasses import asdict

from rich.table import Table

from tests.bench import retrieval
from tests.bench.figures import Bench, Part, Tick, at_least, at_most
from tests.bench.retrieval import BOTH, WORDS, Drafted, Found, Measured

_MODEL = (
    "The vectors are all-MiniLM-L6-v2's, recorded once and served again on the loopback: an English"
    " model, so the other languages show what is left when a model does not know them."
)
_FITTED = (
    "shop: the demo company, on half of whose questions the curves were fitted, and whose topics"
    " the lexicon knows. library: nothing was fitted on it; the least score was looked at on both."
)


def recall(tick: Tick) -> Part:
    """Count how often the right page comes first, and among three."""
    every = retrieval.whole()
    tick("all questions")
    table = _table("How often the right page is found", "help centre", "questions", "by", "asked",
                   "recall@1", "recall@3")  # fmt: skip
    for one in every:
        for row in sorted(one.found, key=lambda row: row.slice):
            shares = (f"{at / row.asked:.2f}" for at in (row.first, row.third))
            table.add_row(one.name, row.slice, row.way, str(row.asked), *shares)
    other = {way: _recalled(every, way) for way in (WORDS, BOTH)}
    first, third = other[BOTH]
    return Part(
        "recall",
        table,
        {"found": [asdict(row) | {"centre": one.name} for one in every for row in one.found]},
        (
            at_least("recall@1, English in other words, by both", first, 0.65),
            at_least("recall@3, English in other words, by both", third, 0.80),
            at_least("recall@1 gained on words alone", first - other[WORDS][0], 0.15),
        ),
        (_MODEL, _FITTED),
    )


def _recalled(every: tuple[Measured, ...], way: str) -> tuple[float, float]:
    rows = [row for one in every for row in one.found if _is(row, way)]
    asked = sum(row.asked for row in rows)
    return sum(row.first for row in rows) / asked, sum(row.third for row in rows) / asked


def _is(row: Found, way: str) -> bool:
    return row.way == way and row.slice == "English, other words"


def no_answer(tick: Tick) -> Part:
    """Draw the curve: what would be said, and invented, if everything from a score on were."""
    every = retrieval.whole()
    tick("all questions")
    table = _table("What would be said from a score on", "help centre", "by", "from", "right page",
                   "wrong page", "no page answers", "page taken away")  # fmt: skip
    for one in every:
        for at in one.curve:
            row = (at.right, at.wrong, at.invented, at.blind)
            table.add_row(one.name, at.way, f"{at.least:g}", *map(str, row))
    points = [at for one in every for at in one.curve if at.way == BOTH and at.least == 0.9]
    answerable = sum(row.asked for one in every for row in one.found if row.way == BOTH)
    needs = ", ".join(f"{one.name} {one.needs:.2f}" for one in every)
    return Part(
        "no answer",
        table,
        {"curve": [asdict(at) | {"centre": one.name} for one in every for at in one.curve],
         "needs": {one.name: one.needs for one in every},
         "backgrounds": {one.name: one.backgrounds for one in every}},
        (
            at_most("answered by another page, its own taken away",
                    sum(at.blind for at in points) / answerable, 0.01),
        ),
        (
            "by meaning the score is a cosine, which is not one scale for two help centres.",
            f"Measured on the help centres themselves, the least score to quote by: {needs}.",
        ),
    )  # fmt: skip


def quoted(tick: Tick) -> Part:
    """Count what the drafter without a model makes of the questions."""
    every = retrieval.whole()
    tick("all questions")
    table = _table("What the drafter without a model makes of them", "help centre", "by",
                   "answerable", "right", "right page, else", "wrong", "handed over",
                   "unanswerable", "answered")  # fmt: skip
    for one in every:
        for row in one.drafted:
            told = (row.answerable, row.right, row.elsewhere, row.wrong, row.handed_over,
                    row.unanswerable, row.invented)  # fmt: skip
            table.add_row(one.name, row.way, *map(str, told))
    rows = [row for one in every for row in one.drafted if row.way == BOTH]
    answers = sum(row.right + row.elsewhere + row.wrong for row in rows)
    return Part(
        "quoted",
        table,
        {"drafted": [asdict(row) | {"centre": one.name} for one in every for row in one.drafted]},
        (
            at_most("wrong pages quoted, of all answers", _part(rows, "wrong") / answers, 0.01),
            at_most("unanswerable questions answered",
                    _part(rows, "invented") / _part(rows, "unanswerable"), 0.01),
            at_least("answerable questions answered rightly",
                     _part(rows, "right") / _part(rows, "answerable"), 0.25),
        ),
        (
            "right: a passage that a person would send; right page, else: another of its passages.",
            "By words the least score is the drafter's own, by both the help centre's.",
        ),
    )  # fmt: skip


def _part(rows: list[Drafted], name: str) -> int:
    return sum(getattr(row, name) for row in rows)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number > 1 else "left")
    return table


BENCHES = (
    Bench("recall", "the right page, by words, by meaning and by both", recall, 1, 45.0),
    Bench("no answer", "what would be said from a score on", no_answer, 1, 1.0),
    Bench("quoted", "answers of the drafter without a model", quoted, 1, 1.0),
)
