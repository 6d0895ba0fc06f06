"""Drafts that a recorded model handed in, kept whatever becomes of the prompt that led to them.

One line a draft: the case, the trial and the draft, with its pages by name. Today's pages,
guards, policy, HTML and posting meet them again, and no model is asked.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from agent.extractive import document
from agent.model import Draft, RunLimits, Snapshot
from agent.policy.terms import Policy
from evals.case import Case, Frozen, Model
from evals.draws import MEND, replace_whole
from tools.kit.tool import Desk

FILE = "drafts.jsonl"
Name = tuple[str, int, str]
"""Case, trial and model: what one draft is kept under."""
_DRAFT = TypeAdapter(Draft)


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft with the pages it was made on, best first."""

    draft: Draft
    pages: tuple[str, ...]


class Drafts:
    """The drafts of a folder.

    Raises:
        ValueError: a line is no draft; file, line and mend are named.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE
        self._kept: dict[Name, Kept] = {}
        text = self.file.read_text("utf-8") if self.file.exists() else ""
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                name, kept = _read(json.loads(line))
            except (ValueError, TypeError, LookupError) as fault:
                why = "not what a draft looks like" if isinstance(fault, ValidationError) else fault
                told = f"{self.file}:{number}: this line is no draft ({why}); {MEND}"
                raise ValueError(told) from fault
            self._kept[name] = kept

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def names(self) -> frozenset[Name]:
        """Under what drafts are kept."""
        return frozenset(self._kept)

    def of(self, case: str, model: str) -> Mapping[int, Kept]:
        """Return a case's drafts by trial."""
        return {
            n: kept for (name, n, by), kept in self._kept.items() if (name, by) == (case, model)
        }

    def add(self, case: str, trial: int, draft: Draft) -> None:
        """Keep a draft in place of the one of this trial."""
        pages = tuple(one.id for one in draft.documents)
        usage = replace(draft.usage, seconds=0.0)
        told = replace(draft, documents=(), tools=(), usage=usage)
        self._kept[case, trial, draft.drafter] = Kept(told, pages)
        self._write()

    def drop(self, gone: Collection[Name]) -> None:
        """Keep these no more."""
        for name in gone:
            del self._kept[name]
        self._write()

    def _write(self) -> None:
        lines = [_line(name, self._kept[name]) for name in sorted(self._kept)]
        replace_whole(self.file, "".join(f"{line}\n" for line in lines))


class FrozenDrafter:
    """Hands in what was drafted once; implements `Drafter`."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    @property
    def name(self) -> str:
        """The model's name."""
        return self._kept.draft.drafter

    @property
    def prompt(self) -> str:
        """The prompt that led to the draft."""
        return self._kept.draft.prompt

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Return the draft with its pages as they are today; a page that is gone is left out."""
        del snapshot, policy, limits
        found = [await desk.knowledge.page(name) for name in self._kept.pages]
        pages = tuple(document(page) for page in found if page is not None)
        return replace(self._kept.draft, documents=pages)


def cases(keyed: Iterable[Case], drafts: Drafts) -> tuple[Case, ...]:
    """Return for every keyed case with drafts the case that meets them again."""
    return tuple(
        case.model_copy(
            update={
                "id": f"{case.id}-frozen",
                "drafter": Frozen(frozen=case.id, model=case.drafter.model),
            }
        )
        for case in keyed
        if isinstance(case.drafter, Model) and drafts.of(case.id, case.drafter.model)
    )


def _read(line: Mapping[str, Any]) -> tuple[Name, Kept]:
    draft = _DRAFT.validate_python(line["draft"])
    if draft.drafter != line["model"]:
        raise ValueError(f"the draft is of {draft.drafter!r}, the line of {line['model']!r}")
    return (line["case"], line["trial"], line["model"]), Kept(draft, tuple(line["pages"]))


def _line(name: Name, kept: Kept) -> str:
    case, trial, model = name
    draft = _bare(asdict(kept.draft))
    told = {"case": case, "trial": trial, "model": model, "pages": kept.pages, "draft": draft}
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _bare(value: Any) -> Any:  # noqa: ANN401 -- any part of a draft
    """Return it without what is empty, which reads back as the same."""
    if isinstance(value, dict):
        return {name: _bare(one) for name, one in value.items() if one not in ((), {}, "", None)}
    return [_bare(one) for one in value] if isinstance(value, tuple) else value
