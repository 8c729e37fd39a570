"""Every error of the domain, drawn as a tree. A message is a sentence for the person who meets it: what, which one, what to do.

MailingsError
├── NotAllowed            the rules say no: wrong status, missing right, a name that is taken
│   ├── IllegalMove       a status may not change that way
│   ├── AtWork            another run is at work on the mailing, and does what this one would
│   ├── NotAsApproved     what somebody approved has changed since
│   └── Unfinished        the books do not balance yet; nothing may be called done
├── NotFound              no such mailing, person, selection, topic, ...
├── Unreadable            what was given cannot be read
│   ├── BadAddress        an address nobody could write to
│   ├── BadTemplate       a template that cannot be compiled, with its place
│   └── BadRow            one row of a list: row, column, why
├── Untrusted             a token or signature that does not hold
├── Unreachable           the database or server does not answer
└── TransportError        a transport could not begin
    ├── TryLater          passes by itself; the only error that is retried
    └── Misconfigured     a person must change a setting first

Outcomes for *one* recipient are values (message.Receipt), never exceptions: one bad row must not stop 50,000.
"""

from __future__ import annotations


class MailingsError(Exception):
    """Base of every error raised on purpose. `str(error)` is one sentence that can be shown to a person."""


class NotAllowed(MailingsError):
    """The rules say no. Nothing was changed."""


class IllegalMove(NotAllowed):
    """A status may not change that way; the sentence names what may be done instead."""


class AtWork(NotAllowed):
    """Another run is at work on the mailing; the sentence names it. Nothing is wrong with the mailing."""


class NotAsApproved(NotAllowed):
    """What somebody approved has changed since; it is not sent."""


class Unfinished(NotAllowed):
    """The conservation law does not hold yet, so the mailing cannot be called sent."""


class NotFound(MailingsError):
    """Nothing has that name."""


class Unreadable(MailingsError):
    """A file or text that cannot be read. Nothing was stored."""


class BadAddress(Unreadable):
    """An address that nobody could write to, with the reason."""


class BadTemplate(Unreadable):
    """A template that cannot be compiled. `place` names part, line and, where known, the words."""

    def __init__(self, sentence: str, place: str = "") -> None:
        super().__init__(f"{place}: {sentence}" if place else sentence)
        self.place = place


class BadRow(Unreadable):
    """One row of a list that cannot be taken. Rows count from 1 as a spreadsheet shows them."""

    def __init__(self, row: int, column: str, why: str) -> None:
        super().__init__(f"row {row}, {column}: {why}")
        self.row, self.column, self.why = row, column, why


class Untrusted(MailingsError):
    """A token or signature that does not hold. Says nothing about why, for that would help a forger."""


class Unreachable(MailingsError):
    """The database, Prefect's server or another machine does not answer."""


class TransportError(MailingsError):
    """A transport could not begin. Raised only before the first delivery is begun."""


class TryLater(TransportError):
    """Trouble that passes by itself. `after` = seconds to wait, None when the other side named none."""

    def __init__(self, sentence: str, after: float | None = None) -> None:
        super().__init__(sentence)
        self.after = after


class Misconfigured(TransportError):
    """Trouble that a person must mend: a refused login, a wrong host, a missing key."""
