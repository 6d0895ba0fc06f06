"""The drafter that hands in the draft of a real run, on the pages of the case's world."""

from agent.extractive import document
from agent.model import Document, Draft, Evidence, Paragraph, RunLimits, Sentence, Snapshot
from agent.policy.terms import Policy
from evals.case import Said, SaidSentence
from tools.kit.tool import Desk


class SaidDrafter:
    """Hands in what was drafted once; implements `Drafter`."""

    name = "scripted"
    prompt = ""

    def __init__(self, said: Said) -> None:
        self._said = said

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Return the draft with its pages; a page that the world has not is left out."""
        del snapshot, policy, limits
        found = [await desk.knowledge.page(name) for name in self._said.pages]
        pages = {page.id: document(page) for page in found if page is not None}
        return Draft(
            outcome=self._said.said,
            language=self._said.language,
            paragraphs=tuple(
                Paragraph(tuple(_sentence(one, pages) for one in part.sentences), part.items)
                for part in self._said.paragraphs
            ),
            reason=self._said.reason,
            summary=self._said.summary,
            documents=tuple(pages.values()),
            drafter=self.name,
            failed=self._said.failed,
            doubt=self._said.doubt,
        )


def _sentence(said: SaidSentence, pages: dict[str, Document]) -> Sentence:
    return Sentence(
        said.text,
        tuple(
            Evidence(one.source, one.quote, pages[one.source].digest if one.source in pages else "")
            for one in said.evidence
        ),
    )
