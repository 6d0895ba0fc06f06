"""Tell mail that a machine wrote from mail that mentions one; pure."""

# ruff: noqa: E501  long patterns read better unbroken

import re

from agent.mail import notices
from agent.text.language import detect
from agent.text.lexicon import Lexicon, mailbooks
from agent.text.words import fold, fold_lines

_SENDERS = re.compile(
    r"^(?:mailer-?daemon|post-?master|(?:mail|lists?|news)-?(?:daemon|master|server)?(?=\+|$)(?<!mail)(?<!list)"
    r"|(?:.*[-_.+])?(?:no|do-?not|dont|not?|never|ne-?pas|nicht|non?)[-_.]?(?:reply|respond|repondre|antworten"
    r"|responder|rispondere|responda|answer|replies|reponse)(?:[-_.+].*)?"
    r"|(?:.*[-_.+])?bounces?(?:[-_.+].*)?|auto-?(?:reply|responder|mailer|response|matic|notify|confirm)\w*"
    r"|(?:.*-)?(?:newsletter|listserv|majordomo|mailman|listmaster)s?|.*-(?:owner|request|bounces|admin)"
    r"|(?:.*[-_.])?(?:unsubscribe|unmonitored|out-?of-?office|delivery-?(?:status|failure)|abuse-?reports?)"
    r"|system|daemon|robot|(?:e-?)?fax(?:es|server)?|voice-?mails?|ne-?pas-?repondre|cron|root|nobody|www-data|alerts?|notifications?|mailer)$"
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
_ANSWERED = re.compile(r"(?:(?:re|aw|wg|fwd?|tr|rv|sv|antw|fw) ?: *|\[[^\]]*\] *)+")
_WHEN = re.compile(r"\b(?:when|wann|quand|cuando|quando|wanneer) ?:")
_LINK = "link"
_PERSONAL = ("machine.mine", "machine.plea")
"""Who speaks of their own things, or asks for something."""
_ENOUGH = 2
_ENOUGH_WITH_QUESTION = 3
_LONG = 1500
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
    return _headed(fold(subject)) > 0


def why_machine(text: str, *, subject: str = "") -> str | None:
    """Return what sort of machine mail the text is, or None for a person's.

    Single words prove nothing: a customer may mention a holiday or an automatic reply. It takes
    a phrase that only machines write, or several weak signs; more of them when the text asks
    a question or for something.
    """
    folded = fold_lines(text[:_HEAD])
    line = " ".join(folded.split())
    if _HEADERS.search(folded):
        return "mail headers of automatic mail"
    if len(line) < _RECEIPT and any(one.found("machine.person", line) for one in mailbooks()):
        return None
    titled = fold(subject)
    if (kind := _answer_of_a_program(line, titled)) is not None:
        return kind
    asks = _asks(text)
    voices = _voices(text[:_HEAD])
    about = _about(titled, line, voices, asks=asks)
    need = _ENOUGH_WITH_QUESTION if asks else _ENOUGH
    bounced = _bounce(folded, line)
    if bounced + 2 * about >= need and bounced >= 1:
        return "a delivery report"
    if _automatic(line) + 2 * about >= need or _absent(line, voices, about=about, asks=asks):
        return "an automatic reply"
    return notices.why(folded, line, titled, voices=voices, asks=asks)


def _headed(titled: str) -> int:
    """Return how surely a folded subject is automatic mail's: 2 with its colon, 1 without, 0."""
    again = _ANSWERED.match(titled)
    bare = titled[again.end() :] if again else titled
    ends = [
        found.end()
        for one in mailbooks()
        if (found := one.patterns["machine.subject"].match(bare)) is not None
    ]
    if not ends:
        return 0
    return 2 if not again and any(bare[end:].lstrip()[:1] == ":" for end in ends) else 1


def _voices(text: str) -> tuple[Lexicon, ...]:
    """Return by whose words a person is heard: the text's language, or all where it is unclear."""
    told = detect(text)
    known = tuple(one for one in mailbooks() if one.code == told)
    return known or mailbooks()


def _about(titled: str, line: str, voices: tuple[Lexicon, ...], *, asks: bool) -> bool:
    """Return whether the subject counts: one that people write as well, not above their words."""
    sure = _headed(titled)
    person = asks or any(one.found(key, line) for one in voices for key in _PERSONAL)
    return sure == _ENOUGH or (sure == 1 and not person)


def _absent(line: str, voices: tuple[Lexicon, ...], *, about: bool, asks: bool) -> bool:
    """Return whether somebody is away and the words say what becomes of the mail meanwhile."""
    voiced = asks or any(one.found("machine.plea", line) for one in voices)
    return any(
        2 * min(1, one.count("machine.absent", line))
        + one.count("machine.later", line)
        + one.count("machine.weak", line)
        + about
        >= _ENOUGH_WITH_QUESTION + 2 * voiced
        for one in mailbooks()
        if one.found("machine.absent", line)
    )


def _answer_of_a_program(line: str, subject: str) -> str | None:
    """Return what a mail program sent by itself: receipts, calendar answers, challenges."""
    short = len(line) < _RECEIPT and "?" not in line
    for one in mailbooks():
        own = one.found("machine.mine", line)
        if short and not own and one.found("machine.receipt", f"{subject} {line}"):
            return "a receipt"
        if "?" not in line and not own and one.found("machine.calendar", line):
            return "a calendar answer"
        called = one.patterns.get("machine.calendar_subject")
        if called is not None and called.match(subject) and _of_a_calendar(line):
            return "a calendar answer"
        if one.found("machine.challenge", line) and not (own and short and _LINK not in line):
            return "a challenge to the sender"
        bare = one.patterns.get("machine.unsubscribe")
        if bare is not None and bare.fullmatch((line or subject).strip(" .!")):
            return "a word to unsubscribe"
    return None


def _of_a_calendar(line: str) -> bool:
    return len(line.split()) <= _BARE or _WHEN.search(line) is not None


def _asks(text: str) -> bool:
    """Return whether it asks something in the words that come first; machines ask at the end."""
    return len(text) < _LONG and _ASKS.search(text) is not None


def _bounce(folded: str, line: str) -> int:
    """Return how many signs of a delivery report there are; a person speaks of mail of theirs."""
    signs = min(2, len(set(_DELIVERY.findall(folded))))
    return signs + max(
        one.count("machine.bounce", line) + one.count("machine.failed", line) for one in mailbooks()
    )


def _automatic(line: str) -> int:
    return max(
        2 * min(2, one.count("machine.strong", line)) + one.count("machine.weak", line)
        if _plausible(one.count("machine.strong", line), one.count("machine.weak", line))
        else 0
        for one in mailbooks()
    )


def _plausible(strong: int, weak: int) -> bool:
    """Return whether the signs suffice at all: weak ones alone must be many."""
    return strong > 0 or weak >= _ENOUGH_WITH_QUESTION
