"""Our front door in a play: webhooks come in by the product's own route, and so do false ones."""

import json
import random
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server import ingest
from server.ingest import Intake
from tests.chaos.house import SECRET, House
from tests.chaos.judge import Judge, Knock
from tests.chaos.theatre import Theatre

DROPPED, TWICE, LATE, FORGED, SPOILT = 0.2, 0.25, 0.15, 0.1, 0.05
"""How likely a webhook never comes, comes twice, or a round later; or a false one beside it."""
GARBAGE = b'{"ticket_id": "none at all"'
_TAKEN, _REFUSED = 202, 401

Lived = Callable[[str, Callable[[], Awaitable[object]]], Awaitable[bool]]
"""Does something in which the process may die, and says whether it lived."""


async def _take(request: Request) -> Response:
    return await ingest.take(request.path_params["account"], request)


@cache
def _app() -> Starlette:
    return Starlette(routes=[Route("/hooks/{account}", _take, methods=["POST"])])


class Door:
    """Takes webhooks in."""

    def __init__(self, on: Theatre, judge: Judge) -> None:
        self._on, self._judge = on, judge

    async def knock(self, house: House, body: bytes) -> bool:
        """Bring a webhook; return whether it was acknowledged."""
        answer = await self._post(house, body, f"{SECRET}-{house.id}")
        if answer.status_code != _TAKEN:
            return False
        told: dict[str, Any] = answer.json()
        ticket = None if body == GARBAGE else str(json.loads(body)["ticket_id"])
        self._judge.acknowledged(int(told["delivery"]), Knock(house.id, ticket, body))
        return True

    async def forge(self, house: House, body: bytes, secret: str) -> None:
        """Bring one with a secret that is not this company's."""
        answer = await self._post(house, body, f"{SECRET}-{secret}")
        if answer.status_code != _REFUSED:
            self._judge.say(f"I7: {house.id} took a webhook with the secret of {secret!r}")

    async def _post(self, house: House, body: bytes, secret: str) -> httpx.Response:
        app, on = _app(), self._on
        app.state.intake = Intake(on.accounts(), on.store, on.product_engine, on.own)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://deskhand"
        ) as client:
            return await client.post(
                f"/hooks/{house.id}", content=body, headers={ingest.SECRET: secret}
            )


class Postman:
    """Brings the webhooks of a play by chance: late, twice, in another order, or never."""

    def __init__(self, on: Theatre, chance: random.Random, judge: Judge, lived: Lived) -> None:
        self._on, self._chance, self._lived = on, chance, lived
        self._door = Door(on, judge)
        self._later: list[tuple[House, bytes]] = []

    @property
    def is_done(self) -> bool:
        """Whether no webhook is on its way."""
        return not self._later and not any(house.fired for house in self._on.houses)

    async def come(self) -> None:
        """Bring all that is on its way, in any order, and some that nobody sent."""
        coming, self._later = self._later, []
        for house in self._on.houses:
            fired, house.fired[:] = list(house.fired), []
            for ticket in fired:
                coming += self._sent(house, ticket)
        self._chance.shuffle(coming)
        for house, body in coming:
            await self._bring(house, body)

    def _sent(self, house: House, ticket: int) -> list[tuple[House, bytes]]:
        """Return what becomes of one webhook on its way, and what comes beside it."""
        body = body_of(house, ticket)
        beside = [(house, GARBAGE)] if self._chance.random() < SPOILT else []
        if self._chance.random() < DROPPED:
            return beside
        if self._chance.random() < LATE:
            self._later.append((house, body))
            return beside
        return beside + [(house, body)] * (2 if self._chance.random() < TWICE else 1)

    async def _bring(self, house: House, body: bytes) -> None:
        if self._chance.random() < FORGED:
            others = [one.id for one in self._on.houses if one is not house]
            await self._door.forge(house, body, self._chance.choice([*others, ""]))
        taken: list[bool] = []

        async def knock() -> None:
            taken.append(await self._door.knock(house, body))

        lived = await self._lived("door", knock)
        if not lived or not all(taken):
            self._later.append((house, body))  # the sender tries again


def body_of(house: House, ticket: int) -> bytes:
    """Return a webhook's body."""
    return json.dumps({"ticket_id": ticket, "of": house.id}).encode()
