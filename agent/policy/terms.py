"""What an account allows, as plain data: read by `policy.file`, applied by `policy.rules`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Self

from agent.model import Slot
from agent.policy.hours import Hours, When
from tools.fields import Privacy


class Mode(StrEnum):
    """How far the responder may go by itself, from not at all to all the way."""

    OFF = "off"
    """Reads, and leaves the ticket alone."""
    OBSERVE = "observe"
    """Reads and decides, posts nothing."""
    TRIAGE = "triage"
    """Sets fields of the ticket, posts nothing."""
    NOTE = "note"
    ONE_CLICK = "one-click"
    """A note whose proposal waits for a person's approval."""
    AUTO = "auto"
    """Replies in public where every gate holds."""

    @property
    def boldness(self) -> int:
        """Return its place in the list above: the lower, the more cautious."""
        return list(Mode).index(self)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a ticket can be about, told by rule from any one of these.

    Attributes:
        words: whole words or phrases of the customer's; a trailing `*` stands for any ending.
        tags, types, groups: of the ticket, as the helpdesk spells them.
        sets: what triage sets on such a ticket, whatever a model may think.
    """

    name: str
    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    sets: Mapping[Slot, tuple[str, ...]] = field(default_factory=dict[Slot, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Triaging:
    """What triage may set, and out of what a model may choose.

    Attributes:
        fields: all that may be set; nothing else ever is.
        types, priorities, groups: the only choices left to a model; empty for all the account has.
        tags: those a model may add; empty for none.
        defaults: values that count as not set, because the helpdesk itself fills them in.
    """

    fields: tuple[Slot, ...] = ()
    types: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    defaults: Mapping[Slot, str] = field(default_factory=dict[Slot, str])

    def narrowed(self, slot: Slot) -> tuple[str, ...]:
        """Return the choices a model is left with by the file; empty where it names none."""
        lists = {
            Slot.TYPE: self.types,
            Slot.PRIORITY: self.priorities,
            Slot.GROUP: self.groups,
            Slot.TAGS: self.tags,
        }
        return lists.get(slot, ())


@dataclass(frozen=True, slots=True)
class Cell:
    """The mode of some tickets; an empty criterion fits every ticket.

    Attributes:
        channels: the helpdesk's own labels, such as "Email".
        languages: two-letter codes.
        when: at which hours `Mode.AUTO` holds; at others it is a note.
    """

    mode: Mode
    topics: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    when: When = When.ALWAYS


@dataclass(frozen=True, slots=True)
class Voice:
    """How replies in one language are written; what is empty is said as in all others."""

    tone: str = ""
    disclosure: str = ""
    signature: str = ""
    banned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """What always belongs to people: names of topics, groups, addresses of mailboxes."""

    topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    mailboxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise that may be made, in these words alone, because this is done about it.

    Attributes:
        says: the whole sentence, one for each language.
        tag, group: set on the ticket in the same run; "" leaves them.
        due_hours: sets when the ticket is due, from the reading of it; None leaves it.
    """

    says: tuple[str, ...]
    tag: str = ""
    group: str = ""
    due_hours: int | None = None


@dataclass(frozen=True, slots=True)
class Spend:
    """Money for model calls, in the currency of the price table; None sets no limit."""

    per_day: Decimal | None = None
    per_run: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What an account allows.

    Attributes:
        mode, when: of tickets that no cell fits.
        version: digest of the file, or "default".
        link_hosts: where links may point besides the helpdesk's own portal.
        portal_hosts: the helpdesk's own portal and domain; filled in when the account opens.
        replies_per_hour: public automatic replies per ticket and hour, at most.
        replies_per_day: public automatic replies per requester and day, at most.
        same_words_per_day: requesters who get a public automatic reply in a day though they all
            write the same words, numbers and names apart; the next get notes.
        disclosure: the sentence that says a machine wrote it; put under every public reply.
        signature: put under every reply.
        banned: phrases that must not be said, whatever the language.
        human_topics: words that always mean a person takes the ticket.
        answer_assigned: reply in public on tickets that are assigned to a person, too.
        resend_lost: send a public reply once more that was looked for until the last look and not
            found; without it such a reply waits for a person.
        canned_only: say nothing in public but the account's canned responses, word for word.
        canned: titles of the canned responses that hold whatever the ticket is, so that they may
            go out without a person; "*" names all.
        fields: who may see a custom field, by API name or label; a secret one enters no prompt.
        cells: read from top to bottom, the first that fits a ticket decides.
        voices: what is said differently in a language, by its two-letter code.
        fault: why the file cannot be used as it stands; this policy is the one before, and
            nothing goes out in public until it can.
    """

    mode: Mode = Mode.NOTE
    version: str = "default"
    link_hosts: tuple[str, ...] = ()
    portal_hosts: tuple[str, ...] = ()
    replies_per_hour: int = 2
    replies_per_day: int = 5
    same_words_per_day: int = 100
    disclosure: str = ""
    signature: str = ""
    tone: str = ""
    banned: tuple[str, ...] = ()
    human_topics: tuple[str, ...] = ()
    answer_assigned: bool = False
    resend_lost: bool = False
    canned_only: bool = False
    canned: tuple[str, ...] = ()
    fields: Mapping[str, Privacy] = field(default_factory=dict[str, Privacy])
    when: When = When.ALWAYS
    topics: tuple[Topic, ...] = ()
    cells: tuple[Cell, ...] = ()
    human: People = People()
    hours: Hours | None = None
    voices: Mapping[str, Voice] = field(default_factory=dict[str, Voice])
    commitments: tuple[Commitment, ...] = ()
    spend: Spend = Spend()
    triage: Triaging = Triaging()
    fault: str = ""

    def spoken(self, language: str) -> Self:
        """Return the policy with the tone, disclosure and signature of a language."""
        voice = self.voices.get(language[:2].lower(), Voice())
        return replace(
            self,
            tone=voice.tone or self.tone,
            disclosure=voice.disclosure or self.disclosure,
            signature=voice.signature or self.signature,
        )

    def quiet(self) -> Self:
        """Return the policy as it is for somebody who only wants a draft: nothing goes out."""
        return replace(self, mode=Mode.NOTE, when=When.ALWAYS, cells=())

    @property
    def unspeakable(self) -> tuple[str, ...]:
        """The phrases that are banned in any language: a reply's language is only a claim."""
        return (*self.banned, *(phrase for one in self.voices.values() for phrase in one.banned))

    @property
    def discloses(self) -> bool:
        """Whether the owner wants replies to say that a machine wrote them."""
        return bool(self.disclosure or any(one.disclosure for one in self.voices.values()))
