"""What retrieval is worth on labelled questions: the floor no change may lower."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from agent.extractive import THRESHOLD
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import pages_of
from tools.model import Article, ArticleId

QUESTIONS = Path(__file__).with_name("questions.yaml")
SEEDS = Path(__file__).parents[3] / "tools/freshdesk/sandbox/seeds/articles.yaml"


@dataclass(frozen=True, slots=True)
class Measured:
    """How the labelled questions came out, by kind and outcome."""

    outcomes: Counter[tuple[str, str]]
    first: int
    third: int
    answerable: int


def _articles() -> list[Article]:
    found: list[Article] = []
    for category in yaml.safe_load(SEEDS.read_text("utf-8"))["solutions"]:
        for folder in category["folders"]:
            for data in folder["articles"]:
                shown = data["status"] == 2 and folder["visibility"] == 1
                versions = {"en": data} | data.get("translations", {})
                found += [
                    Article(ArticleId(str(data["id"])), text["title"], text["description"],
                            "https://help.example.com", language, quotable=shown,
                            tags=tuple(data.get("tags", ())))
                    for language, text in versions.items()
                ]  # fmt: skip
    return found


@pytest.fixture(scope="module")
def measured() -> Measured:
    """Play every labelled question once."""
    return asyncio.run(_measure())


async def _measure() -> Measured:
    index = KnowledgeIndex.open(":memory:")
    await index.replace(pages_of(_articles()))
    outcomes: Counter[tuple[str, str]] = Counter()
    first = third = answerable = 0
    for asked in yaml.safe_load(QUESTIONS.read_text("utf-8"))["questions"]:
        hits = await index.search(asked["ask"], language=asked["language"])
        ids = [hit.page.id.removeprefix("article:").partition("@")[0] for hit in hits]
        wanted = asked.get("page")
        if wanted:
            answerable += 1
            first += ids[:1] == [wanted]
            third += wanted in ids[:3]
        said = bool(hits) and hits[0].score >= THRESHOLD
        outcome = ("right" if ids[0] == wanted else "wrong") if said else "handed over"
        outcomes[asked["kind"], outcome] += 1
    index.close()
    return Measured(outcomes, first, third, answerable)


def test_the_right_page_is_among_the_first(measured: Measured) -> None:
    """What the search does not find, no drafter can quote."""
    assert measured.first >= 0.8 * measured.answerable
    assert measured.third >= 0.92 * measured.answerable


def test_hardly_any_question_without_an_answer_gets_one(measured: Measured) -> None:
    """A wrong answer costs more than a handover: at most 2 in 100."""
    wrong = measured.outcomes["near", "wrong"] + measured.outcomes["out", "wrong"]
    asked = sum(n for (kind, _), n in measured.outcomes.items() if kind in {"near", "out"})

    assert asked >= 60
    assert wrong <= 0.02 * asked


def test_hardly_any_answerable_question_gets_another_pages_answer(measured: Measured) -> None:
    """The wrong page is a wrong answer, however well it is quoted."""
    wrong = measured.outcomes["plain", "wrong"] + measured.outcomes["low", "wrong"]

    assert wrong <= 0.02 * measured.answerable


def test_questions_in_the_pages_words_are_mostly_answered(measured: Measured) -> None:
    """A threshold that answers nothing would pass every other test."""
    answered = measured.outcomes["plain", "right"]
    asked = sum(n for (kind, _), n in measured.outcomes.items() if kind == "plain")

    assert answered >= 0.55 * asked
