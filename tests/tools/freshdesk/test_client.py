"""The client against the sandbox, in this process, on a stopped clock."""

from datetime import timedelta

import pytest

from tests.tools.freshdesk.conftest import EVERYTHING, KEY, START, Account, Accounts, Document, said
from tools.clock import StoppedClock
from tools.errors import (
    BudgetExhausted,
    Forbidden,
    HelpdeskError,
    NotFound,
    NotGranted,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    Uncertain,
    Unexpected,
)
from tools.fields import hydrate
from tools.freshdesk import FRESHDESK
from tools.freshdesk.query import where
from tools.freshdesk.sandbox.people import freddy, update
from tools.ledger import Key, MemoryLedger
from tools.message import Part
from tools.model import Author, Contact, Kind, PersonId, Stage, TicketId
from tools.paging import Days
from tools.provider import READ_ONLY, Grant, Helpdesk, Lane, Right

ONE, TWO, CHAT = TicketId("1"), TicketId("2"), TicketId("4")


async def test_the_main_path_costs_four_credits_warm_and_six_cold(account: Account) -> None:
    """Credits are the currency: ticket with people, thread, fence, note."""
    desk = account.open()
    await desk.fields()
    await desk.me()
    spent = desk.credits
    costs = []
    for _ in range(2):
        before = desk.credits
        await desk.ticket_with_people(ONE)
        await desk.thread(ONE)
        await desk.ticket(ONE)
        await desk.note(ONE, "<p>Draft</p>")
        costs.append(desk.credits - before)

    assert 2 == spent
    assert [6, 4] == costs
    assert account.shared.cache.saved > 0


async def test_a_ticket_comes_in_the_accounts_own_words(account: Account) -> None:
    """Statuses, sources and fields are read from the account, never assumed."""
    desk = account.open()
    view = await desk.ticket_with_people(ONE)

    assert ("Open", Stage.OPEN, "Email") == (
        view.ticket.status, view.ticket.stage, view.ticket.source)  # fmt: skip
    assert "<p>Since Monday.</p>" == view.ticket.description_html
    assert isinstance(view.contact, Contact)
    assert ("Cleo Stone", "de") == (view.contact.name, view.contact.language)
    assert view.company
    assert "Fern Ltd" == view.company.name
    assert {"Order number": "K-1", "Product line": "Kettles"} == {
        value.label: value.value for value in hydrate(await desk.fields(), view.ticket.custom)
    }


async def test_when_a_ticket_was_closed_is_told_exactly(account: Account) -> None:
    """A rule may touch a closed ticket later; a customer's newer word must not be lost to that."""
    desk = account.open()
    before = await desk.closed_at(ONE)
    account.clock.advance(60)
    update(account.desk, account.desk.tickets[1], {"status": 5})
    closed, spent = account.clock.now(), desk.credits
    account.clock.advance(600)
    update(account.desk, account.desk.tickets[1], {"priority": 3})

    assert before is None
    assert closed == await desk.closed_at(ONE)
    assert 2 == desk.credits - spent


async def test_a_requester_who_is_no_contact_is_none(account: Account) -> None:
    """Agents open tickets too; their ids lead to no contact, and are not asked for twice."""
    desk = account.open()
    account.desk.tickets[1].requester_id = 73000000102
    first, second = await desk.ticket_with_people(ONE), desk.credits
    await desk.ticket_with_people(ONE)

    assert first.contact is None
    assert 1 == desk.credits - second


async def test_a_thread_tells_who_wrote(account: Account) -> None:
    """Every loop guard stands on this distinction."""
    desk = account.open()
    await desk.ticket(ONE)
    await desk.note(ONE, "<p>Ours</p>")
    await desk.reply(ONE, "<p>Ours too</p>")
    thread = await desk.thread(ONE)

    assert [
        (Author.AGENT, Kind.REPLY, False),
        (Author.CUSTOMER, Kind.REPLY, False),
        (Author.AGENT, Kind.NOTE, True),
        (Author.RESPONDER, Kind.NOTE, True),
        (Author.RESPONDER, Kind.REPLY, False),
    ] == [(each.author, each.kind, each.private) for each in thread.conversations]
    assert (5, 0) == (thread.seen, thread.omitted)


async def test_ten_thousand_conversations_are_read_in_twelve_calls(
    document: Document, accounts: Accounts
) -> None:
    """The newest words are found, whatever lies between; what was left out is counted."""
    document["tickets"][0]["conversations"] = [
        said("customer", f"<p>{number}</p>", f"{11_000 - number}s") for number in range(10_000)
    ]
    desk = accounts().open()
    await desk.me()
    before = desk.calls
    thread = await desk.thread(ONE)
    calls = desk.calls - before
    again = desk.calls
    await desk.thread(ONE)

    assert calls <= 12
    assert "<p>0</p>" == thread.conversations[0].body_html
    assert "<p>9999</p>" == thread.conversations[-1].body_html
    assert 10_000 == thread.seen == thread.omitted + len(thread.conversations)
    assert desk.calls - again <= 3, "the second time its end is known"


@pytest.mark.parametrize("length", [0, 1, 99, 100, 101, 250, 400, 401, 1700])
async def test_every_length_of_thread_is_read_to_its_end(
    document: Document, accounts: Accounts, length: int
) -> None:
    """Off by one page is a lost customer message."""
    document["tickets"][0]["conversations"] = [
        said("customer", f"<p>{number}</p>", f"{2000 - number}s") for number in range(length)
    ]
    desk = accounts().open()
    thread = await desk.thread(ONE)
    after = await desk.thread_after(ONE, thread.seen)

    assert length == thread.seen
    assert thread.seen == after.seen
    if length:
        last = f"<p>{length - 1}</p>"
        assert last == thread.conversations[-1].body_html == after.conversations[-1].body_html
    if length <= 400:
        assert 0 == thread.omitted


async def test_what_followed_is_read_with_one_credit(account: Account) -> None:
    """The look before a write reads only the last page."""
    desk = account.open()
    thread = await desk.thread(ONE)
    await desk.note(ONE, "<p>New</p>")
    before = desk.credits
    after = await desk.thread_after(ONE, thread.seen)

    assert 1 == desk.credits - before
    assert "New" in after.conversations[-1].body_html


async def test_changes_are_swept_past_pages_of_one_second(
    document: Document, accounts: Accounts, clock: StoppedClock
) -> None:
    """A bulk update touches hundreds of tickets in one second; each is told once."""
    document["tickets"] = [
        {"id": n, "subject": "x", "description": "x", "from": "a@b.example", "age": "100s"}
        for n in range(1, 251)
    ] + [
        {"id": n, "subject": "x", "description": "x", "from": "a@b.example", "age": f"{900 - n}s"}
        for n in range(300, 450)
    ]  # fmt: skip
    desk = accounts().open(Lane.RECONCILE, READ_ONLY)
    told = [each.id async for each in desk.changes(clock.now() - timedelta(days=1))]

    assert 400 == len(set(told)) == len(told)
    assert desk.calls <= 9


async def test_changes_reach_beyond_the_last_thirty_days(account: Account) -> None:
    """Without a date the list silently hides older tickets."""
    told = [each.id async for each in account.open().changes(START - timedelta(days=90))]

    assert {"1", "2", "4"} == set(told)


async def test_past_tickets_of_a_requester(account: Account) -> None:
    """One credit, newest first, whatever their age."""
    desk = account.open()
    who = (await desk.ticket(TWO)).requester_id
    assert who
    before = desk.credits

    assert ["4", "2"] == [each.id for each in await desk.tickets_of(who)]
    assert 1 == desk.credits - before


async def test_only_what_a_customer_may_read_is_found(account: Account) -> None:
    """The helpdesk's search returns drafts and internal pages too."""
    found = await account.open().search_articles("kettle")

    assert ["How to descale a kettle"] == [each.title for each in found]
    assert found[0].url.endswith("/support/solutions/articles/73000000701")


async def test_every_article_is_read_with_its_translations(account: Account) -> None:
    """The knowledge index holds all; what may be quoted is marked."""
    found = [each async for each in account.open(Lane.BACKFILL).articles()]

    assert {
        ("How to descale a kettle", "en", True),
        ("Entkalken", "de", True),
        ("Draft about kettle lids", "en", False),
        ("Refund limits for a kettle", "en", False),
    } <= {(each.title, each.language, each.quotable) for each in found}
    assert (await account.open().article(found[0].id)).quotable


async def test_a_private_note_is_private_and_a_reply_carries_no_such_key(account: Account) -> None:
    """Forgetting the flag would be safe; turning it round would not, and /reply refuses it."""
    desk = account.open()
    note = await desk.note(ONE, "<p>Draft</p>")
    reply = await desk.reply(ONE, "<p>Answer</p>")
    written = {str(c.id): c for c in account.desk.readable(1)}

    assert written[note.id].private
    assert not written[reply.id].private
    assert account.clock.now() == note.created_at


async def test_chat_tickets_get_text_in_a_structure(account: Account) -> None:
    """The vendor refuses HTML there."""
    desk = account.open()
    await desk.ticket(CHAT)
    await desk.reply(CHAT, "<p>Hello</p><p>there</p>")
    written = account.desk.readable(4)[-1]

    assert "Hello\n\nthere" == written.structured_body["body_contents"][0]["data"]["content"]  # type: ignore[index]


async def test_an_update_changes_the_named_keys_only(account: Account) -> None:
    """A full object is refused, and would undo what others did meanwhile."""
    desk = account.open()
    changed = await desk.update(ONE, {"status": 3, "cf_order": "K-2"})

    assert Stage.PENDING is changed.stage
    assert {"cf_order": "K-2", "category": "Kettles"}.items() <= changed.custom.items()


@pytest.mark.parametrize("lane", Lane)
async def test_what_holds_read_only_can_write_nothing(account: Account, lane: Lane) -> None:
    """Assist, evals, reconciliation and knowledge sync hold this grant in every lane."""
    desk = account.open(lane, READ_ONLY)
    await desk.fields()
    before = len(account.desk.log), desk.credits
    for write in (
        desk.note(ONE, "x"),
        desk.note(ONE, "x", private=False),
        desk.reply(ONE, "x"),
        desk.update(ONE, {"status": 5}),
        desk.office.create({"subject": "x"}),
    ):
        with pytest.raises(NotGranted):
            await write

    assert before == (len(account.desk.log), desk.credits)


async def test_a_grant_for_one_thing_is_none_for_another(account: Account) -> None:
    """A note-taker cannot speak to customers, nor change a field it was not given."""
    desk = account.open(grant=Grant(frozenset({Right.READ, Right.NOTE, Right.UPDATE}),
                                    frozenset({"tags"})))  # fmt: skip
    await desk.note(ONE, "x")
    await desk.update(ONE, {"tags": ["a"]})
    for write in (desk.reply(ONE, "x"), desk.note(ONE, "x", private=False),
                  desk.update(ONE, {"cf_order": "x"})):  # fmt: skip
        with pytest.raises(NotGranted):
            await write


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("after-apply-cut", Uncertain),
        ("before-apply", Uncertain),
        ("reset", Uncertain),
        ("truncated", Uncertain),
        ("late-apply", Uncertain),
        ("5xx-after-apply", Uncertain),
        ("5xx-html", Uncertain),
        ("401", Unauthorized),
        ("403-suspended", Unauthorized),
        ("403-denied", Forbidden),
        ("400-required", Rejected),
        ("429", RateLimited),
    ],
)
async def test_a_write_that_fails_is_sorted_by_where_it_failed(
    account: Account, fault: str, error: type[HelpdeskError]
) -> None:
    """An uncertain write is looked for; it is never sent again, here least of all."""
    desk = account.open(Lane.POST)
    account.fault("POST /tickets/*/notes", fault)
    calls = desk.calls

    with pytest.raises(error):
        await desk.note(ONE, "<p>Once</p>")
    assert 1 == desk.calls - calls
    assert len([c for c in account.desk.readable(1) if "Once" in c.body]) <= 1


@pytest.mark.parametrize("fault", ["before-apply", "reset", "5xx-html", "truncated"])
async def test_a_read_that_fails_on_its_way_is_tried_again(account: Account, fault: str) -> None:
    """A hiccup must not cost a run."""
    desk = account.open()
    await desk.fields()
    account.fault("GET /tickets/1", fault, times=2)

    assert "My kettle leaks" == (await desk.ticket(ONE)).subject


async def test_a_helpdesk_that_stays_down_is_left_alone(account: Account) -> None:
    """The circuit opens after five faults, and one probe goes out half a minute later."""
    desk = account.open()
    await desk.fields()
    account.fault("GET *", "5xx-html", times=5)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await desk.ticket(ONE)
    sent = desk.calls
    with pytest.raises(Unavailable, match="left alone"):
        await desk.ticket(ONE)
    silent = desk.calls
    account.clock.advance(31)

    assert sent == silent
    assert (await desk.ticket(ONE)).subject


async def test_a_revoked_key_is_tried_once(account: Account) -> None:
    """At most two calls after the first 401; the owner must act, not the worker."""
    desk = account.open(key="revoked")
    for _ in range(5):
        with pytest.raises(Unauthorized):
            await desk.me()
    assert 1 == desk.calls

    account.shared.breaker.reset()
    assert "Deskhand" == (await account.open().me()).name


async def test_a_429_stops_every_opening_of_the_account(account: Account) -> None:
    """The pool is the account's, so is the pause: exactly as long as asked, plus a jitter."""
    first, second = account.open(), account.open(Lane.POST)
    await first.fields()
    account.fault("GET /tickets/1", "429", retry_after=34)
    with pytest.raises(RateLimited) as limited:
        await first.ticket(ONE)
    refused = account.clock.steady()
    account.clock.advance(20)
    with pytest.raises(BudgetExhausted, match=r"for 1[45] s"):
        await second.note(ONE, "x")
    account.clock.advance(13.5)
    await second.note(ONE, "x")

    assert 34 <= limited.value.retry_after <= 35.1
    assert 34 <= account.clock.steady() - refused <= 36


@pytest.mark.parametrize("told", ["rubbish", "-3", "", "34.0"])
async def test_rubbish_in_a_429_still_stops_us(account: Account, told: str) -> None:
    """Silence and nonsense mean a minute."""
    desk = account.open()
    account.fault("GET /agents/me", "429", retry_after=told)
    with pytest.raises(RateLimited) as limited:
        await desk.me()

    assert limited.value.retry_after >= (34 if told == "34.0" else 60)


async def test_two_accounts_on_one_domain_share_one_budget(accounts: Accounts) -> None:
    """The pool belongs to the helpdesk, whatever the key."""
    ledger = MemoryLedger()
    one, two = accounts(ledger, plan="trial"), accounts(ledger, plan="trial")
    spent = 0
    for _ in range(200):
        try:
            await one.open(Lane.BACKFILL).probe()
            spent += 1
            one.clock.advance(0.3)
        except BudgetExhausted:
            break
    for _ in range(40):
        one.clock.advance(0.5)
        try:
            await two.open(Lane.LIVE).probe()
            spent += 1
        except BudgetExhausted:
            break
    key = Key("freshdesk", one.wire.origin.url)
    standing = await ledger.standing(key, now=one.clock.now().timestamp())

    assert standing
    assert standing.ours <= 40


async def test_an_account_never_draws_a_429_from_the_sandbox(accounts: Accounts) -> None:
    """Three virtual minutes of eager reading on a trial: every refusal is our own."""
    account = accounts(plan="trial")
    desk, read, start = account.open(), 0, account.clock.steady()
    while account.clock.steady() - start < 180:
        try:
            await desk.probe()
            read += 1
        except BudgetExhausted as wait:
            account.clock.advance(wait.retry_after)

    assert read >= 3 * 40 * 0.9


async def test_an_ordinary_agents_key_is_enough(accounts: Accounts) -> None:
    """Admin-only calls are optional; a refusal is remembered and not paid for again."""
    desk = accounts(role="agent").open()
    view = await desk.ticket_with_people(ONE)
    await desk.thread(ONE)
    await desk.note(ONE, "x")
    empty = await desk.groups()
    for _ in range(2):
        with pytest.raises(Forbidden):
            await desk.office.canned_responses()
    calls = desk.calls
    with pytest.raises(Forbidden):
        await desk.office.canned_responses()

    assert view.contact
    assert {} == empty
    assert {"groups", "canned_responses"} <= desk.capabilities.missing
    assert calls == desk.calls


async def test_a_deleted_ticket_is_not_found(account: Account) -> None:
    """It answers 403 like one out of scope; the list of deleted ones tells them apart."""
    desk = account.open()
    account.desk.tickets[1].deleted = True
    with pytest.raises(NotFound, match="deleted"):
        await desk.ticket(ONE)


@pytest.mark.parametrize("ticket", ["999999", "abc", "1/../2", "", "\uff11"])
async def test_a_ticket_that_is_not_there(account: Account, ticket: str) -> None:
    """Anything but digits never gets into a path."""
    with pytest.raises(NotFound):
        await account.open().ticket(TicketId(ticket))


async def test_a_spam_ticket_refuses_writes_by_name(account: Account) -> None:
    """405 with an empty body says nothing; our message does."""
    account.desk.tickets[1].spam = True
    with pytest.raises(Rejected, match="405"):
        await account.open().update(ONE, {"status": 3})


async def test_new_fields_are_noticed(account: Account) -> None:
    """Definitions are read again when a ticket has a name that none explains."""
    desk = account.open()
    before = await desk.fields()
    account.desk.tickets[1].custom_fields["cf_fresh"] = "x"
    await desk.ticket(ONE)
    calls = desk.calls
    await desk.ticket(ONE)

    assert len(before) == len(await desk.fields())
    assert 1 == desk.calls - calls, "at most once an hour"


async def test_a_takeover_by_the_helpdesks_own_ai_is_seen_at_once(account: Account) -> None:
    """Its status did not exist when the definitions were cached a minute before."""
    desk = account.open()
    before = await desk.ticket(ONE)
    freddy(account.desk, account.desk.tickets[1])
    after = await desk.ticket(ONE)

    assert (False, True) == (before.held_by_ai, after.held_by_ai)
    assert "Assigned to AI Agent" == after.status


async def test_a_probe_tells_plan_and_clock(account: Account) -> None:
    """The first look at an account, for the owner to read."""
    probe = await account.open().probe()

    assert ("growth", 200) == (probe.plan, probe.per_minute)
    assert "Deskhand" == probe.me.name


async def test_the_key_is_never_shown(account: Account) -> None:
    """Not in a representation, not in an error."""
    desk = account.open()
    account.fault("GET *", "401")
    with pytest.raises(Unauthorized) as refused:
        await desk.me()

    assert KEY not in repr(vars(desk)) + repr(desk) + repr(refused.value) + str(refused.value)


async def test_the_office_reads_what_an_administrator_sees(account: Account) -> None:
    """Optional calls, typed like the others."""
    office = account.open().office

    assert ["Thanks"] == [each.title for each in await office.canned_responses()]
    assert "en" == (await office.settings())["primary_language"]
    assert all(each.days for each in await office.business_hours())
    assert all("@" in each.address for each in await office.mailboxes())
    assert () == await office.ratings(since=START - timedelta(days=9))
    assert () == await office.ratings_of(ONE)


async def test_a_ticket_is_created_and_files_are_sent(account: Account) -> None:
    """Multipart is its own dialect: lists repeat a name with brackets."""
    desk = account.open()
    made = await desk.office.create(
        {"subject": "New", "description": "<p>x</p>", "email": "n@x.example", "status": 2,
         "priority": 1, "tags": ["a", "b"], "custom_fields": {"cf_order": "K-9"}},
        files=(Part("attachments[]", "a.txt", b"hello", "text/plain"),),
    )  # fmt: skip
    posted = await desk.office.note_with_files(
        made.id, "<p>See file</p>", (Part("attachments[]", "b.txt", b"b", "text/plain"),)
    )
    thread = await desk.thread(made.id)

    assert ("K-9", ("a", "b")) == (made.custom["cf_order"], made.tags)
    assert ["a.txt"] == [file.name for file in made.attachments]
    assert posted.id == thread.conversations[0].id
    assert thread.conversations[0].private
    assert ["b.txt"] == [file.name for file in thread.conversations[0].attachments]
    with pytest.raises(Rejected, match="bytes"):
        await desk.office.fetch(made.attachments[0], most=1)


async def test_a_search_with_too_many_results_is_split_by_days(
    document: Document, accounts: Accounts
) -> None:
    """Three hundred are shown; the range is halved until each part fits."""
    document["tickets"] = [
        {"id": n, "subject": "x", "description": "x", "from": "a@b.example", "age": f"{n % 8}d"}
        for n in range(1, 701)
    ]
    account = accounts()
    account.clock.advance(3600)
    today = account.clock.now().date()
    days = Days(today - timedelta(days=9), today)
    desk = account.open()
    found = [each.id async for each in desk.office.search(where("status", 2), days=days)]

    assert 700 == len(found) == len(set(found))


async def test_a_day_with_too_many_results_says_so(document: Document, accounts: Accounts) -> None:
    """Silence would look like completeness."""
    document["tickets"] = [
        {"id": n, "subject": "x", "description": "x", "from": "a@b.example", "age": "1d"}
        for n in range(1, 320)
    ]
    account = accounts()
    account.clock.advance(3600)
    day = account.clock.now().date() - timedelta(days=1)
    desk = account.open()
    with pytest.raises(Unexpected, match="319"):
        async for _ in desk.office.search(where("status", 2), days=Days(day, day)):
            pass


async def test_a_large_message_and_many_files_are_read(
    document: Document, accounts: Accounts
) -> None:
    """Five megabytes in one mail are read whole; bounded memory is the wire's business."""
    document["tickets"][0]["description"] = "<p>" + "word " * 1_000_000 + "</p>"
    ticket = await accounts().open().ticket(ONE)

    assert len(ticket.description_html) > 5_000_000


def test_the_client_is_a_helpdesk_and_freshdesk_a_provider(account: Account) -> None:
    """The types are checked here; callers know the protocol only."""
    desk: Helpdesk = account.open()

    assert 0 == desk.calls
    assert "https://acme.freshdesk.com/a/tickets/5" == FRESHDESK.ticket_url(
        FRESHDESK.address("acme.freshdesk.com"), TicketId("5")
    )


async def test_contacts_that_are_not_there(account: Account) -> None:
    """A direct question gets a direct answer."""
    desk = account.open(grant=EVERYTHING)
    with pytest.raises(NotFound):
        await desk.contact(PersonId("5"))
