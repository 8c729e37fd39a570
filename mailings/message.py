"""What is handed to a transport, and what it answers: offers in, exactly one receipt for each out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple, Protocol, Self

from mailings.errors import Unreadable, Untrusted
from mailings.letter import Filled, Page, Texted
from mailings.reported import Blame, Hook, Proof, Report
from mailings.settings import settings


class Short(NamedTuple):
    """A text message: from whom (a number in E.164, or a name), its words, and in how many parts a phone gets it (domain.md D15).

    `mark` = the mailing's own, as in `letter.Filled`: what is reported of a delivery's number is believed only under it.
    """

    sender: str
    text: str
    parts: int
    mark: str = ""


class Message:
    """One recipient's message, not yet put together; a transport asks for the form it carries, and each channel makes its own.

    What a channel does not make raises Unreadable; so does a message that cannot be put together.
    """

    __slots__ = ()
    channel: ClassVar[str] = "email"  #: the form it has: email, sms, document

    def filled(self) -> Filled:
        """An e-mail as a form letter with what is this recipient's own."""
        raise Unreadable("This message is no e-mail.")

    def mime(self, *, eight_bit: bool = False) -> bytes:
        """The whole e-mail with CRLF line ends.

        Without `eight_bit` it is ASCII and no line begins with a dot, so that nothing has to look for one; with it both may occur.
        """
        raise Unreadable("This message is no e-mail.")

    def short(self) -> Short:
        """A text message."""
        raise Unreadable("This message is no text message.")

    def page(self) -> Page:
        """A letter to be printed."""
        raise Unreadable("This message is no letter.")


@dataclass(frozen=True, slots=True)
class Offer:
    """One delivery, offered to a transport. `address` and `sender`: of an e-mail the envelope addresses with an ASCII domain.

    Of a text message two numbers in E.164 (`sender` may be a name); of a letter `address` is the postal address in one line.
    """

    delivery: int
    address: str
    sender: str
    message: Message


class Outcome(StrEnum):
    """What became of one hand-over."""

    ACCEPTED = "accepted"  #: the other side took it
    REFUSED = "refused"  #: for good; trying again is of no use
    TRY_LATER = "try_later"  #: for now; try again after a while
    UNKNOWN = "unknown"  #: handed over, no answer: in doubt, never sent again by itself
    UNTOUCHED = "untouched"  #: never begun; still queued


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transport's answer for one delivery. `code` as the other side gave it (550 5.1.1), `after` in seconds."""

    delivery: int
    outcome: Outcome
    code: str | None = None
    reason: str | None = None
    after: float | None = None
    provider_id: str | None = None


class Word(NamedTuple):
    """What a source says became of a delivery in doubt. `verdict`: sent, delivered, bounced or failed; `said` = its own words.

    `name` = the provider's own of the message, where it has one: a message settles one delivery only.
    """

    delivery: int
    verdict: str
    source: str
    said: str
    name: str | None = None


class Sought(Protocol):
    """The deliveries whose fate is asked for. Nothing said before `since` (seconds since 1970) is of them."""

    since: float
    texted: list[Texted]  #: text messages among them

    def delivery_of(self, message_id: str) -> int | None:
        """The delivery that a Message-ID names; None for every message that is not asked for."""
        ...


#: Said of a transport that would show strangers links signed with a secret everybody knows, towards loopback too.
FORGEABLE = (
    "The transport {name} is not used while MAILINGS_SECRET is the demo's, for anybody could forge its links; "
    'make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'
)

#: What a source of offers yields when none may leave now: answer for all you hold before asking again (the source may then wait).
FLUSH = None


class Transport(ABC):
    """Who carries messages. A subclass in `mailings/transports/<name>.py` is found by its file's name alone."""

    name: ClassVar[str]
    channels: ClassVar[frozenset[str]]  #: any of email, sms, document
    batch_size: ClassVar[int] = 200  #: deliveries claimed at a time
    reporting: ClassVar[bool] = False  #: whether the other side reports later, to /hooks/NAME
    thanks: ClassVar[tuple[str, str] | None] = None  #: media type and text that its reports are answered with; None = 204 and nothing
    remembers: ClassVar[bool] = False  #: its own records name all it ever took, at once: a run begins by settling doubt by them
    leaves_machine: ClassVar[bool] = True  #: whether strangers get to see what it carries; the demo's secret is refused then

    @classmethod
    @abstractmethod
    def configured(cls) -> Self:
        """Made from the environment. Raises Misconfigured in one sentence; touches no network."""

    def problems(self) -> list[str]:
        """What keeps this transport from carrying anything, one sentence each; no network."""
        return [FORGEABLE.format(name=self.name)] if self.leaves_machine and settings().demo_secret else []

    def rehearsal(self) -> str | None:
        """Why nothing it carries reaches anybody, and what to do: one sentence; None where it does. Tests may go that way, no mailing."""
        return None

    @abstractmethod
    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """Carry what is offered and answer for each: exactly one receipt a delivery, in any order, as soon as it is known.

        Connects before it takes the first offer, and raises TransportError only then. FLUSH among the offers = answer for
        everything held before asking for the next. Where trouble comes later, it stops asking, answers `unknown` for what was
        handed over without an answer and `untouched` for what was not begun, and ends. Where the offers themselves raise, it
        answers for everything it holds and raises that at the end.
        """

    @classmethod
    def evidence(cls, sought: Sought) -> Iterator[Word]:
        """What the other side's own records say of what is in doubt. Raises Unreadable when they are set and cannot be read."""
        return iter(())

    def proofs(self, domain: str) -> list[Proof]:
        """The DNS records behind its signatures on messages from `domain`; none = it leaves them unsigned. No network."""
        return []

    def remarks(self) -> list[str]:
        """What a person should see to though it can carry, one sentence each; no network."""
        return []

    @classmethod
    def own_sender(cls) -> bool:
        """Whether it has a sender for a text message that names none. Raises Misconfigured; no network."""
        return False

    @property
    def holds(self) -> int:
        """The most deliveries it holds without an answer: what a crash may leave in doubt."""
        return self.batch_size

    @classmethod
    def blames(cls, code: str) -> Blame | None:
        """What a receipt's code says of the address that was refused for good; None = nothing, or no code of its own."""
        return None

    @classmethod
    def reports(cls, hook: Hook) -> list[Report]:
        """What a request to /hooks/NAME tells.

        Raises Untrusted for a signature that does not hold, Misconfigured while there is no key to check it with, and Unreadable for
        a body that is not the provider's. An entry that is strange makes a report of kind `other`, never an error.
        """
        raise Untrusted("This transport takes no reports.")

    def close(self) -> None:
        """Let go of connections. May be called twice."""
        return
