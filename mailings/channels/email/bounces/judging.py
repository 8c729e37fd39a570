"""Judges what was told of a recipient: why it came back, of which kind that is, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

from mailings.channels.email.bounces.causes import why_by_words
from mailings.channels.email.bounces.codes import meaning, reply_in, status_in
from mailings.channels.email.bounces.families import Family
from mailings.channels.email.bounces.session import answered
from mailings.channels.email.bounces.told import Told
from mailings.channels.email.bounces.verdicts import Returned
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
CONFIDENCE = {"rule": 0.97, "reply": 0.97, "beside": 0.92, "codes": 0.85, "text": 0.8, "nothing": 0.3}
GUESSED = 0.8  #: times so much where the address was taken from the message given back

_GENERAL = (".0.0", ".5.0", ".4.7")


@dataclass(frozen=True, slots=True)
class Around:
    """What a message says beside what it says of each recipient."""

    text: str  # the server's own words, all of them
    reply: str = ""  # of the first refusal in a conversation that is quoted
    after: str = ""  # the command it answers
    families: tuple[Family, ...] = ()


def judged(told: Told, around: Around, alone: bool) -> Returned:
    """The verdict on one recipient; `alone` when the message is about nobody else, so that all its words are about this one."""
    reply = told.said
    if alone and around.reply and (not reply or "-" in reply[3:4] or around.reply.startswith(reply[:20])):
        reply = f"{told.said} {around.reply}".strip()
    everything = "\n".join((reply, told.beside, around.text if alone else ""))
    status = _status(told, reply or told.beside or (around.text if alone else ""))
    code = reply_in(reply) or reply_in(told.beside) or (reply_in(around.text) if alone else "")
    after = told.after or answered(told.beside) or (around.after or answered(around.text) if alone else "") or answered(reply)
    why, found = _why((reply, told.beside, around.text if alone else ""), (status, code), around.families)
    if why is Why.MAILBOX and after == "DATA" and not status.endswith(".1.1"):
        why = Why.FILTERED  # whoever takes the recipient and refuses the content does know the mailbox
    sure = CONFIDENCE[found] * (GUESSED if told.by == "original" else 1)
    said = " ".join((reply or told.beside or everything).split())[:SAID]
    code = " ".join(part for part in (code, status if code else "") if part)
    return Returned(told.address, told.final, KINDS[why], why, status, code, said, round(sure, 2))


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
    places = (("reply", reply), ("beside", beside))
    for place, said in places:
        if said and (why := why_by_words(said)) not in _VAGUE:
            return why, place
    if (why := meaning(*codes)) is not Why.UNKNOWN:
        return why, "codes"
    for place, said in (*places, ("text", text)):
        if said and (why := why_by_words(said)) is not Why.UNKNOWN:
            return why, place
    return Why.UNKNOWN, "nothing"


#: causes that words name only in passing: a code that says more goes before
_VAGUE = (Why.UNKNOWN,)
