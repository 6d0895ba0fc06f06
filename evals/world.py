"""A company's desk at one moment: a base, a patch, and from both the document of a sandbox."""

import copy
import pickle
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from evals.case import WORLDS, Strict
from evals.files import BadCase, Source
from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.allowance import Plan

Document = dict[str, Any]
"""A desk in the sandbox's seed schema."""


class World(Strict):
    """A desk as data; everything in it is made up.

    Attributes:
        about: what sort of company it is.
        base: `demo` for the company that ships with the sandbox, or none.
        now: the moment from which ages are counted, UTC.
        plan: the account's rate plan.
        seed: keys of the sandbox's seed, in place of the base's.
        patch: changes to items of the base, by key and id.
    """

    about: str
    base: Literal["demo"] | None = None
    now: datetime
    plan: Plan = "none"
    seed: Document = Field(default_factory=dict)
    patch: Document = Field(default_factory=dict)

    @field_validator("now")
    @classmethod
    def _aware(cls, now: datetime) -> datetime:
        return now.replace(tzinfo=UTC) if now.tzinfo is None else now

    def document(self, patch: Document) -> Document:
        """Return the desk's document with its own patch and a case's.

        Raises:
            BadCase: a patch names nothing that can be patched.
        """
        document: Document = pickle.loads(self._packed)  # noqa: S301 -- packed by ourselves
        _change_all(document, patch)
        return document

    @cached_property
    def _packed(self) -> bytes:
        """The desk's document with the world's own patch; a copy out of it costs least."""
        base = _demo() if self.base == "demo" else {}
        document = copy.deepcopy({**base, **self.seed})
        _change_all(document, self.patch)
        return pickle.dumps(document)


def load_world(name: str, *, folder: Path = WORLDS) -> World:
    """Return a world by its name.

    Raises:
        BadCase: the file is missing or does not fit.
    """
    return Source(folder / f"{name}.yaml").read(World)


@cache
def _demo() -> Document:
    return loader.demo_document()


def _change_all(document: Document, patch: Document) -> None:
    for key, items in patch.items():
        _change(document, key, items)


def _change(document: Document, key: str, items: object) -> None:
    if not isinstance(items, dict):
        raise BadCase([f"the patch of {key!r} must name items by id, such as '1001: {{…}}'"])
    if key == "articles":
        for identity, change in items.items():
            _merge_items(_article_list(document, identity), {identity: change})
        return
    value = document.setdefault(key, [])
    if isinstance(value, dict):
        _merge(value, items)
    else:
        _merge_items(value, items)


def _article_list(document: Document, identity: object) -> list[Document]:
    for category in document.get("solutions", []):
        for folder in category.get("folders", []):
            listed: list[Document] = folder.get("articles", [])
            if any(item.get("id") == identity for item in listed):
                return listed
    raise BadCase([f"there is no article {identity!r} to patch"])


def _merge_items(listed: list[Document], changes: Document) -> None:
    """Change items by id; null removes one, and an id nobody has adds one."""
    for identity, change in changes.items():
        item = next((it for it in listed if it.get("id") == identity), None)
        if change is None:
            listed[:] = [it for it in listed if it is not item]
        elif item is None:
            listed.append({"id": identity, **change})
        else:
            _merge(item, change)


def _merge(into: Document, change: Document) -> None:
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
