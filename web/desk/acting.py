"""What is done with a mailing: scheduled, sent, paused, resumed, cancelled, copied, moved, deleted. Refusals stand on the same page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings import clock
from mailings.audience.copies import copy, delete_mailing
from mailings.audience.folders import move, tree
from mailings.errors import NotAllowed, Unreadable
from mailings.model import Mailing, Role
from mailings.sending import lifecycle
from mailings.sending.dns.spf import Answer, look_up
from mailings.sending.finding import mailing_named
from mailings.sending.preflight import check, sender_domains
from web.desk.at import AtDesk, Desk, path
from web.desk.showing import moment
from web.desk.summary import Refused, Unfit, show_summary

router = APIRouter()

FARTHEST = timedelta(days=2 * 366)  # who plans farther ahead has mistyped the year
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

Verb = Callable[[Session, Mailing], dict[str, Any] | None]  #: does it; what the log tells of it


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done with a mailing: its word in the log, what is said of it on the page it leads to, the mailing's own unless named."""

    what: str
    verb: Verb
    said: str
    values: dict[str, Any] = field(default_factory=dict)
    there: str = ""


@router.post("/mailings/{name}/schedule", response_model=None)
def schedule(name: str, desk: AtDesk) -> Response:
    """At a day and time in the zone the form names; what is past means at once (domain.md B.8)."""
    try:
        at = moment_of(desk.fields.first("at"), desk.fields.first("zone"))
    except Unreadable as error:
        return _refused(desk, name, error)
    return _planned(desk, name, at)


@router.post("/mailings/{name}/send", response_model=None)
def send(name: str, desk: AtDesk) -> Response:
    """Scheduled for now: whatever starts due mailings picks it up within a minute."""
    return _planned(desk, name, clock.now())


def _planned(desk: Desk, name: str, at: datetime) -> Response:
    answers = spf_of(desk, name)

    def plan(session: Session, mailing: Mailing) -> dict[str, Any]:
        may_override(desk, mailing)
        lifecycle.schedule(mailing, at)  # what is not to be scheduled need not be looked over
        findings = check(session, mailing, desk.door.settings, answers)
        if findings.problems:
            raise Unfit(findings)
        return {"at": at.isoformat(timespec="minutes")}

    if at <= clock.now():
        return do(desk, name, Deed("schedule", plan, "will_start"))
    return do(desk, name, Deed("schedule", plan, "is_scheduled", {"at": moment(at, desk.language)}))


def may_override(desk: Desk, mailing: Mailing) -> None:
    """V14: a mailing that overrides consent is sent by whoever has that right. Raises NotAllowed."""
    if mailing.override_consent and not desk.may(Role.OVERRIDE_CONSENT):
        raise NotAllowed(desk.say("needs_override", role=desk.say("role_override_consent")))


def spf_of(desk: Desk, name: str) -> list[Answer]:
    """Asked before the transaction: a DNS that does not answer would hold up every other writer."""
    desk.must(Role.SENDER)
    with desk.door.database.reading() as session:
        domains = sender_domains(session, mailing_named(session, name), desk.door.settings)
    return look_up(domains, desk.door.settings.dns)


def moment_of(written: str, zone: str) -> datetime:
    """A moment as a form gives it, 2026-11-23T09:30 in a zone by its name; no zone = UTC. Raises Unreadable."""
    try:
        local = datetime.fromisoformat(written)
        at = local.replace(tzinfo=ZoneInfo(zone) if zone else UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError, ZoneInfoNotFoundError) as error:
        said = f"{written} in {zone or 'UTC'} is no day and time" if written else "No day and time is chosen"
        raise Unreadable(f"{said}; choose both.") from error
    if not EARLIEST <= at <= clock.now() + FARTHEST:
        raise Unreadable(f"{at:%Y-%m-%d} is more than two years away, or long past; choose another day.")
    return at


@router.post("/mailings/{name}/check", response_model=None)
def look_over(name: str, desk: AtDesk) -> Response:
    """Preflight now; the list of a draft is made for it (domain.md D28)."""
    answers = spf_of(desk, name)
    told: dict[str, Any] = {}
    with desk.changing("check", f"mailing {name}", told) as session:
        findings = check(session, mailing_named(session, name, locked=True), desk.door.settings, answers)
        told |= {"problems": len(findings.problems), "warnings": len(findings.warnings)}
    return show_summary(desk, name, Refused(findings=findings))


@router.post("/mailings/{name}/unschedule", response_model=None)
def unschedule(name: str, desk: AtDesk) -> Response:
    """Back to a draft."""
    return do(desk, name, Deed("unschedule", lambda _, mailing: lifecycle.unschedule(mailing), "is_unscheduled"))


@router.post("/mailings/{name}/pause", response_model=None)
def pause(name: str, desk: AtDesk) -> Response:
    """Stop handing over; what is in hand is finished."""
    return do(desk, name, Deed("pause", lambda _, mailing: lifecycle.pause(mailing), "is_paused"))


@router.post("/mailings/{name}/resume", response_model=None)
def resume(name: str, desk: AtDesk) -> Response:
    """Let it go on with what is left (domain.md D17)."""

    def go_on(session: Session, mailing: Mailing) -> None:
        may_override(desk, mailing)
        lifecycle.resume(session, mailing)

    return do(desk, name, Deed("resume", go_on, "is_resumed"))


@router.post("/mailings/{name}/cancel", response_model=None)
def cancel(name: str, desk: AtDesk) -> Response:
    """Stop it for good; what is queued is not sent."""
    return do(desk, name, Deed("cancel", lambda *whom: {"cancelled": lifecycle.cancel(*whom)}, "is_cancelled"))


@router.post("/mailings/{name}/move", response_model=None)
def put_into(name: str, desk: AtDesk) -> Response:
    """Into a folder there is, or a new one; the empty path is none."""
    folder = desk.fields.first("new").strip() or desk.fields.first("folder")

    def shift(session: Session, mailing: Mailing) -> dict[str, Any]:
        return {
            "before": next((shelf.path for shelf in tree(session) if shelf.id == mailing.folder_id), ""),
            "after": move(session, mailing, folder),
        }

    return do(desk, name, Deed("move", shift, "is_moved"))


@router.post("/mailings/{name}/copy", response_model=None)
def make_copy(name: str, desk: AtDesk) -> Response:
    """A new draft with its content, files, sources and links, which belongs to who made it."""
    new = desk.fields.first("new").strip()

    def twin(session: Session, mailing: Mailing) -> dict[str, Any]:
        made = copy(session, mailing, new)
        made.created_by = desk.user.name
        return {"new_name": made.name}

    return do(desk, name, Deed("copy", twin, "is_copied", {"mailing": name}, path("mailings", new)))


@router.post("/mailings/{name}/delete", response_model=None)
def delete(name: str, desk: AtDesk) -> Response:
    """A draft, or what was cancelled before anything went out."""
    return do(desk, name, Deed("delete", delete_mailing, "is_deleted", {"mailing": name}, "/mailings"))


def do(desk: Desk, name: str, deed: Deed) -> Response:
    """Do it, with its line in the log, and go where it leads; refused, the page stands as it is with the sentence."""
    desk.must(Role.SENDER)
    try:
        told: dict[str, Any] = {}
        with desk.changing(deed.what, f"mailing {name}", told) as session:
            told |= deed.verb(session, mailing_named(session, name, locked=True)) or {}
    except (NotAllowed, Unreadable) as error:
        return _refused(desk, name, error)
    return desk.moved_to(deed.there or path("mailings", name), deed.said, **deed.values)


def _refused(desk: Desk, name: str, error: NotAllowed | Unreadable) -> Response:
    """The page as it is, with the sentence and what they had filled in."""
    filled = {field: desk.fields.first(field) for field in ("at", "new")}
    findings = error.findings if isinstance(error, Unfit) else None
    return show_summary(
        desk, name, Refused("" if findings else str(error), findings, filled), 409 if isinstance(error, NotAllowed) else 400
    )
