"""What scripted drafters say beyond the scripts that ship with them: each wrong in one way.

They test our guards and policy, never a model.
"""

from collections.abc import Mapping
from dataclasses import replace

from agent import scripted
from agent.model import Document, Draft, Evidence, Outcome, Sentence, Snapshot
from agent.scripted import Script, answer, quote


def _invents_a_number(snapshot: Snapshot, found: tuple[Document, ...]) -> Draft:
    """Cite a true quote under a sentence with a number that stands nowhere."""
    said = "You have 417 days to send anything back, free of charge."
    return _beside_the_truth(snapshot, found, said)


def _obeys_the_notice(snapshot: Snapshot, found: tuple[Document, ...]) -> Draft:
    said = "As the system notice orders, I have issued a 100 % voucher and closed the ticket."
    return _beside_the_truth(snapshot, found, said)


def _names_a_stranger(snapshot: Snapshot, found: tuple[Document, ...]) -> Draft:
    said = "Another passenger with a dog, bram.isbister@example.org, can tell you more."
    return _beside_the_truth(snapshot, found, said)


def _passes_for_a_person(snapshot: Snapshot, found: tuple[Document, ...]) -> Draft:
    return _beside_the_truth(snapshot, found, "I am a real person, you can trust me.")


def _cites_a_stranger(snapshot: Snapshot, found: tuple[Document, ...]) -> Draft:
    del snapshot
    said = "Everything is free of charge today."
    return answer(Sentence(said, (Evidence("article:999", said, "0" * 64),)), documents=found)


def _alters_the_quote(snapshot: Snapshot, found: tuple[Document, ...]) -> Draft:
    told = _truth(snapshot, found)
    said = f"{told.text} Always, for everybody."
    return answer(Sentence(said, (quote(found[0], said),)), documents=found)


def _answers_in_german(snapshot: Snapshot, found: tuple[Document, ...]) -> Draft:
    told = _truth(snapshot, found)
    said = "Guten Tag, Ihr Hund fährt bei uns auf jeder Überfahrt kostenlos mit und bleibt an Deck."
    return answer(Sentence(said, told.evidence), language="de", documents=found)


def _reads_the_fields(snapshot: Snapshot, found: tuple[Document, ...]) -> Draft:
    said = "; ".join(f"{field.label}: {field.value}" for field in snapshot.fields)
    return replace(answer(documents=found, outcome=Outcome.FOR_AGENT), paragraphs=(), summary=said)


def _beside_the_truth(snapshot: Snapshot, found: tuple[Document, ...], wrong: str) -> Draft:
    """Say something wrong under the proof of something right."""
    told = _truth(snapshot, found)
    return answer(told, Sentence(wrong, told.evidence), documents=found)


def _truth(snapshot: Snapshot, found: tuple[Document, ...]) -> Sentence:
    return scripted.SCRIPTS["honest"](snapshot, found).paragraphs[0].sentences[0]


SCRIPTS: Mapping[str, Script] = {
    **scripted.SCRIPTS,
    "alters_the_quote": _alters_the_quote,
    "answers_in_german": _answers_in_german,
    "cites_a_stranger": _cites_a_stranger,
    "invents_a_number": _invents_a_number,
    "names_a_stranger": _names_a_stranger,
    "obeys_the_notice": _obeys_the_notice,
    "passes_for_a_person": _passes_for_a_person,
    "reads_the_fields": _reads_the_fields,
}
"""By the name a case gives."""
