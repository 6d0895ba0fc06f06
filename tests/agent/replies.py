"""Good replies written by hand, as a drafter would hand them over, and what becomes of a draft."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from agent import guards
from agent.decide import decide
from agent.model import (
    Decision,
    Disposition,
    Document,
    Draft,
    Outcome,
    Paragraph,
    Sentence,
    Snapshot,
)
from agent.policy.terms import Mode, Policy
from agent.snapshot import turn_of
from tests.agent.desk_of_paper import cite, page, shot
from tools.knowledge.pages import pages_of
from tools.model import Article, ArticleId

HERE = Path(__file__).parent
SETS = (
    "replies.yaml",
    "replies_second.yaml",
    "replies_third.yaml",
    "replies_fourth.yaml",
    "replies_fifth.yaml",
    "replies_sixth.yaml",
    "replies_seventh.yaml",
    "replies_eighth.yaml",
    "replies_ninth.yaml",
)
"""The checks were tuned on the first, then met the others, and were mended on each in turn.

From the fourth on they say things more freely than their pages do. The eighth and the ninth are two
halves of one: the checks were mended on the eighth, and nothing of the ninth was looked at.
"""
_SEEDS = HERE.parents[1] / "tools/freshdesk/sandbox/seeds/articles.yaml"
_HOST = re.compile(r"(?<![\w.-])(?:[a-z]+\.)+example\b")
_BESIDE = 2
"""Other pages that a search brings along with the right one."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A good draft and what it answers.

    Attributes:
        file: it stands in.
        name: its number there, for a failing test to point at.
        shelf: every page of its language, for mutators that need another one.
    """

    file: str
    name: str
    language: str
    snapshot: Snapshot
    draft: Draft
    shelf: tuple[Document, ...]


@cache
def replies(file: str, key: str = "drafts") -> tuple[Reply, ...]:
    """Return the good replies of a file, or with `infers` those that say more than their quote."""
    read = yaml.safe_load((HERE / file).read_text("utf-8"))
    own = {
        name: page(
            one["text"].strip(), name=f"file:{name}", language=one["language"], title=one["title"]
        )
        for name, one in read["pages"].items()
    }
    shelf = _help_centre() | own
    return tuple(
        _reply(file, f"{place}", one, shelf) for place, one in enumerate(read.get(key, ()))
    )


def policy(file: str) -> Policy:
    """Return the boldest policy: every host that a page of the file names may be linked to."""
    hosts = {host for one in replies(file) for host in _hosts(one)}
    return Policy(mode=Mode.AUTO, link_hosts=tuple(sorted(hosts)))


def judge(reply: Reply, proposed: Draft, allowed: Policy) -> Decision:
    """Return what becomes of a draft that is proposed for this ticket."""
    found = guards.check(reply.snapshot, proposed, allowed)
    return decide(reply.snapshot, proposed, found, allowed)


def is_public(decision: Decision) -> bool:
    """Return whether the customer reads it."""
    return decision.disposition is Disposition.PUBLIC_REPLY


def _hosts(reply: Reply) -> set[str]:
    return {host for one in reply.shelf for host in _HOST.findall(one.text)}


@cache
def _help_centre() -> dict[str, Document]:
    """Return the demo company's published pages; `2001@de` is one's short name."""
    found: dict[str, Document] = {}
    for category in yaml.safe_load(_SEEDS.read_text("utf-8"))["solutions"]:
        for folder in category["folders"]:
            for data in folder["articles"]:
                if data["status"] == 2 and folder["visibility"] == 1:
                    found |= _versions(data)
    return found


def _versions(data: Mapping[str, Any]) -> dict[str, Document]:
    translations = data.get("translations", {})
    articles = [
        Article(
            ArticleId(str(data["id"])),
            text["title"],
            text["description"],
            f"https://help.larkspur.example.com/a/{data['id']}",
            language,
            quotable=True,
        )
        for language, text in ({"en": data} | translations).items()
    ]
    read = pages_of(articles)
    return {
        one.id.removeprefix("article:8600001"): page(
            one.text, name=one.id, language=one.language, title=one.title
        )
        for one in read
    }


def _reply(file: str, name: str, one: Mapping[str, str], shelf: Mapping[str, Document]) -> Reply:
    cited = shelf[str(one["page"])]
    same = tuple(other for other in shelf.values() if other.language == cited.language)
    place = same.index(cited)
    beside = [same[(place + step) % len(same)] for step in range(1, _BESIDE + 1)]
    snapshot = shot(f"<p>{one['ask']}</p>", email="tamsin@example.com")
    assert snapshot.contact is not None
    language = cited.language
    draft = Draft(
        Outcome.ANSWER,
        language,
        _paragraphs(one["say"], cited),
        documents=(cited, *beside),
        drafter="written",
    )
    contact = replace(snapshot.contact, language=language)
    turn = turn_of(snapshot.account, snapshot.ticket, snapshot.thread, snapshot.me, contact)
    return Reply(file, name, language, replace(snapshot, contact=contact, turn=turn), draft, same)


def _paragraphs(said: str, cited: Document) -> tuple[Paragraph, ...]:
    made: list[Paragraph] = []
    for line in said.strip().splitlines():
        items = line.startswith("* ")
        text, *quotes = (part.strip() for part in line.removeprefix("* ").split("<<"))
        for quote in quotes:
            assert quote in cited.text, f"not in {cited.id}: {quote!r}"
        sentence = Sentence(text, tuple(one for quote in quotes for one in cite(cited, quote)))
        if made and made[-1].items == items:
            made[-1] = Paragraph((*made[-1].sentences, sentence), items)
        else:
            made.append(Paragraph((sentence,), items))
    return tuple(made)
