"""Forms at the desk: what there is and how it goes, one of them as it was pushed, let be filled in or not (domain.md J.1)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.folders import tree
from mailings.errors import NotFound
from mailings.forms.definition import FormPart, definition_of
from mailings.forms.doing import shown_kind
from mailings.forms.finding import form_named
from mailings.forms.listing import Listed, listed, response_of
from mailings.forms.publishing import address_of, snippet_of
from mailings.forms.pushing import activate as set_active
from mailings.forms.submissions import waiting
from mailings.forms.versions import seen
from mailings.model import Form, Mailing, SubmissionStatus
from web.desk.at import AtDesk, path

router = APIRouter()

LONGEST = 200  # characters of a search
TABS = ("summary", "submissions", "figures")

Planned = list[tuple[str, dict[str, str]]]  #: names of texts, and what is put into them


@router.get("/forms", response_model=None)
def forms(desk: AtDesk) -> Response:
    """Every form, those in which somebody has to look at something marked; looked for by name, title or folder."""
    asked = desk.request.query_params.get("q", "").strip()[:LONGEST]
    with desk.door.database.reading() as session:
        folders = {shelf.id: shelf.path for shelf in tree(session)}
        found = [(one, folders.get(one.form.folder_id or 0, "")) for one in listed(session)]
        waits = waiting(session)
        shown = [(one, folder) for one, folder in found if _about(one.form, folder, asked)]
        return desk.show("forms/list.html", rows=shown, asked=asked, waits=waits, any=bool(found), waiting_of=waiting_of, done=done)


@router.get("/forms/{name}", response_model=None)
def form(name: str, desk: AtDesk) -> Response:
    """One form: where it is, how it is shown elsewhere, what it asks and what it does. Raises NotFound."""
    with desk.door.database.reading() as session:
        found = form_named(session, name)
        part = part_of(found)
        values = head_of(session, found) | {
            "part": part,
            "planned": planned(part, response_of(session, found)) if part else [],
            "address": address_of(found, desk.door.settings),
            "snippet": snippet_of(found, desk.door.settings),
            "folder": next((shelf.path for shelf in tree(session) if shelf.id == found.folder_id), ""),
        }
        return desk.show("forms/summary.html", tab="summary", more_of=shown_kind, **values)


@router.post("/forms/{name}/active", response_model=None)
def active(name: str, desk: AtDesk) -> Response:
    """Let the form be filled in, or not; until its next push, which says what its folder says."""
    on = desk.fields.first("active") == "yes"
    with desk.changing("activate form" if on else "deactivate form", f"form {name}") as session:
        set_active(session, form_named(session, name), on)
    return desk.moved_to(path("forms", name), "form_is_on" if on else "form_is_off")


def head_of(session: Session, found: Form) -> dict[str, Any]:
    """What every page of a form has: the form, its figures, the mailing that answers."""
    (figures,) = listed(session, found)
    return {
        "form": found,
        "figures": figures,
        "waits": waiting_of(figures),
        "done": done(figures),
        "tabs": TABS,
        "response": response_of(session, found),
    }


def part_of(found: Form) -> FormPart | None:
    """Its definition; None where another version of ours wrote it and this one cannot read it."""
    try:
        return definition_of(found)
    except ValidationError:
        return None


def part_seen(session: Session, form: Form, version: int) -> FormPart | None:
    """What whoever filled in that version of it saw; None where it cannot be read."""
    try:
        return seen(session, form, version)
    except (ValidationError, NotFound):
        return None


def waiting_of(one: Listed) -> int:
    """How many of its submissions a person has to look at."""
    return one.counts.get(SubmissionStatus.SUBMITTED, 0) + one.counts.get(SubmissionStatus.FAILED, 0)


def done(one: Listed) -> float | None:
    """What part of its submissions is processed; None for none (domain.md J.6, completion rate)."""
    return one.counts.get(SubmissionStatus.PROCESSED, 0) / one.total if one.total else None


def planned(part: FormPart, response: str | None) -> Planned:
    """What is done when a submission is processed, in the order it is done (domain.md J.5)."""
    actions, told = part.actions, list[tuple[str, dict[str, str]]]()
    for word in ("selections", "projects", "interests"):
        if names := getattr(actions, word):
            told.append((f"form_joins_{word}", {"names": ", ".join(names)}))
    if actions.request is not None or any(one.kind.startswith("request_") for one in part.every):
        told.append(("form_asks", {"title": (actions.request.title if actions.request else "") or part.title}))
    if response:
        told.append(("form_answers", {"name": response}))
    if actions.script:
        told.append(("form_calls", {"name": actions.script}))
    new = {key: value for key, value in actions.new.model_dump().items() if value}
    if new:
        told.append(("form_gives", {"names": ", ".join(str(value) for value in new.values())}))
    if part.notify:
        told.append(("form_notifies", {}))
    return told


def answered_by(session: Session, mailing: Mailing) -> list[tuple[str, str]]:
    """(name, title) of the forms that a form response answers."""
    rows = select(Form.name, Form.title).where(Form.response_mailing_id == mailing.id).order_by(Form.name)
    return list(session.execute(rows))


def _about(form: Form, folder: str, asked: str) -> bool:
    return asked.casefold() in f"{form.name}\n{form.title}\n{folder}\n{form.description}".casefold()
