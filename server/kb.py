"""The commands about the knowledge base: bring it in, search it, and see what it lacks."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.extractive import THRESHOLD, mail_of
from agent.model import Outcome, Result
from server import views, wiring
from server.ask import moment
from server.look import (
    ATTENTION,
    INFRASTRUCTURE,
    OK,
    USAGE,
    complain,
    database,
    out,
    say,
    table,
)
from server.settings import load
from server.store import runs
from server.store.runs import Run
from server.wiring import Opened
from tools.clock import SystemClock
from tools.errors import HelpdeskError
from tools.knowledge import topics, vectors
from tools.knowledge.article import Hit
from tools.knowledge.asks import asks
from tools.knowledge.meaning import Meaning, NoVectors
from tools.knowledge.topics import Topic, Unanswered

RUNS_MOST = 3_000
"""Newest runs that are looked through for gaps."""
_DAYS = 30
_EMBEDDED_AT_ONCE = 32


async def kb_sync(*, as_json: bool, config: Path | None) -> int:
    """Read the help centre into the index now, and embed what has no vector."""
    opened = wiring.open_account(load(config=config))
    done, fault = 0, ""
    try:
        read = await opened.sync.once()
        if opened.embedder is not None:
            from tools.knowledge.embedding import refresh  # noqa: PLC0415 -- numpy, for this alone

            try:
                done = (await refresh(opened.index, opened.embedder, SystemClock())).passages
            except NoVectors as failed:
                fault = f"passages were not embedded: {failed}"
    except HelpdeskError as failed:
        complain(f"{type(failed).__name__}: {failed}")
        return INFRASTRUCTURE
    finally:
        await opened.close()
    faults = [*read.faults, *([fault] if fault else [])]
    if as_json:
        say({"pages": read.pages, "credits": read.credits, "embedded": done, "faults": faults,
             "left_out": read.left_out})  # fmt: skip
    else:
        out.print(f"{read.pages} pages are in the index; it cost {read.credits} credits.")
        if opened.embedder is not None:
            out.print(f"{done} passages were embedded by {opened.embedder.model}.", markup=False)
        for one in (*read.left_out, *faults):
            complain(one)
    return ATTENTION if faults else OK


async def kb_search(words: str, *, as_json: bool, config: Path | None) -> int:
    """Show what the index finds, and by which of its two ways."""
    opened = wiring.open_account(load(config=config))
    meaning = opened.meaning()
    try:
        pages = await opened.index.search(words, meaning=meaning)
        ready = await opened.index.canned(words)
        hits = sorted((*pages, *ready), key=lambda hit: -hit.score)
        measured = await opened.index.work(vectors.calibration)
    finally:
        await opened.close()
    why = _why_words_alone(hits, meaning, embedded=measured is not None)
    rows = [_row(hit) for hit in hits]
    if as_json:
        say({"hits": rows, "words_alone": why})
    elif rows:
        columns = ("score", "needed", "lexical", "dense", "title", "passage")
        out.print(table("Passages", rows, columns))
        out.print(why or "score: both together; lexical: by words; dense: cosine.", style="dim")
    else:
        out.print("Nothing is found.")
    return OK


def _row(hit: Hit) -> dict[str, Any]:
    return {
        "score": round(hit.score, 2),
        "needed": round(max(THRESHOLD, hit.needs), 2),
        "lexical": round(hit.lexical, 2),
        "dense": None if hit.dense is None else round(hit.dense, 2),
        "title": hit.page.title,
        "id": hit.page.id,
        "passage": hit.passage,
    }


def _why_words_alone(hits: Sequence[Hit], meaning: Meaning | None, *, embedded: bool) -> str:
    """Return why no page was compared by meaning, or ""."""
    if any(hit.dense is not None for hit in hits):
        return ""
    if meaning is None:
        return "By words alone: DESKHAND_EMBED_NAME is not set."
    if meaning.missing:
        return meaning.missing
    return "" if embedded else "By words alone: run `deskhand kb sync` to embed the pages."


async def kb_gaps(since: str | None, *, as_json: bool, config: Path | None) -> int:
    """Show what customers asked that no page answers, the most asked first."""
    now = SystemClock().now()
    try:
        start = moment(since, now=now) if since else now - timedelta(days=_DAYS)
    except ValueError as fault:
        complain(str(fault))
        return USAGE
    loaded = load(config=config)
    async with database(config) as (store, settings):
        account, at = settings.account, start.timestamp()
        kept = await store.read(lambda c: runs.recent(c, account, since=at, most=RUNS_MOST))
    asked = [one for run in kept if (one := unanswered(run)) is not None]
    opened = wiring.open_account(loaded)
    try:
        alike = await _alike(opened, asked)
        found = topics.grouped(asked, alike)
        rows = [await _gap(opened, topic) for topic in found]
    finally:
        await opened.close()
    rows.sort(key=lambda row: row["answered_by_now"])
    if as_json:
        say({"since": views.moment(at), "runs": len(kept), "unanswered": len(asked), "gaps": rows})
    elif rows:
        columns = ("topic", "count", "last", "tickets", "nearest", "score", "answered_by_now")
        out.print(table(f"{len(asked)} of {len(kept)} runs found no page", rows, columns))
    else:
        out.print(f"No gap: of {len(kept)} runs none found no page.")
    return OK


def unanswered(run: Run) -> Unanswered | None:
    """Return what a run was asked and found no page for, or None."""
    result: Result = run.result
    shot, draft = result.snapshot, result.draft
    if draft is None or shot is None or shot.turn is None:
        return None
    if draft.outcome not in {Outcome.NO_ANSWER, Outcome.FOR_AGENT}:
        return None
    language = shot.turn.language
    asking = [ask.text for ask in asks(mail_of(shot), (language,))[1:] if ask.asking]
    text = asking[0] if asking else shot.ticket.subject or draft.summary
    return Unanswered(run.ticket_id, text, language, run.updated_at) if text.strip() else None


async def _gap(opened: Opened, topic: Topic) -> dict[str, Any]:
    """Return a topic with the page that is nearest to it today."""
    example = topic.example
    hits = await opened.index.search(
        example.text, language=example.language, most=1, meaning=opened.meaning()
    )
    best = hits[0] if hits else None
    return {
        "topic": " ".join(topic.label) or "(no telling words)",
        "count": topic.count,
        "last": views.moment(topic.last),
        "tickets": ", ".join(topic.tickets),
        "nearest": best.page.title if best else None,
        "nearest_id": best.page.id if best else None,
        "score": round(best.score, 2) if best else 0.0,
        "answered_by_now": bool(best and best.score >= max(THRESHOLD, best.needs)),
    }


async def _alike(opened: Opened, asked: Sequence[Unanswered]) -> topics.Alike | None:
    """Return whether two questions mean the same, or None where nothing can tell."""
    measured = await opened.index.work(vectors.calibration)
    if opened.embedder is None or measured is None or measured.model != opened.embedder.model:
        return None
    from tools.knowledge import dense  # noqa: PLC0415 -- numpy, for this alone

    meaning, told = Meaning(opened.embedder, seconds=60.0), dict[str, tuple[float, ...]]()
    texts = list(dict.fromkeys(one.text for one in asked))
    for at in range(0, len(texts), _EMBEDDED_AT_ONCE):
        told |= {
            k: tuple(v) for k, v in (await meaning.of(texts[at : at + _EMBEDDED_AT_ONCE])).items()
        }
    if meaning.missing or not told:
        return None
    least = max(one.mean + one.deviation for one in measured.languages.values())
    return dense.alike([told[one.text] for one in asked], least=least)
