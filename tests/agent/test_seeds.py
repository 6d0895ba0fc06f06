"""Every ticket of the demonstration company, judged by hand once, is judged the same by rule."""

from agent import snapshot
from agent.qualify import qualify
from evals.stage import ACCOUNT, Stage
from evals.world import load_world
from tools.model import TicketId
from tools.provider import READ_ONLY, Lane

LEFT_ALONE = {
    "spam": {1014, 1015},
    "machine_mail": {1021, 1025},
    "merged": {1003},
    "outbound": {1006},
    "answered_by_person": {1001, 1008, 1009, 1018, 1019},
    "closed": {1002, 1004, 1005, 1007, 1010, 1011, 1013, 1016, 1017, 1020},
}
"""By reason; the other 39 want an answer."""


async def test_the_seed_tickets_are_left_alone_for_the_right_reasons() -> None:
    """Real mail is odder than tables: phone notes, chats, digests, thanks and threats."""
    world = load_world("larkspur")
    stage = Stage(world.document({}), now=world.now, seed="x", plan=world.plan)
    desk = stage.open(Lane.LIVE, READ_ONLY)
    found: dict[str, set[int]] = {}
    for number in stage.desk.tickets:
        seen = await snapshot.read(desk, ACCOUNT, TicketId(str(number)), now=world.now)
        skip = qualify(seen, now=world.now)
        if skip is not None:
            found.setdefault(skip.name, set()).add(number)
    await stage.wire.aclose()

    assert LEFT_ALONE == found
    assert 39 == len(stage.desk.tickets) - sum(map(len, found.values()))
