"""Help centres and fields in a bad state end in a typed outcome, never in a crash."""

import pytest

from agent.extractive import ExtractiveDrafter
from agent.journal import MemoryJournal
from agent.model import Disposition, Trigger, TriggerKind
from agent.policy.terms import Mode, Policy
from agent.respond import Responder, respond
from evals.ground import Grounds
from evals.stage import ACCOUNT, Stage
from tests.agent.desk_with_model import BENIGN
from tools.fields import Privacy
from tools.knowledge.article import Page
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import digest
from tools.model import TicketId

DOGS = "Dogs travel free of charge on every crossing."
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
WHOLE = f"{DOGS} They stay on a lead on deck and in the pet lounge on deck 3."


def a_page(text: str) -> Page:
    """Return a page about dogs."""
    title = "Can I take my dog on the ferry?"
    url = "https://help.skerry.example.com/dogs"
    return Page("article:81001", title, text, url, "en", quotable=True, digest=digest(text))


async def played(*pages: Page, policy: Policy | None = None) -> tuple[Disposition, str, list[str]]:
    """Return how a whole run on these pages ended, under the boldest policy, and what it posted."""
    grounds = Grounds()
    ground = await grounds.of(BENIGN)
    bare = {**ground.document, "solutions": []}
    stage = Stage(bare, now=ground.now, seed="x", plan=ground.plan)
    index = KnowledgeIndex.open(":memory:")
    await index.replace(pages)
    by = Responder(
        open=stage.open,
        drafter=ExtractiveDrafter(),
        knowledge=index,
        policy=policy or Policy(mode=Mode.AUTO, portal_hosts=("help.skerry.example.com",)),
        clock=stage.clock,
    )
    trigger = Trigger(TriggerKind.WEBHOOK, ACCOUNT, TicketId("1"))
    try:
        result = await respond(trigger, by=by, journal=MemoryJournal(), run="r1")
    finally:
        await stage.wire.aclose()
        index.close()
        grounds.close()
    ours = [
        one.body for one in stage.desk.log if one.via == "api" and one.kind in {"note", "reply"}
    ]
    assert result.decision is not None
    return result.decision.disposition, "\n".join(ours), ours


async def test_one_article_that_answers_is_enough() -> None:
    """The benign twin of the tests below."""
    ended, posted, ours = await played(a_page(WHOLE))

    assert Disposition.PUBLIC_REPLY is ended
    assert DOGS in posted
    assert 1 == len(ours)


async def test_a_help_centre_without_an_article_hands_over_with_a_note() -> None:
    """A new account has none; its customers are answered by people, and told nothing."""
    ended, posted, ours = await played()

    assert Disposition.HANDOFF is ended
    assert "No answer found" in posted
    assert 1 == len(ours)


@pytest.mark.parametrize("text", [SCRIPT + WHOLE, WHOLE.replace("free", f"free {SCRIPT}")])
async def test_an_article_with_a_script_never_brings_it_to_a_customer(text: str) -> None:
    """Whoever pastes a page from elsewhere pastes what stands in it."""
    ended, posted, ours = await played(a_page(text))

    assert Disposition.PUBLIC_REPLY is not ended
    assert "<script" not in posted
    assert "<img" not in posted
    assert 1 == len(ours)


async def test_a_field_that_the_policy_names_and_nobody_knows_any_more_breaks_nothing() -> None:
    """Custom fields are renamed by people who never saw the policy."""
    policy = Policy(
        mode=Mode.AUTO,
        portal_hosts=("help.skerry.example.com",),
        fields={"cf_gone_77": Privacy.SECRET},
    )
    ended, _, ours = await played(a_page(WHOLE), policy=policy)

    assert Disposition.PUBLIC_REPLY is ended
    assert 1 == len(ours)
