"""What `doctor` says of the models, and what the service then knows of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from agent.sandbox.app import Traits, app
from server.check import Check
from server.drafters import probes_of
from server.endpoints import drafting
from server.model_checks import checks
from server.settings import Settings, load
from tools.clock import SystemClock
from tools.freshdesk.sandbox.serve import serving

MODEL = "quotes-first-page"


@asynccontextmanager
async def served(traits: Traits) -> AsyncIterator[str]:
    """Serve an endpoint that can do so much and no more."""
    async with serving(app(traits=traits)) as url:
        yield f"{url}/v1"


def settings(home: Path, url: str, **values: str) -> Settings:
    """Return settings with a drafting model at an endpoint."""
    named = {"DESKHAND_HOME": str(home), "DESKHAND_MODEL_BASE_URL": url}
    return load(named | {"DESKHAND_MODEL_NAME": MODEL, "OPENAI_API_KEY": "right"} | values).settings


async def looked(found: Settings, *, money: str | None = None) -> dict[str, Check]:
    """Return what was found, by name."""
    most = None if money is None else Decimal(money)
    return {one.name: one for one in await checks(found, SystemClock(), money=most)}


async def test_every_role_is_asked_and_what_was_found_is_kept(tmp_path: Path) -> None:
    """The service drafts by it without asking again, and an operator sees all of them at once."""
    async with served(Traits(api_key="right")) as url:
        found = settings(
            tmp_path,
            url,
            DESKHAND_FALLBACK_NAME="repents",
            DESKHAND_JUDGE_NAME="prose",
            DESKHAND_EMBED_NAME="empty",
        )
        told = await looked(found)

    assert {"ok"} == {one.state for one in told.values()}
    assert ["model", "fallback", "judge", "embed"] == [*told]
    assert "tools required, JSON schema yes, streaming yes" in told["model"].found
    assert "64 numbers a text" in told["embed"].found
    draft = drafting(found)
    assert draft is not None
    kept = probes_of(found, SystemClock()).find(draft)
    assert kept is not None
    assert kept.thorough
    assert "right" not in (tmp_path / "endpoints.json").read_text("utf-8")


async def test_without_a_model_nobody_is_asked(tmp_path: Path) -> None:
    """The default drafts without one, and that is all right."""
    bare = load({"DESKHAND_HOME": str(tmp_path)}).settings

    assert {"model": "ok"} == {name: one.state for name, one in (await looked(bare)).items()}


@pytest.mark.parametrize(
    ("traits", "values", "state", "told"),
    [
        (Traits(api_key="other"), {}, "bad", "OPENAI_API_KEY"),
        (Traits(), {"DESKHAND_MODEL_NAME": "gone"}, "bad", "DESKHAND_MODEL_NAME"),
        (Traits(), {"DESKHAND_MODEL_BASE_URL": "http://127.0.0.1:9/v1"}, "bad", "server runs"),
        (Traits(context=3_000, truncates=True), {}, "note", "Give the server a context"),
        (Traits(context=3_000, lists=True), {}, "note", "A larger context"),
        (Traits(tools="none", json_schema=False), {}, "note", "Unusable answers"),
        (Traits(), {"DESKHAND_JUDGE_NAME": "x", "DESKHAND_JUDGE_BASE_URL": "x"}, "bad", "again"),
    ],
    ids=["key", "name", "away", "truncates", "small", "plain", "no address"],
)
async def test_what_is_wrong_is_told_with_how_to_mend_it(
    tmp_path: Path, traits: Traits, values: dict[str, str], state: str, told: str
) -> None:
    """Most of these otherwise show as a handoff on every ticket."""
    async with served(traits) as url:
        found = await looked(settings(tmp_path, url, **values))

    assert state in {one.state for one in found.values()}
    assert told in " ".join(one.mend for one in found.values())


async def test_a_cap_without_a_price_is_told_before_a_ticket_comes(tmp_path: Path) -> None:
    """Every draft would be refused; nothing is asked of the model, since that may cost as well."""
    table = tmp_path / "prices.toml"
    table.write_text(
        f'currency = "EUR"\n[[price]]\nmodel = "{MODEL}"\ninput = 1\noutput = 1\n', "utf-8"
    )
    async with served(Traits()) as url:
        bare = await looked(settings(tmp_path, url), money="0.5")
        priced = await looked(settings(tmp_path, url, DESKHAND_PRICES=str(table)), money="0.5")

    assert ("bad", "ok") == (bare["model"].state, priced["model"].state)
    assert "DESKHAND_PRICES" in bare["model"].mend
