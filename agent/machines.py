"""Tell mail that a machine wrote from mail that mentions one; pure."""

# ruff: noqa: E501  long patterns read better unbroken

import re
from collections.abc import Iterable

from agent.lexicon import lexicons
from agent.words import fold, fold_lines

_SENDERS = re.compile(
    r"^(?:mailer-?daemon|post-?master|(?:mail|lists?|news)-?(?:daemon|master|server)?(?=\+|$)(?<!mail)(?<!list)"
    r"|(?:.*[-_.+])?(?:no|do-?not|dont|not?|never|ne-?pas|nicht|non?)[-_.]?(?:reply|respond|repondre|antworten"
    r"|responder|rispondere|responda|answer|replies|reponse)(?:[-_.+].*)?"
    r"|(?:.*[-_.+])?bounces?(?:[-_.+].*)?|auto-?(?:reply|responder|mailer|response|matic|notify|confirm)\w*"
    r"|(?:.*-)?(?:newsletter|listserv|majordomo|mailman|listmaster)s?|.*-(?:owner|request|bounces|admin)"
    r"|(?:.*[-_.])?(?:unsubscribe|unmonitored|out-?of-?office|delivery-?(?:status|failure)|abuse-?reports?)"
    r"|system|daemon|robot|ne-?pas-?repondre|cron|root|nobody|www-data|alerts?|notifications?|mailer)$"
)
_DELIVERY = re.compile(
    r"\b[245]\.\d{1,3}\.\d{1,3}\b.{0,80}|\b5[0-5]\d[ -](?:[\d.]+ )?|^(?:final|original)-recipient:|^diagnostic-code:"
    r"|^reporting-mta:|^(?:remote|generating) server|^action: (?:failed|delayed)|^status: [245]\.|message/delivery-status"
    r"|\bx-failed-recipients|^arrival-date:|this is the mail system|\bsmtp\b.{0,40}\berror|^received: from",
    re.MULTILINE,
)
_HEADERS = re.compile(
    r"^(?:auto-submitted: auto|precedence: (?:bulk|junk|list|auto_reply)|x-auto-?(?:reply|response|respond)"
    r"|x-autoreply|list-(?:id|unsubscribe|post)|feedback-id|x-mailer-daemon|return-path: <>)",
    re.MULTILINE,
)
_ASKS = re.compile(r"[?\uff1f\u061f]\s*(?:$|\n|[^/\w])")
_ENOUGH = 2
_ENOUGH_WITH_QUESTION = 3
_LONG = 1500
_NEWSLETTER = 150
_HEAD = 6000
_RECEIPT = 700
_BARE = 2
"""Words below a calendar's subject; a person says more."""


def is_machine_sender(address: str | None) -> bool:
    """Return whether an address is one that no person reads: daemon, no-reply, list."""
    if not address:
        return False
    found = re.search(r"[^\s<>\"]+@[^\s<>\"]+", fold(address))
    local = found.group(0).split("@", maxsplit=1)[0] if found else ""
    return bool(local) and _SENDERS.match(local) is not None


def is_machine_subject(subject: str) -> bool:
    """Return whether a subject begins as automatic mail's do, after at most a `Re:`."""
    bare = re.sub(r"^(?:(?:re|aw|wg|fwd?|tr|rv|sv|antw|fw)\s*: *|\[[^\]]*\] *)+", "", fold(subject))
    return any(
        found.start() == 0
        for one in lexicons()
        if (found := one.patterns["machine.subject"].search(bare)) is not None
    )


def why_machine(text: str, *, subject: str = "") -> str | None:
    """Return what sort of machine mail the text is, or None for a person's.

    Single words prove nothing: a customer may mention a holiday or an automatic reply. It takes
    a phrase that only machines write, or several weak signs; more of them when the text asks
    a question of its own.
    """
    folded = fold_lines(text[:_HEAD])
    asks = _asks(text)
    if _HEADERS.search(folded):
        return "mail headers of automatic mail"
    if len(folded) < _RECEIPT and any(one.found("machine.person", folded) for one in lexicons()):
        return None
    if (kind := _answer_of_a_program(folded, fold(subject))) is not None:
        return kind
    about = is_machine_subject(subject)
    if _bounce(folded) + 2 * about >= (_ENOUGH_WITH_QUESTION if asks else _ENOUGH) and (
        _bounce(folded) >= 1
    ):
        return "a delivery report"
    if _automatic(folded) + 2 * about >= (_ENOUGH_WITH_QUESTION if asks else _ENOUGH):
        return "an automatic reply"
    long = len(folded) >= _NEWSLETTER and not asks
    if _most("machine.list", folded) >= (_ENOUGH if long else _ENOUGH_WITH_QUESTION):
        return "a newsletter"
    return None


def _answer_of_a_program(folded: str, subject: str) -> str | None:
    """Return what a mail program sent by itself: receipts, calendar answers, challenges."""
    line = " ".join(folded.split())
    short = len(line) < _RECEIPT
    for one in lexicons():
        if short and "?" not in line and one.found("machine.receipt", f"{subject} {line}"):
            return "a receipt"
        if one.found("machine.calendar", line) and "?" not in line:
            return "a calendar answer"
        called = one.patterns.get("machine.calendar_subject")
        if called is not None and called.match(subject) and len(line.split()) <= _BARE:
            return "a calendar answer"
        if one.found("machine.challenge", line):
            return "a challenge to the sender"
        bare = one.patterns.get("machine.unsubscribe")
        if bare is not None and bare.fullmatch((line or subject).strip(" .!")):
            return "a word to unsubscribe"
    return None


def _asks(text: str) -> bool:
    """Return whether it asks something in the words that come first; machines ask at the end."""
    return len(text) < _LONG and _ASKS.search(text) is not None


def _bounce(folded: str) -> int:
    return min(2, len(set(_DELIVERY.findall(folded)))) + _most("machine.bounce", folded)


def _automatic(folded: str) -> int:
    return max(
        2 * min(2, one.count("machine.strong", folded)) + one.count("machine.weak", folded)
        if _plausible(one.count("machine.strong", folded), one.count("machine.weak", folded))
        else 0
        for one in lexicons()
    )


def _plausible(strong: int, weak: int) -> bool:
    """Return whether the signs suffice at all: weak ones alone must be many."""
    return strong > 0 or weak >= _ENOUGH_WITH_QUESTION


def _most(key: str, folded: str) -> int:
    counts: Iterable[int] = (one.count(key, folded) for one in lexicons())
    return max(counts, default=0)
