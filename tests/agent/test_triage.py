"""What is set on a ticket is one of the account's choices, allowed, and nobody else's word."""

from dataclasses import replace

import pytest

from agent.model import Disposition, Draft, Dropped, Landing, Outcome, Receipt, Slot, Triage
from agent.policy.terms import Mode, Policy, Topic, Triaging
from agent.triage.slots import POLICY, Wish, by_rule, changes, check, choices, forbidden, left_open
from server.store import runs
from tests.agent.desk_of_paper import shot, ticket
from tools.model import Choice, FieldKind, PersonId, TicketField

MODEL = "some-model"
ALL = tuple(Slot)
FIELDS = (
    TicketField(
        "1",
        "ticket_type",
        "Type",
        FieldKind.DROPDOWN,
        custom=False,
        choices=(Choice("Question", "Question"), Choice("Refund", "Refund")),
    ),
    TicketField(
        "2",
        "priority",
        "Priority",
        FieldKind.DROPDOWN,
        custom=False,
        choices=tuple(
            Choice(str(at), name) for at, name in enumerate(("Low", "Medium", "High", "Urgent"), 1)
        ),
    ),
)
OFFERED = choices(FIELDS, {"7": "Returns", "8": "Orders"})


def _policy(*topics: Topic, **triage: object) -> Policy:
    rules = Triaging(**{"fields": ALL, **triage})  # type: ignore[arg-type]  # by name
    return Policy(Mode.TRIAGE, topics=topics, triage=rules)


def _sets(found: Triage) -> dict[str, object]:
    return {one.slot.value: one.value for one in found.sets}


def _reasons(found: Triage) -> dict[Slot, str]:
    return {one.slot: one.reason for one in found.dropped}


def test_a_wish_becomes_the_value_that_the_helpdesk_wants() -> None:
    """People write labels; the helpdesk takes numbers for some of them."""
    wishes = (
        Wish(Slot.TYPE, "refund", POLICY),
        Wish(Slot.PRIORITY, "High", POLICY),
        Wish(Slot.GROUP, "RETURNS", POLICY),
    )

    found = check(wishes, shot(), _policy(), OFFERED)

    assert {"type": "Refund", "priority": 3, "group": 7} == _sets(found)
    assert () == found.dropped


@pytest.mark.parametrize(
    ("wish", "triage", "words"),
    [
        (Wish(Slot.TYPE, "Complaint", MODEL), {}, "named no choice of the account"),
        (Wish(Slot.TYPE, "Complaint", POLICY), {}, "'Complaint' is no choice of the account"),
        (Wish(Slot.PRIORITY, "Urgent", MODEL), {"priorities": ("Low", "High")}, "leaves out"),
        (Wish(Slot.GROUP, "Orders", MODEL), {"groups": ("Returns",)}, "leaves out"),
        (Wish(Slot.TAGS, "vip", MODEL), {"tags": ("rma",)}, "does not list"),
        (Wish(Slot.TAGS, "vip", MODEL), {}, "does not list"),
        (Wish(Slot.TYPE, "Refund", POLICY), {"fields": (Slot.TAGS,)}, "does not let triage set"),
        (Wish(Slot.PRIORITY, "Low", MODEL), {}, "it is so already"),
    ],
    ids=lambda one: one.label if isinstance(one, Wish) else None,
)
def test_what_no_closed_list_holds_is_left_out_with_a_reason(
    wish: Wish, triage: dict[str, object], words: str
) -> None:
    """The lists decide, whoever proposes it and whatever talked them into it."""
    found = check((wish,), shot(ticket(priority=1)), _policy(**triage), OFFERED)

    assert () == found.sets
    assert words in _reasons(found)[wish.slot]


def test_a_reason_repeats_nothing_that_a_model_said() -> None:
    """What a model names may be a customer's words, and reasons stand in logs."""
    found = check((Wish(Slot.TYPE, "secret of a customer", MODEL),), shot(), _policy(), OFFERED)

    assert "secret" not in _reasons(found)[Slot.TYPE]


@pytest.mark.parametrize(
    ("filled", "slot"),
    [
        ({"type": "Question"}, Slot.TYPE),
        ({"priority": 2}, Slot.PRIORITY),
        ({"group_id": "8"}, Slot.GROUP),
        ({"responder_id": PersonId("700")}, Slot.GROUP),
    ],
)
def test_what_somebody_filled_in_is_neither_asked_for_nor_changed(
    filled: dict[str, object], slot: Slot
) -> None:
    """An agent's judgement stands; and a new group would take the ticket from its agent."""
    seen, policy = shot(replace(ticket(), **filled)), _policy()  # type: ignore[arg-type]  # by name
    wishes = (
        Wish(Slot.TYPE, "Refund", POLICY),
        Wish(Slot.PRIORITY, "High", POLICY),
        Wish(Slot.GROUP, "Returns", POLICY),
    )

    found = check(wishes, seen, policy, OFFERED)

    assert [slot] == [one.slot for one in found.dropped]
    assert slot not in left_open(seen, policy, OFFERED, ())
    assert slot in left_open(shot(), policy, OFFERED, ())


def test_an_accounts_own_defaults_count_as_not_set() -> None:
    """Many helpdesks give every ticket a type and a priority before anybody has looked."""
    seen = shot(ticket(type="Question", priority=2, group_id="8"))
    policy = _policy(
        defaults={Slot.TYPE: "Question", Slot.PRIORITY: "medium", Slot.GROUP: "Orders"}
    )
    wishes = (
        Wish(Slot.TYPE, "Refund", POLICY),
        Wish(Slot.PRIORITY, "High", POLICY),
        Wish(Slot.GROUP, "Returns", POLICY),
    )

    assert {"type": "Refund", "priority": 3, "group": 7} == _sets(
        check(wishes, seen, policy, OFFERED)
    )


def test_a_topic_fixes_what_a_model_may_then_not_choose() -> None:
    """Where the owner has decided, nobody is asked."""
    fixed = Topic("lamps", words=("lamp",), sets={Slot.TYPE: ("Refund",), Slot.TAGS: ("rma",)})
    policy = _policy(fixed, tags=("rma", "lamp"))
    wishes = by_rule(shot(), policy)

    left = left_open(shot(), policy, OFFERED, wishes)
    found = check((*wishes, Wish(Slot.TYPE, "Question", MODEL)), shot(), policy, OFFERED)

    assert Slot.TYPE not in left
    assert ("Low", "Medium", "High", "Urgent") == left[Slot.PRIORITY]
    assert "Refund" == _sets(found)["type"]
    assert "the policy fixes it" in _reasons(found)[Slot.TYPE]
    assert [("rma", "policy"), ("lang-en", "rule")] == [
        (one.value, one.by) for one in found.sets if one.key == "tags"
    ]


def test_two_topics_that_disagree_set_nothing() -> None:
    """Of two answers neither is sure; their tags do not contradict each other."""
    one = Topic("lamps", words=("lamp",), sets={Slot.TYPE: ("Refund",), Slot.TAGS: ("a",)})
    other = Topic("back", words=("return",), sets={Slot.TYPE: ("Question",), Slot.TAGS: ("b",)})
    policy = _policy(one, other)

    found = check(by_rule(shot(), policy), shot(), policy, OFFERED)

    assert "name different values" in _reasons(found)[Slot.TYPE]
    assert ["a", "b", "lang-en"] == [one.value for one in found.sets]


def test_a_key_that_may_read_no_groups_can_still_assign_one_by_its_id() -> None:
    """Listing groups takes an administrator; the owner can write the number down."""
    blind = choices(FIELDS, {}, {Slot.GROUP: "our key may read no groups"})
    by_id, by_name = Wish(Slot.GROUP, "7", POLICY), Wish(Slot.GROUP, "Returns", POLICY)

    assert {"group": 7} == _sets(check((by_id,), shot(), _policy(), blind))
    assert {Slot.GROUP: "our key may read no groups"} == _reasons(
        check((by_name,), shot(), _policy(), blind)
    )


def test_tags_are_added_to_those_that_are_there() -> None:
    """An update replaces the list, so what people put there goes along."""
    found = check((Wish(Slot.TAGS, "rma", POLICY),), shot(), _policy(), OFFERED)

    assert {"tags": ["vip", "rma"]} == changes(found, ticket(tags=("vip",)))
    assert {} == changes(found, ticket(tags=("RMA",)))


def test_what_a_changed_policy_closes_is_told() -> None:
    """The look before the write asks the policy of that moment."""
    chosen = check((Wish(Slot.PRIORITY, "High", MODEL),), shot(), _policy(), OFFERED)

    assert () == forbidden(chosen, _policy())
    assert (Slot.PRIORITY,) == forbidden(chosen, _policy(priorities=("Low",)))
    assert (Slot.PRIORITY,) == forbidden(chosen, _policy(fields=(Slot.TAGS,)))


def test_records_of_before_there_was_triage_are_read_as_they_were_meant() -> None:
    """What was skipped then must not be taken for something that was set."""
    old = runs.dump(Receipt(Disposition.SKIP, Landing.NOTHING)).replace(
        f'"disposition":{int(Disposition.SKIP)}', '"disposition":3'
    )

    assert Disposition.SKIP is runs.load(old, Receipt).disposition


def test_a_record_keeps_what_was_set_and_what_was_not() -> None:
    """`why` and replay read it back: text stays text and a number a number."""
    found = check(
        (Wish(Slot.PRIORITY, "High", MODEL), Wish(Slot.TAGS, "7", POLICY)),
        shot(),
        _policy(),
        OFFERED,
    )
    kept = Draft(Outcome.TRIAGE, "en", triage=Triage(found.sets, (Dropped(Slot.TYPE, "x"),)))

    assert kept == runs.load(runs.dump(kept), Draft)
