"""A model that grades replies, for evals: one mark from a closed list, and what decides it.

Nothing that reaches a customer depends on it; how far to trust it is for its calibration to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from agent.context import fence
from agent.errors import DraftFailed
from agent.llm import chat as llm
from agent.llm import offer
from agent.llm.answer import Refused
from agent.llm.dialogue import Fit, as_it_is
from agent.llm.endpoint import Endpoint
from agent.llm.offer import Sampling
from agent.llm.turns import Message, Said, Told, json_of, objection
from agent.model import Document, Usage
from prompts import library
from prompts.library import Prompt

_GIVE = "give_mark"
_TRIES = 2
_REASON_MOST = 300


class Mark(StrEnum):
    """What a reply is worth, from good to bad."""

    GOOD = "good"
    INCOMPLETE = "incomplete"
    BESIDE = "beside"
    """True, and no answer to what was asked."""
    WRONG = "wrong"
    HARMFUL = "harmful"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reply's mark; `usage` counts calls and tokens, not money."""

    mark: Mark
    reason: str
    usage: Usage


_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": 200},
        "mark": {"type": "string", "enum": [mark.value for mark in Mark]},
    },
    "required": ["reason", "mark"],
    "additionalProperties": False,
}
_FUNCTION: Mapping[str, object] = {
    "type": "function",
    "function": {"name": _GIVE, "description": "Give the mark.", "parameters": _SCHEMA},
}


class Judge:
    """Grades replies with a model behind an OpenAI-compatible endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        sampling: Sampling | None = None,
        fit: Fit = as_it_is,
        prompt: Prompt | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._sampling = sampling or Sampling(output_tokens=200)
        self._fit = fit
        self._prompt = prompt or library.live("judge_reply")

    @property
    def name(self) -> str:
        """Model and prompt, by which a calibration is known."""
        return f"{self._endpoint.model}, {self._prompt.reference}"

    async def judge(self, question: str, reply: str, pages: Sequence[Document]) -> Verdict:
        """Return a reply's mark.

        Args:
            question: the customer's words.
            reply: what would be said to them.
            pages: all that the reply may rest on.

        Raises:
            ModelUnavailable: it may pass.
            DraftFailed: no mark came out, even after the model was told what was wrong.
        """
        sampling = await self._fit(self._endpoint, self._sampling)
        form = offer.form(sampling.strategy, (_FUNCTION,), _SCHEMA)
        talk, used = self._question(question, reply, pages, sampling), Usage()
        async with llm.opened(self._endpoint, sampling) as model:
            for _ in range(_TRIES):
                said = await model.say(talk, form)
                used += _counted(said)
                try:
                    return _verdict(said, used)
                except Refused as refused:
                    talk += objection(said, str(refused))
        raise DraftFailed(f"{self._endpoint.model}: no mark in {_TRIES} tries")

    def _question(
        self, question: str, reply: str, pages: Sequence[Document], sampling: Sampling
    ) -> list[Message]:
        mark = sha256(f"{question}|{reply}".encode()).hexdigest()[:12]
        shown = [fence(f"{p.title}\n\n{p.text}", name="page", mark=mark) for p in pages]
        rules, *rest = self._prompt.fill(
            {
                "pages": "\n".join(shown) or "There are no pages.",
                "question": fence(question, name="question", mark=mark),
                "reply": fence(reply, name="reply", mark=mark),
            }
        ).values()
        more = offer.rules(sampling.strategy, _SCHEMA)
        whole = f"{rules}\n\n{more}" if more else rules
        return [Told("rules", whole), Told("user", "\n\n".join(rest))]


def _counted(said: Said) -> Usage:
    return Usage(model_calls=1, input_tokens=said.read or 0, output_tokens=said.written or 0)


def _verdict(said: Said, used: Usage) -> Verdict:
    handed = said.calls[0].arguments if said.calls else json_of(said.text)
    told = handed if isinstance(handed, dict) else {}
    try:
        mark = Mark(str(told.get("mark")))
    except ValueError:
        marks = ", ".join(one.value for one in Mark)
        raise Refused(f"Give `mark`, one of {marks}, and `reason`.") from None
    reason = " ".join(str(told.get("reason", "")).split())[:_REASON_MOST]
    return Verdict(mark, reason, used)
