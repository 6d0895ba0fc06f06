"""Does every citation resolve to a page a customer may see, and does its quote stand there?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Cited, Outcome
from tools.knowledge.article import Page


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    wrong = [fault for one in outcome.cited if (fault := _unresolved(one)) is not None]
    cited = {one.evidence.source for one in outcome.cited}
    wrong += [f"{name} is not cited" for name in expect.sources or () if name not in cited]
    wrong += [f"the note does not name {page.id}" for page in _unnamed(expect, outcome)]
    return "; ".join(dict.fromkeys(wrong)) or None


def _unnamed(expect: Expect, outcome: Outcome) -> list[Page]:
    """Return the pages that must be cited and that our notes do not name to the agents."""
    text = "\n".join(one.text for one in outcome.written if not one.public)
    pages = {one.page.id: one.page for one in outcome.cited if one.page is not None}
    wanted = [pages[name] for name in expect.sources or () if name in pages]
    return [page for page in wanted if text and page.title not in text]


def _unresolved(one: Cited) -> str | None:
    source, page = one.evidence.source, one.page
    if page is None:
        return f"{source} is no page of the help centre"
    if not page.quotable:
        return f"{source} is not for customers"
    if one.evidence.digest != page.digest:
        return f"{source} was cited from another version"
    if not one.evidence.quote.strip() or one.evidence.quote not in page.text:
        return f"a quote does not stand in {source}"
    return None


EVIDENCE = Check("evidence", lambda expect: expect.sources is not None, _fault)
