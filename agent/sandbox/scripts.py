"""What the scripted models say: one well-behaved, the others each wrong in one way; pure."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_PAGE = re.compile(
    r"⟦page (?P<id>\S+) \w+⟧\n(?P<title>[^\n]*)\n\n(?P<text>.*?)\n⟦end page", re.DOTALL
)
_TICKET = re.compile(r"⟦customer \w+⟧\n(?P<text>.*?)\n⟦end customer", re.DOTALL)
_SENTENCE = re.compile(r"[^.!?\n]{20,}[.!?]")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the endpoint.

    Attributes:
        calls: tools called, as name and arguments; arguments may be any text.
        delay: seconds before the first byte.
        raw: the body as it is, in place of a chat completion.
        cut: the connection ends in the middle of the body.
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
