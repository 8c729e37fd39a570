"""Judges what was told of a recipient: why it came back, of which kind that is, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

from mailings.channels.email.bounces.causes import why_by_words
from mailings.channels.email.bounces.codes import meaning, refusal_in, reply_in, status_in
from mailings.channels.email.bounces.families import Family
from mailings.channels.email.bounces.results import Returned
from mailings.channels.email.bounces.session import answered, conversation
from mailings.channels.email.bounces.told import Told
from mailings.reported import BounceKind as Kind
from mailings.reported import BounceWhy as Why

SAID = 400

#: what a cause says of the address (domain.md D7). INVALID is never here: only a provider may be that sure
KINDS = {
    Why.MAILBOX: Kind.HARD, Why.DOMAIN: Kind.HARD, Why.MOVED: Kind.HARD,
    Why.SUSPENDED: Kind.SOFT, Why.FULL: Kind.SOFT, Why.FILTERED: Kind.SOFT, Why.EXPIRED: Kind.SOFT, Why.NETWORK: Kind.SOFT,
    Why.SYSTEM: Kind.SOFT, Why.UNKNOWN: Kind.SOFT,
    Why.REPUTATION: Kind.POLICY, Why.AUTHENTICATION: Kind.POLICY, Why.POLICY: Kind.POLICY, Why.CONTENT: Kind.POLICY, Why.SIZE: Kind.POLICY,
    Why.RATE: Kind.POLICY, Why.SENDER: Kind.POLICY,
}  # fmt: skip

#: how often the cause is right, by where it was found (docs/concepts/bounces.md says how it was measured)
CONFIDENCE = {"rule": 0.97, "reply": 0.95, "beside": 0.85, "codes": 0.85, "text": 0.8, "nothing": 0.3}
GUESSED = 0.8  #: times so much where the address was taken from the message given back

_BEFORE_RCPT = ("CONN", "HELO", "MAIL")
_ADDRESS = (Why.MAILBOX, Why.DOMAIN, Why.MOVED)
_GENERAL = (".0.0", ".5.0", ".4.7")


@dataclass(frozen=True, slots=True)
class Around:
    """What a message says beside what it says of each recipient."""

    text: str  # the server's own words, all of them
    reply: str = ""  # of the first refusal in a conversation that is quoted
    after: str = ""  # the command it answers
    families: tuple[Family, ...] = ()

    @property
    def unnamed(self) -> str:
        """What is said of all recipients together: the lines that name nobody."""
        return "\n".join(line for line in self.text.split("\n") if "@" not in line)


def judged(told: Told, around: Around, alone: bool) -> Returned:
    """What it says of one recipient; `alone` when the message is about nobody else, so that all its words are about this one."""
    text = around.text if alone else ""
    own, mine = conversation(told.beside.split("\n"))
    own, mine = (around.after, around.reply) if alone and around.reply else (own, mine)
    reply = _reply(told, mine) or refusal_in(text)
    status = _status(told, reply or told.beside or text)
    code = reply_in(reply) or reply_in(text)
    after = own or answered(reply) or answered(told.beside) or answered(text)
    why, found = _why((reply, told.beside, text or around.unnamed), (status, code), around.families)
    why = why if found == "rule" else _corrected(why, after, status, code)
    sure = CONFIDENCE[found] * (GUESSED if told.by == "original" else 1)
    said = " ".join((reply or told.beside or text).split())[:SAID]
    code = " ".join(part for part in (code, status if code else "") if part)
    return Returned(told.address, told.final, KINDS[why], why, status, code, said, round(sure, 2))


def _reply(told: Told, quoted: str) -> str:
    """What the other server said: the report's field, the conversation's whole reply where the field has its first line, or the text's."""
    said = refusal_in(told.said) if "'" in told.said else told.said
    if quoted and (not said or quoted.startswith(said[:20])):
        return quoted
    return said or refusal_in(told.beside)


def _corrected(why: Why, after: str, status: str, code: str) -> Why:
    """What the words cannot mean where they were said.

    Who has not heard the recipient yet does not blame it; and filters that see the content first say "user unknown" too, so that only an
    answer to RCPT, or a status that says so, is believed.
    """
    if after in _BEFORE_RCPT and why in _ADDRESS and status[2:4] != "1.":
        return Why.SENDER
    if after == "MAIL" and why is Why.POLICY and status.endswith(".7.1"):
        return Why.SENDER
    believed = after == "RCPT" or status[2:4] == "1." or not code
    return why if why is not Why.MAILBOX or believed else Why.FILTERED


def _status(told: Told, text: str) -> str:
    """The reply's own status where the report's says nothing: Exim reports 5.0.0 for everything, a queue 4.4.7 for what it gave up."""
    own = status_in(text)
    return own if own and (not told.status or told.status.endswith(_GENERAL) or not own.endswith(_GENERAL)) else told.status or own


def _why(texts: tuple[str, str, str], codes: tuple[str, str], families: tuple[Family, ...]) -> tuple[Why, str]:
    """The cause, and where it was found."""
    reply, beside, text = texts
    for family in families:
        if (why := family.why("\n".join(texts), codes)) is not None:
            return why, "rule"
    for place, said in (("reply", reply), ("beside", beside)):
        if said and (why := why_by_words(said)) is not Why.UNKNOWN:
            return why, place
    if (why := meaning(*codes)) is not Why.UNKNOWN:
        return why, "codes"
    why = why_by_words(text)
    return why, "text" if why is not Why.UNKNOWN else "nothing"
