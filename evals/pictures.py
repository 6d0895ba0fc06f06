"""Small pictures as SVG, in the colours of their page; the same bytes for the same figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from evals.stats import Interval

_WIDE = 640
_LEFT = 190
_RIGHT = 195
_ROW = 26


@dataclass(frozen=True, slots=True)
class Point:
    """A value with its interval and the words beside it."""

    name: str
    value: float
    interval: Interval
    words: str
    style: str = ""


def intervals(points: Sequence[Point], *, low: float, high: float, title: str) -> str:
    """Return a row for each point: a dot on its interval, between two ends of the scale."""

    def x(value: float) -> str:
        held = min(max(value, low), high)
        return _n(_LEFT + (held - low) / (high - low) * (_WIDE - _LEFT - _RIGHT - 15))

    zero = f'<line class="grid" x1="{x(0)}" x2="{x(0)}" y1="4" y2="{_ROW * len(points) + 4}"/>'
    rows = [zero]
    for place, one in enumerate(points):
        y = _ROW * place + 20
        rows.append(
            f'<text x="{_LEFT - 12}" y="{y + 4}" class="end">{escape(one.name)}</text>'
            f'<line class="range" x1="{x(one.interval.low)}" x2="{x(one.interval.high)}" '
            f'y1="{y}" y2="{y}"/>'
            f'<circle class="dot {one.style}" cx="{x(one.value)}" cy="{y}" r="5"/>'
            f'<text x="{_WIDE - _RIGHT}" y="{y + 4}">{escape(one.words)}</text>'
        )
    return _svg(rows, _ROW * len(points) + 12, title)


def curves(told: Mapping[str, Mapping[int, float]], *, title: str) -> str:
    """Return rates over k, a line for each name; the scale goes from none to all."""
    ks = sorted({k for curve in told.values() for k in curve})
    rows = []
    for share in (0.0, 0.5, 1.0):
        y = _n(150 - share * 130)
        rows.append(f'<line class="grid" x1="60" x2="{_WIDE - 170}" y1="{y}" y2="{y}"/>')
        rows.append(f'<text x="50" y="{y}" class="end">{share:.0%}</text>')
    places = {k: 60 + (place + 0.5) * (_WIDE - 230) / max(1, len(ks)) for place, k in enumerate(ks)}
    rows += [f'<text x="{_n(x)}" y="172" class="mid">k = {k}</text>' for k, x in places.items()]
    for number, (name, curve) in enumerate(told.items()):
        dots = [(places[k], 150 - rate * 130) for k, rate in curve.items()]
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in dots)
        style = f"line{number % 3}"
        rows.append(f'<polyline class="{style}" points="{path}"/>')
        rows += [f'<circle class="{style} dot" cx="{_n(x)}" cy="{_n(y)}" r="4"/>' for x, y in dots]
        at = 30 + 22 * number
        rows.append(f'<circle class="{style} dot" cx="{_WIDE - 150}" cy="{at - 4}" r="4"/>')
        rows.append(f'<text x="{_WIDE - 138}" y="{at}">{escape(name)}</text>')
    return _svg(rows, 182, title)


def bars(counts: Sequence[tuple[str, int]], *, title: str) -> str:
    """Return a bar for each count."""
    most = max((count for _, count in counts), default=0) or 1
    rows = []
    for place, (name, count) in enumerate(counts):
        y = _ROW * place + 6
        width = _n(count / most * (_WIDE - _LEFT - 60))
        rows.append(
            f'<text x="{_LEFT - 12}" y="{y + 14}" class="end">{escape(name)}</text>'
            f'<rect class="bar" x="{_LEFT}" y="{y}" width="{width}" height="18"/>'
            f'<text x="{_n(_LEFT + float(width) + 8)}" y="{y + 14}">{count}</text>'
        )
    return _svg(rows, _ROW * len(counts) + 10, title)


def _svg(rows: Sequence[str], height: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDE} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(rows)}</svg>"
    )


def _n(value: float) -> str:
    return f"{value:.1f}"
