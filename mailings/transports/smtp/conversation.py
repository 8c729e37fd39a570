"""An open line's conversation: letters in, commands out; replies in, receipts out. Pure, knows no socket (RFC 5321; pipelining RFC 2920).

    WAITING --envelope sent--> MAIL -> RCPT -> DATA --354: the body follows, the letter is begun--> END --> answered

Where the server takes pipelined commands, MAIL, RCPT and DATA leave together, and the next letter's envelope leaves behind a body.
"""

from __future__ import annotations

import re
from collections import deque
from enum import Enum

from mailings import seams
from mailings.errors import TryLater, Unreadable
from mailings.message import Outcome, Receipt
from mailings.seams import Seam
from mailings.transports.smtp.letters import Letter
from mailings.transports.smtp.opening import Offered
from mailings.transports.smtp.replies import Reply

#: Letters held at a time: one whose body is being taken, one whose envelope is, one put together meanwhile.
ROOM = 3

#: At MAIL these speak of us, not of the letter: log in first, encrypt first (RFC 4954, 6). A person must mend it; nobody is refused for it.
NOT_LET_IN = frozenset({530, 534, 535, 538})

_QUEUED_AS = re.compile(rb"queued as ([\w.-]{4,64})")


class Step(Enum):
    """What a reply answers."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "the end of the message"
    RSET = "RSET"


class Conversation:
    """One line, once it is open. `outgoing` is what is to be written, `receipts` what is known since they were last taken."""

    def __init__(self, offered: Offered) -> None:
        self.offered = offered
        self.outgoing: list[bytes] = []
        self.receipts: list[Receipt] = []
        self.taken = 0
        self.answered = 0
        self.held_bytes = 0
        self._waiting: deque[Letter] = deque()
        self._expected: deque[tuple[Step, Letter]] = deque()
        self._free = True

    @property
    def room(self) -> bool:
        """Whether it can take a further letter now."""
        return self.held < ROOM

    @property
    def held(self) -> int:
        """How many letters it holds without a receipt."""
        return self.taken - self.answered

    @property
    def expects(self) -> Step | None:
        """What the next reply answers; None when all is quiet."""
        return self._expected[0][0] if self._expected else None

    def take(self, letter: Letter) -> None:
        """Carry this one too."""
        self.taken += 1
        self.held_bytes += len(letter.body)
        self._waiting.append(letter)
        self._go_on()

    def unanswered(self) -> list[Letter]:
        """What it holds without a receipt, the one the server was busy with first."""
        said = dict.fromkeys(id(letter) for _, letter in self._expected)
        by_id = {id(letter): letter for _, letter in self._expected}
        return [by_id[key] for key in said if not by_id[key].answered] + list(self._waiting)

    def receive(self, reply: Reply) -> None:
        """Take in one reply. Raises TryLater where the server closes the line, Unreadable where the reply fits nothing we said."""
        if reply.code == 421:
            self._closing(reply)
        if not self._expected:
            raise Unreadable(f"The server said {str(reply)!r} without being asked.")
        step, letter = self._expected.popleft()
        if 300 <= reply.code < 400 and not (reply.code == 354 and step is Step.DATA):
            self._misunderstood(step, letter, reply)
        match step:
            case Step.MAIL:
                self._mail(reply, letter)
            case Step.RCPT:
                self._rcpt(reply, letter)
            case Step.DATA:
                self._data(reply, letter)
            case Step.END:
                self._answer(letter, reply)
                self._over()
            case Step.RSET:
                self._over()

    def _closing(self, reply: Reply) -> None:
        # With an enhanced code 421 to the end of a message is an answer about that message (a large provider's "too fast, later"):
        # 4yz = not taken. Bare, it speaks of the line alone, as a proxy does that lost the server behind it: then nobody knows.
        if self._expected and self._expected[0][0] is Step.END and reply.status:
            self._answer(self._expected[0][1], reply)
        raise TryLater(f"The server closes the connection: {reply}")

    def _misunderstood(self, step: Step, letter: Letter, reply: Reply) -> None:
        self._expected.appendleft((step, letter))
        raise Unreadable(f"The server answered {step.value} with {str(reply)!r}, which is no answer to that.")

    def _mail(self, reply: Reply, letter: Letter) -> None:
        if reply.code in NOT_LET_IN:
            self._settle(letter, Receipt(letter.offer.delivery, Outcome.UNTOUCHED, reply.full_code, reply.reason))
        elif not reply.positive:
            self._answer(letter, reply)
        if not self.offered.pipelining:
            if letter.answered:
                self._free = True
                self._go_on()
            else:
                self._say(letter, letter.rcpt, Step.RCPT)

    def _rcpt(self, reply: Reply, letter: Letter) -> None:
        if not reply.positive:
            self._answer(letter, reply)
        if not self.offered.pipelining:
            if letter.answered:
                self._start_over(letter)
            else:
                self._say(letter, b"DATA\r\n", Step.DATA)

    def _data(self, reply: Reply, letter: Letter) -> None:
        if reply.code != 354:
            if reply.positive:
                self._misunderstood(Step.DATA, letter, reply)
            self._answer(letter, reply)
            self._start_over(letter)
            return
        if not letter.answered:
            letter.begun = True
            self.outgoing.append(letter.body)
        self._say(letter, b".\r\n", Step.END)  # a lone dot where nobody is to get it (RFC 2920, 3.1)
        self._free = self.offered.pipelining
        self._go_on()

    def _over(self) -> None:
        if not self.offered.pipelining:
            self._free = True
            self._go_on()

    def _start_over(self, letter: Letter) -> None:
        # the refused envelope may still stand: without RSET the next MAIL is "503 nested"
        self._say(letter, b"RSET\r\n", Step.RSET)
        self._free = self.offered.pipelining
        self._go_on()

    def _go_on(self) -> None:
        if not self._free or not self._waiting:
            return
        letter, self._free = self._waiting.popleft(), False
        if self.offered.pipelining:
            self._say(letter, letter.mail + letter.rcpt + b"DATA\r\n", Step.MAIL, Step.RCPT, Step.DATA)
        else:
            self._say(letter, letter.mail, Step.MAIL)

    def _say(self, letter: Letter, words: bytes, *answered_as: Step) -> None:
        self.outgoing.append(words)
        self._expected.extend((step, letter) for step in answered_as)

    def _answer(self, letter: Letter, reply: Reply) -> None:
        if letter.answered:  # refused already: what follows of its envelope says nothing new
            return
        delivery = letter.offer.delivery
        if reply.positive:
            queued = _QUEUED_AS.search(reply.said)
            self._settle(letter, Receipt(delivery, Outcome.ACCEPTED, provider_id=queued[1].decode() if queued else None))
        else:
            outcome = Outcome.REFUSED if reply.code >= 500 else Outcome.TRY_LATER
            self._settle(letter, Receipt(delivery, outcome, reply.full_code, reply.reason))

    def _settle(self, letter: Letter, receipt: Receipt) -> None:
        seams.before(Seam.ANSWER)
        letter.answered = True
        self.answered += 1
        self.held_bytes -= len(letter.body)
        self.receipts.append(receipt)
        seams.after(Seam.ANSWER)
