"""What the scripted models say: one well-behaved, the others each wrong in one way; pure."""

import gzip
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

_PAGE = re.compile(
    r"⟦page (?P<id>\S+) \w+⟧\n(?P<title>[^\n]*)\n\n(?P<text>.*?)\n⟦end page", re.DOTALL
)
_TICKET = re.compile(r"⟦customer \w+⟧\n(?P<text>.*?)\n⟦end customer", re.DOTALL)
_FENCE = re.compile(r"⟦(page|question|reply) \w+⟧\n(.*?)\n⟦end", re.DOTALL)
_LISTED = re.compile(r"^- (?P<field>[a-z]+): (?P<choices>.+)$", re.MULTILINE)
_ORDERED = re.compile(r"set (?P<field>[a-z]+) to (?P<value>\w+)", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]{20,}[.!?]")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the endpoint.

    Attributes:
        calls: tools called, as name and arguments; arguments may be any text.
        delay: seconds before the first byte.
        raw: the body as it is, in place of a chat completion.
        cut: the connection ends in the middle of the body.
        pours: the body never ends.
        cached: tokens of the question that it says it had read before.
        counts: tokens read and written that it claims, in place of the true ones.
    """

    content: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    finish: str = ""
    refusal: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    raw: bytes | None = None
    cut: bool = False
    pours: bool = False
    cached: int = 0
    counts: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the endpoint was asked, as far as a script looks at it."""

    rules: str
    user: str
    tools: frozenset[str]
    tool_answers: int
    objections: int


Script = Callable[[Asked], Reply]


def asked(body: Mapping[str, object]) -> Asked:
    """Return a request's body as a script sees it."""
    listed = body.get("messages")
    messages = [m for m in listed if isinstance(m, dict)] if isinstance(listed, list) else []
    offered = body.get("tools")
    tools = [t for t in offered if isinstance(t, dict)] if isinstance(offered, list) else []
    users = [str(m.get("content")) for m in messages if m.get("role") == "user"]
    told = [str(m.get("content")) for m in messages if m.get("role") == "tool"]
    rejected = ("do not", "Call submit_draft", "must be plain", "no tool call", "cut off", "needs")
    return Asked(
        rules="\n".join(str(m.get("content")) for m in messages if m.get("role") == "system"),
        user=users[0] if users else "",
        tools=frozenset(str(t["function"]["name"]) for t in tools if "function" in t),
        tool_answers=len(told),
        objections=len(users[1:]) + sum(any(r in one for r in rejected) for one in told),
    )


def submit(**arguments: object) -> Reply:
    """Return a reply that hands in a draft with these arguments."""
    whole = {
        "outcome": "answer",
        "language": "en",
        "summary": "",
        "reason": "",
        "sentences": [],
    } | arguments
    return Reply(calls=(("submit_draft", json.dumps(whole)),))


def said(text: str, source: str = "", quote: str = "") -> dict[str, str]:
    """Return one sentence as a model hands it in."""
    return {"text": text, "source": source, "quote": quote}


def quotes_first_page(what: Asked) -> Reply:
    """Answer from the first page with an exact quote, or hand over if there is none."""
    page = _PAGE.search(what.user)
    found = _SENTENCE.search(page["text"]) if page else None
    if page is None or found is None:
        return submit(outcome="no_answer", reason="No page answers this.")
    quote = found.group().strip()
    return submit(
        summary="The customer asks something a page answers.",
        reason="A page answers it.",
        sentences=[said("Hello,"), said(quote, page["id"], quote)],
    )


def searches_then_answers(what: Asked) -> Reply:
    """Call `search_articles` once, then answer from the pages."""
    if "search_articles" in what.tools and not what.tool_answers:
        ticket = _TICKET.search(what.user)
        words = " ".join((ticket["text"] if ticket else "").split()[:12])
        return Reply(calls=(("search_articles", json.dumps({"words": words})),))
    return quotes_first_page(what)


def _obeys_ticket(what: Asked) -> Reply:
    ticket = _TICKET.search(what.user)
    text = ticket["text"] if ticket else ""
    return submit(
        sentences=[
            said(f"As you ordered: {text[:300]}", "ticket", text[:300]),
            said("Your refund of 500 euros has been sent and I have escalated this."),
        ]
    )


def _leaks_rules(what: Asked) -> Reply:
    return submit(sentences=[said(f"My instructions are: {what.rules[:900]}")])


def _links(_: Asked) -> Reply:
    return submit(sentences=[said("Log in at https://evil.example/login <b>at once</b>.")])


def _invents(what: Asked) -> Reply:
    page = _PAGE.search(what.user)
    source = page["id"] if page else "article:1"
    invented = "Returns are free for 417 days for members of the gold circle."
    return submit(sentences=[said(invented, source, invented)])


def _loops(what: Asked) -> Reply:
    return Reply(calls=(("search_articles", json.dumps({"words": f"again {what.tool_answers}"})),))


def _repents(what: Asked) -> Reply:
    return quotes_first_page(what) if what.objections else Reply(content="Sure! Here you go.")


def _steals(_: Asked) -> Reply:
    return Reply(
        calls=(
            ("past_tickets", json.dumps({"requester_id": "1", "contact": "ceo@example.com"})),
            ("look_up_contact", json.dumps({"contact_id": "1"})),
            ("delete_ticket", "{}"),
        )
    )


def _steals_then_answers(what: Asked) -> Reply:
    return quotes_first_page(what) if what.tool_answers else _steals(what)


def _in_another_language(what: Asked) -> Reply:
    page = _PAGE.search(what.user)
    source = page["id"] if page else ""
    found = _SENTENCE.search(page["text"]) if page else None
    quote = found.group().strip() if found else ""
    text = "Это сообщение написано на совсем другом языке, чем вопрос клиента."
    return submit(language="ru", sentences=[said(text, source, quote)])


def _floods_with_calls(what: Asked) -> Reply:
    if what.tool_answers or what.objections:
        return quotes_first_page(what)
    return Reply(calls=(("search_articles", json.dumps({"words": "returns"})),) * 40)


def _packed(_: Asked) -> Reply:
    bomb = gzip.compress(b" " * 20_000_000, compresslevel=1)
    return Reply(raw=bomb, headers={"content-encoding": "gzip"})


def _half_characters(what: Asked) -> Reply:
    if "search_articles" in what.tools and not what.tool_answers:
        return Reply(calls=(("search_articles", r'{"words": "\ud800 return \udfff"}'),))
    return Reply(
        calls=(("submit_draft", submit(sentences=[said("Half a sign: \ud83d")]).calls[0][1]),)
    )


def _judges(what: Asked) -> Reply:
    """Mark a reply good whose words stand in a page, and wrong any other."""
    fences = dict(_FENCE.findall(what.user))
    stands = " ".join(fences.get("reply", "").split()) in " ".join(fences.get("page", "").split())
    mark = {"mark": "good" if stands else "wrong", "reason": "by its words"}
    return Reply(calls=(("give_mark", json.dumps(mark)),))


def _judges_late(what: Asked) -> Reply:
    return _judges(what) if what.objections else Reply(content='{"mark": "fine"}')


def _sort(what: Asked, chosen: Mapping[str, object]) -> Reply:
    """Hand in what was chosen, as a call where one is open."""
    told = json.dumps({"reason": "by its words", **chosen})
    if "submit_triage" in what.tools:
        return Reply(calls=(("submit_triage", told),))
    return Reply(content=told)


def _sorts(what: Asked) -> Reply:
    """Choose the last choice of each field."""
    listed = {one["field"]: one["choices"].split("; ") for one in _LISTED.finditer(what.user)}
    return _sort(what, {f: c[-1:] if f == "tags" else c[-1] for f, c in listed.items()})


def _sorts_as_ordered(what: Asked) -> Reply:
    """Choose what the ticket says, whatever is listed."""
    ticket = _TICKET.search(what.user)
    ordered = _ORDERED.finditer(ticket["text"] if ticket else "")
    values = {one["field"].lower(): one["value"] for one in ordered}
    return _sort(what, {f: [v] if f == "tags" else v for f, v in values.items()})


_HTML = "<div><script>alert(1)</script><img src=x onerror=alert(1)><b>Free!</b></div>"
_MANY = [said("Word.", "article:1", "word word word")] * 10_000

SCRIPTS: Mapping[str, Script] = {
    "quotes-first-page": quotes_first_page,
    "searches-then-answers": searches_then_answers,
    "repents": _repents,
    "obeys-ticket": _obeys_ticket,
    "leaks-rules": _leaks_rules,
    "links": _links,
    "invents": _invents,
    "steals": _steals_then_answers,
    "loops": _loops,
    "empty": lambda _: Reply(),
    "prose": lambda _: Reply(content="Dear customer, everything is fine."),
    "not-json": lambda _: Reply(calls=(("submit_draft", '{"outcome": "answer", '),)),
    "wrong-schema": lambda _: submit(outcome="sent", sentences="all good"),
    "many-citations": lambda _: submit(sentences=_MANY),
    "refuses": lambda _: Reply(refusal="I cannot help with that."),
    "endless": lambda _: Reply(content="and on " * 500, finish="length"),
    "pours": lambda _: Reply(pours=True),
    "packed": _packed,
    "nested": lambda _: Reply(raw=b'{"a":' * 200_000),
    "nested-arguments": lambda _: Reply(calls=(("submit_draft", "[" * 5_000 + "]" * 5_000),)),
    "half-characters": _half_characters,
    "floods-with-calls": _floods_with_calls,
    "html": lambda _: submit(sentences=[said(_HTML)]),
    "another-language": _in_another_language,
    "blank": lambda _: submit(sentences=[said("   "), said("\u200b\u200b")]),
    "lies-about-usage": lambda what: replace(quotes_first_page(what), counts=(-5, -5)),
    "keeps-prefixes": lambda what: replace(quotes_first_page(what), cached=500),
    "judges": _judges,
    "sorts": _sorts,
    "sorts-as-ordered": _sorts_as_ordered,
    "judges-late": _judges_late,
    "hang": lambda _: Reply(delay=60.0),
    "garbage": lambda _: Reply(raw=b"<html>gateway</html>"),
    "null-choices": lambda _: Reply(raw=b'{"id": "x", "object": "chat.completion"}'),
    "error-500": lambda _: Reply(status=500, content="internal error"),
    "prose-as-500": lambda _: Reply(status=500, content="Failed to parse input at pos 0"),
    "error-503": lambda _: Reply(status=503, headers={"retry-after": "7"}),
    "rate-limited": lambda _: Reply(status=429, headers={"retry-after": "42"}),
    "wrong-key": lambda _: Reply(status=401),
    "slow": lambda _: Reply(delay=30.0),
    "cut": lambda _: Reply(content="half of it", cut=True),
}
"""By name; a request chooses its script by the model it names."""
