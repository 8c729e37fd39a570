"""A mailing's Summary: what it is, who gets it, what it came to, and what may be done with it now (domain.md H.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from fastapi.responses import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.audience.folders import tree
from mailings.audience.sources import sources_of
from mailings.channels import Findings
from mailings.errors import NotAllowed
from mailings.model import LIFE, ImportedRow, Mailing, MailingStatus, MailingType, Project, Role, Selection, Topic
from mailings.reports.figures import report_of
from mailings.reports.watching import look_at
from web.desk.asking import asked_of, asks_above
from web.desk.at import Desk
from web.desk.forms import answered_by
from web.desk.heads import head_of
from web.desk.letters import printed_of
from web.desk.whom import audience_of

#: options a person may have put in force, in the order of the wizard; each with its words `option_<name>`
OPTIONS = ("override_consent", "one_per_address", "update_when_sending", "include_companies", "prefer_company", "template")
#: what a person may ask for by a button -> the move of LIFE it is
BUTTONS = {"schedule": "schedule", "unschedule": "unschedule", "pause": "pause", "resume": "resume", "cancel": "cancel"}
#: a form response answers a person at a time: it is opened and closed, and has no moment to be sent at
ANSWERING = {"open": "open", "pause": "pause", "resume": "resume", "close": "cancel"}


@dataclass(frozen=True, slots=True)
class Refused:
    """What a person asked for and did not get. `findings` are those of preflight, where it was that."""

    sentence: str = ""
    findings: Findings | None = None
    asked: dict[str, str] = field(default_factory=dict)  # what they had filled in


class Unfit(NotAllowed):
    """Preflight found problems; nothing was changed."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings.problems[0])
        self.findings = findings


NOTHING = Refused()


def show_summary(desk: Desk, name: str, refused: Refused = NOTHING, status: int = 200) -> Response:
    """The page, with what was refused above it. Raises NotFound."""
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        values = {
            "head": head,
            "tab": "summary",
            "facts": _facts(session, mailing),
            "options": _options(mailing),
            "sources": _sources(session, mailing),
            "audience": audience_of(session, mailing),
            "report": report_of(session, mailing),
            "look": look_at(session, name),
            "may": _may(desk, mailing),
            "folders": [shelf.path for shelf in tree(session)],
            "asked": asked_of(session, mailing),
            "asks": asks_above(mailing, desk.door.settings),
            "forms": answered_by(session, mailing),
            "printed": printed_of(desk, mailing),
            "may_bind": desk.may(Role.SENDER) and mailing.status in (MailingStatus.PAUSED, MailingStatus.CANCELLED),
        }
    return desk.show("mailing/summary.html", status, refused=refused, now=clock.now().astimezone(UTC), pace=None, **values)


def _may(desk: Desk, mailing: Mailing) -> set[str]:
    """What this user may do with the mailing as it stands."""
    if not desk.may(Role.SENDER):
        return set()
    buttons = ANSWERING if mailing.type is MailingType.FORM_RESPONSE else BUTTONS
    can = {button for button, move in buttons.items() if mailing.status in LIFE[move][0]} | {"copy", "move"}
    if mailing.template:  # it is only copied
        can -= {"schedule"}
    if mailing.override_consent and not desk.may(Role.OVERRIDE_CONSENT):
        can -= {"schedule", "resume"}
    if mailing.awaits_approval:
        can -= {"resume"}  # it goes on when somebody has approved it
    if mailing.status in (MailingStatus.DRAFT, MailingStatus.SCHEDULED):
        can.add("check")
    if mailing.status in (MailingStatus.DRAFT, MailingStatus.CANCELLED):
        can.add("delete")
    return can - {"close"} if "open" in can else can


def _facts(session: Session, mailing: Mailing) -> dict[str, Any]:
    topic = session.get(Topic, mailing.topic_id) if mailing.topic_id else None
    selection = session.get(Selection, mailing.archive_selection_id) if mailing.archive_selection_id else None
    project = session.get(Project, mailing.archive_project_id) if mailing.archive_project_id else None
    return {
        "subject": mailing.subject,
        "preheader": mailing.preheader,
        "topic": topic.name if topic else None,
        "sender": written(mailing.sender),
        "sender_use": mailing.sender.get("use", "always"),
        "reply_to": written(mailing.reply_to),
        "reply_use": mailing.reply_to.get("use", "from"),
        "folder": folder_of(session, mailing),
        "selection": selection.name if selection else None,
        "project": project.name if project else None,
        "created_by": mailing.created_by,
        **{at: getattr(mailing, at) for at in ("created_at", "scheduled_at", "started_at", "finished_at", "populated_at")},
    }


def written(address: dict[str, Any]) -> str:
    """A sender or reply-to of mailing.yaml as people write one, Name <address>."""
    name, where = str(address.get("name") or ""), str(address.get("address") or "")
    return f"{name} <{where}>" if name and where else where or name


def folder_of(session: Session, mailing: Mailing) -> str:
    """The path of the mailing's folder; empty for none."""
    return next((shelf.path for shelf in tree(session) if shelf.id == mailing.folder_id), "")


def _options(mailing: Mailing) -> list[tuple[str, dict[str, Any]]]:
    """Names of texts, with what is put into them."""
    found: list[tuple[str, dict[str, Any]]] = [(f"option_{name}", {}) for name in OPTIONS if getattr(mailing, name)]
    if mailing.frozen_at is not None:  # somebody was asked about the list: it is not made again
        found = [one for one in found if one[0] != "option_update_when_sending"]

    if mailing.tracking.get("opens"):
        found.append(("option_opens", {}))
    if (clicks := mailing.tracking.get("clicks")) in ("all", "registered"):
        found.append((f"option_clicks_{clicks}", {}))
    if mailing.rate:
        found.append(("option_rate", {"rate": f"{mailing.rate:g}"}))
    return found


def _sources(session: Session, mailing: Mailing) -> list[dict[str, Any]]:
    rows = (
        select(ImportedRow.source_id, func.count())
        .join_from(ImportedRow, Mailing, Mailing.id == mailing.id)
        .group_by(ImportedRow.source_id)
    )
    sources = sources_of(session, mailing)
    counted = dict(session.execute(rows.where(ImportedRow.source_id.in_([source.id for source in sources]))).all())
    return [{"kind": str(source.kind), "label": source.label, "rows": counted.get(source.id)} for source in sources]
