"""Limits as people see them: what is set, what holds now, and when the next message may leave."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.clock import milliseconds
from mailings.model import Bucket, Mailing, MailingStatus
from mailings.sending.limits import buckets, rates
from mailings.sending.limits.names import INSTALLATION
from mailings.sending.limits.rates import State
from mailings.settings import Settings

AT_WORK = (MailingStatus.SCHEDULED, MailingStatus.POPULATING, MailingStatus.SENDING, MailingStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Shown:
    """One limit. Rates in messages a minute; `beside` = what MAILINGS_RATE or the mailing asks for, `now` = what is in force."""

    state: State
    beside: float | None
    slowed: bool
    free_in: float  # seconds until the next message may leave
    waits_for: str | None

    @property
    def now(self) -> float | None:
        """Messages a minute that hold now."""
        return self.state.rate

    @property
    def today(self) -> tuple[int, int] | None:
        """Of a warm-up: how many left today, and how many may."""
        allowed = rates.allowance(self.state, milliseconds())
        return None if allowed is None else (rates.used(self.state, milliseconds()), allowed)


def limits_shown(session: Session, settings: Settings) -> list[Shown]:
    """Every limit that holds, the broadest kind first; those of settings and of mailings under way too."""
    beside = _beside(session, settings)
    slowed = set(session.scalars(select(Bucket.name).where(Bucket.rate.is_not(None))))
    names = {*session.scalars(select(Bucket.name)), *beside}
    found = {state.name: state for state in buckets.states(session.connection(), sorted(names), locked=False)}
    states = [found.get(name) or _unwritten(name) for name in sorted(names, key=_order)]
    return [_shown(state, beside.get(state.name), state.name in slowed) for state in states if state.limits or state.name in beside]


def _shown(state: State, beside: float | None, slowed: bool) -> Shown:
    now, state = milliseconds(), state.at_most(beside)
    opens = rates.opens(state, now)
    return Shown(state, beside, slowed, (opens - now) / 1000, rates.why(state, now) if opens > now else None)


def _beside(session: Session, settings: Settings) -> dict[str, float]:
    asked = select(Mailing.name, Mailing.rate).where(Mailing.rate.is_not(None), Mailing.status.in_(AT_WORK))
    found = {f"mailing:{name}": rate for name, rate in session.execute(asked) if rate}
    return found | ({INSTALLATION: settings.rate} if settings.rate else {})


def _order(name: str) -> tuple[int, str]:
    kinds = (INSTALLATION, "transport", "sender", "domain", "mailing")
    kind = name.partition(":")[0]
    return (kinds.index(kind) if kind in kinds else len(kinds), name)


def _unwritten(name: str) -> State:
    """A limit of the settings or of a mailing that nobody has been sent under yet."""
    return replace(_NOTHING, name=name)


_NOTHING = State(0, "", None, 1, None, "UTC", None, 0, None, 0, None)
