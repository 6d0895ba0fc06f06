"""Whose key goes where, what is kept of a probe, and when an endpoint is asked again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.errors import ModelUnavailable
from agent.llm.endpoint import Abilities, Endpoint
from agent.llm.fallback import Chain, StandIn
from agent.llm.offer import Sampling
from agent.sandbox.app import Traits, app
from agent.sandbox.scripts import SCRIPTS
from server import drafters, endpoints
from server.endpoints import Probes
from server.errors import BadSetting
from server.settings import Settings, load
from tools.clock import SystemClock
from tools.freshdesk.sandbox.serve import serving

OWN = "https://models.example.com/v1"
OTHER = "https://elsewhere.example.net/v1"


def settings(home: Path, **values: str) -> Settings:
    """Return settings as the environment would give them."""
    named = {"OPENAI_API_KEY": "draft-key", "DESKHAND_MODEL_NAME": "large"} | values
    return load({"DESKHAND_HOME": str(home), **named}).settings


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({}, "draft-key"),
        ({"DESKHAND_JUDGE_BASE_URL": OWN}, "draft-key"),
        ({"DESKHAND_JUDGE_BASE_URL": f"{OWN}/other/path"}, "draft-key"),
        ({"DESKHAND_JUDGE_BASE_URL": OTHER}, "none"),
        ({"DESKHAND_JUDGE_BASE_URL": OTHER, "DESKHAND_JUDGE_API_KEY": "judge-key"}, "judge-key"),
        ({"DESKHAND_JUDGE_API_KEY": "judge-key"}, "judge-key"),
        ({"DESKHAND_JUDGE_BASE_URL": "http://models.example.com/v1"}, "none"),
        ({"DESKHAND_JUDGE_BASE_URL": "https://models.example.com:8443/v1"}, "none"),
        ({"DESKHAND_JUDGE_BASE_URL": "https://models.example.com.evil.example/v1"}, "none"),
        ({"DESKHAND_JUDGE_BASE_URL": endpoints.VENDOR}, "none"),
    ],
    ids=["same", "same URL", "same host", "another", "own", "own there", "plain", "port", "suffix",
         "vendor"],
)  # fmt: skip
def test_a_key_goes_to_its_own_address_only(
    tmp_path: Path, values: dict[str, str], key: str
) -> None:
    """One vendor's key sent to another is a key in the world."""
    named = {"DESKHAND_MODEL_BASE_URL": OWN, "DESKHAND_JUDGE_NAME": "judge"} | values
    judge = endpoints.judging(settings(tmp_path, **named))

    assert judge is not None
    assert key == judge.api_key
    assert key not in repr(judge)


def test_every_role_has_an_address_and_a_key_of_its_own(tmp_path: Path) -> None:
    """A small model at home may embed while a large one drafts."""
    found = settings(
        tmp_path,
        DESKHAND_EMBED_NAME="small",
        DESKHAND_EMBED_BASE_URL="http://127.0.0.1:9000/v1/",
        DESKHAND_EMBED_API_KEY="embed-key",
        DESKHAND_FALLBACK_NAME="second, third",
        DESKHAND_FALLBACK_BASE_URL=f"{OWN},{OTHER}",
        DESKHAND_FALLBACK_API_KEY="two,three",
    )

    assert Endpoint("large", endpoints.VENDOR, "draft-key") == endpoints.drafting(found)
    small = Endpoint("small", "http://127.0.0.1:9000/v1", "embed-key")
    assert small == endpoints.embedding(found)
    second, third = Endpoint("second", OWN, "two"), Endpoint("third", OTHER, "three")
    assert (second, third) == endpoints.fallbacks(found)
    assert endpoints.judging(found) is None


def test_fallbacks_share_one_address_and_the_draft_key_only_at_its_own(tmp_path: Path) -> None:
    """Most have one server with several models; its key is the one it has."""
    here = settings(tmp_path, DESKHAND_FALLBACK_NAME="second,third")
    away = settings(
        tmp_path, DESKHAND_FALLBACK_NAME="second,third", DESKHAND_FALLBACK_BASE_URL=OTHER
    )

    assert {"draft-key"} == {one.api_key for one in endpoints.fallbacks(here)}
    assert {(OTHER, "none")} == {(o.base_url, o.api_key) for o in endpoints.fallbacks(away)}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"DESKHAND_MODEL_BASE_URL": "models.example.com/v1"}, "https://host/v1"),
        ({"DESKHAND_MODEL_BASE_URL": "ftp://models.example.com"}, "https://host/v1"),
        ({"DESKHAND_MODEL_BASE_URL": "https://host:port/v1"}, "https://host/v1"),
        ({"DESKHAND_MODEL_BASE_URL": "https://me:hush@models.example.com/v1"}, "its own setting"),
        (
            {
                "DESKHAND_FALLBACK_NAME": "a,b,c",
                "DESKHAND_FALLBACK_BASE_URL": f"{OWN},{OTHER}",
            },
            "2 values for 3",
        ),
        ({"DESKHAND_PRICES": "/nowhere/prices.toml"}, "cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, values: dict[str, str], told: str
) -> None:
    """At the start, not at the first ticket; and never with a key in the words."""
    with pytest.raises(BadSetting) as fault:
        drafters.drafter_of(settings(tmp_path, **values), SystemClock())

    assert told in str(fault.value)
    assert next(iter(values)).rsplit("_", 1)[0] in str(fault.value)
    assert "hush" not in str(fault.value)


def test_a_fallback_for_no_model_is_a_mistake(tmp_path: Path) -> None:
    """Otherwise the operator believes that a model drafts."""
    bare = load({"DESKHAND_HOME": str(tmp_path), "DESKHAND_FALLBACK_NAME": "b"}).settings

    with pytest.raises(BadSetting, match="DESKHAND_MODEL_NAME"):
        drafters.drafter_of(bare, SystemClock())


def test_spares_stand_behind_the_drafter_and_nobody_behind_them(tmp_path: Path) -> None:
    """After its tries the model is passed over; for a person who waits, at once."""
    made = drafters.drafter_of(settings(tmp_path, DESKHAND_FALLBACK_NAME="b,c"), SystemClock())
    alone = drafters.drafter_of(settings(tmp_path), SystemClock())

    assert isinstance(made, drafters.LateDrafter)
    assert ["b", "c"] == [one.name for one in made.spares]
    assert all(isinstance(one, StandIn) for one in made.spares)
    assert "large" == drafters.at_once(made).name
    assert isinstance(drafters.at_once(made), Chain)
    assert alone is drafters.at_once(alone)
    assert ("b", "large") == (
        drafters.last_resort(made, "x").name,
        drafters.last_resort(alone, "x").name,
    )


@asynccontextmanager
async def counted(traits: Traits) -> AsyncIterator[tuple[Endpoint, list[dict[str, object]]]]:
    """Serve an endpoint and count what it is asked."""
    seen: list[dict[str, object]] = []
    scripts = {**SCRIPTS, "large": SCRIPTS["empty"]}
    async with serving(app(scripts, traits=traits, seen=seen)) as url:
        yield Endpoint("large", f"{url}/v1", "secret-key"), seen


async def test_an_endpoint_is_probed_once_and_its_key_is_not_kept(tmp_path: Path) -> None:
    """The first draft pays for it; a restart, and every other process, reads the file."""
    path = tmp_path / "endpoints.json"
    async with counted(Traits(tools="none")) as (endpoint, seen):
        first = await Probes(path, SystemClock()).fit(endpoint, Sampling())
        asked = len(seen)
        again = await Probes(path, SystemClock()).fit(endpoint, Sampling())

    assert ("json", "json") == (first.strategy, again.strategy)
    assert asked == len(seen)
    assert "secret-key" not in path.read_text("utf-8")
    assert endpoint.base_url in path.read_text("utf-8")


async def test_another_model_or_address_is_another_endpoint(tmp_path: Path) -> None:
    """What one model can do says nothing of the next."""
    probes = Probes(tmp_path / "endpoints.json", SystemClock())
    async with counted(Traits()) as (endpoint, _):
        probes.keep(endpoint, Abilities("none", json_schema=True), thorough=True)
        other = Endpoint("empty", endpoint.base_url, "k")

        assert "json" == (await probes.fit(endpoint, Sampling())).strategy
        assert "tools" == (await probes.fit(other, Sampling())).strategy
        assert probes.find(endpoint) is not None
        assert probes.find(Endpoint("large", OTHER, "k")) is None


async def test_a_broken_file_is_as_good_as_none(tmp_path: Path) -> None:
    """It holds nothing that two short questions cannot find again."""
    path = tmp_path / "endpoints.json"
    path.write_text('[{"model": "large"', "utf-8")
    async with counted(Traits()) as (endpoint, _):
        probes = Probes(path, SystemClock())

        assert "tools" == (await probes.fit(endpoint, Sampling())).strategy
        assert probes.find(endpoint) is not None


async def test_an_endpoint_that_is_away_is_no_finding(tmp_path: Path) -> None:
    """The draft waits as it would have without a probe."""
    probes = Probes(tmp_path / "endpoints.json", SystemClock())

    with pytest.raises(ModelUnavailable):
        await probes.fit(Endpoint("large", "http://127.0.0.1:9/v1", "k"), Sampling())

    assert not (tmp_path / "endpoints.json").exists()


async def test_an_endpoint_too_slow_for_a_probe_is_asked_as_if_there_were_none(
    tmp_path: Path,
) -> None:
    """It may draft well all the same; and the next draft must not wait for another probe."""
    probes = Probes(tmp_path / "endpoints.json", SystemClock(), seconds=1.0)
    async with counted(Traits(seconds=3.0)) as (endpoint, seen):
        first = await probes.fit(endpoint, Sampling())
        second = await probes.fit(endpoint, Sampling())

    assert (Sampling(), Sampling()) == (first, second)
    assert 1 == len(seen)
    assert not (tmp_path / "endpoints.json").exists()
