"""A form's folder becomes its row: whole or nothing, its version going up when it changed (domain.md J.1)."""

from __future__ import annotations

import base64
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.drafts import folder_at
from mailings.audience.folder import file_of, read_part, together
from mailings.clock import now
from mailings.consent.topics import topics_by_name
from mailings.errors import NotAllowed, Unreadable
from mailings.forms.definition import FormPart
from mailings.forms.naming import unknown_names
from mailings.forms.versions import keep
from mailings.model import EMARKETING, SALES_AND_SERVICE, Form, Mailing
from mailings.model.adding import added
from mailings.readable import counted
from mailings.settings import Settings

FILE = "form.yaml"
PICTURE = 300_000  # bytes of one picture; it is kept in the definition
_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


def read_form(folder: Path) -> FormPart:
    """What `folder/form.yaml` says, its pictures taken in. Raises Unreadable with every problem of the file, one line each."""
    try:
        part = read_part(folder / FILE, FormPart, "a form: write keys and values, beginning with name: and title:")
    except FileNotFoundError as error:
        raise Unreadable(f"There is no {FILE} in {folder}; a form is a folder with a {FILE} in it.") from error
    for field in part.every:
        if field.kind == "image":
            field.image = _picture(folder, field.file)
    return part


def push(session: Session, folder: Path, settings: Settings, notes: list[str] | None = None) -> Form:
    """Make or update the form that `folder/form.yaml` describes. `notes` hears what is odd and may stand.

    Raises Unreadable (the file, or names nothing has); then nothing is stored. Submissions are read by the version they were filled in.
    """
    part = read_form(folder)
    _fill_topics(session, part)
    problems = unknown_names(session, part, settings)
    if problems:
        raise Unreadable(together(folder / FILE, problems))
    if notes is not None:
        notes += oddities(part)
        if part.captcha is not None and part.captcha != settings.captcha_kind:
            notes.append(f"It asks for a captcha and cannot be filled in before MAILINGS_CAPTCHA_KIND={part.captcha} and its keys are set.")
    return store(session, part)


def store(session: Session, part: FormPart) -> Form:
    """Keep a definition under its name, where it differs from what is kept."""
    named = select(Form).where(Form.name == part.name).with_for_update()
    stored, mailing, form = part.stored(), _response(session, part), session.scalar(named)
    if form is None:
        added(session, Form(name=part.name, created_at=now(), changed_at=now(), version=0, definition={}))
        form = session.scalars(named).one()  # ours, or somebody else's who pushed it in the same moment
    if form.definition == stored and form.response_mailing_id == mailing:
        return form
    form.title, form.description, form.language, form.active = part.title, part.description, part.language, part.active
    form.opens_at, form.closes_at, form.max_submissions = part.opens, part.closes, part.max_submissions
    form.mode, form.double_opt_in, form.definition = part.mode, part.double_opt_in, stored
    form.folder_id, form.response_mailing_id = folder_at(session, part.folder), mailing
    form.version, form.changed_at = form.version + 1, now()
    session.flush()
    keep(session, form)
    return form


def activate(session: Session, form: Form, active: bool) -> bool:
    """Let the form be filled in, or not; True when that changed. The next push says anew what its folder says."""
    if form.active is active:
        return False
    form.active, form.changed_at = active, now()
    form.definition = {**form.definition, "active": active}
    session.flush()
    return True


def delete(session: Session, form: Form) -> None:
    """Delete a form nobody has sent anything with. Raises NotAllowed for one with submissions: deactivate it."""
    from mailings.forms.finding import taken  # noqa: PLC0415  beside each other

    if count := taken(session, form.id):
        has = counted(count, "submission")
        raise NotAllowed(f"{form.name} has {has}, which would go with it; deactivate it: mailings forms deactivate {form.name}")
    session.delete(form)
    session.flush()


def oddities(part: FormPart) -> list[str]:
    """What may stand and is worth a second look, a sentence each."""
    told = []
    asks = [field for field in part.every if field.kind == "consent"]
    if asks and not part.double_opt_in:
        told.append("It asks for consent without double_opt_in: anybody can give it for anybody's address.")
    if (asks or part.actions.selections or part.mode != "manual") and part.of_kind("email") is None:
        told.append("It has no field of kind email: every submission makes a new person, for people are known by nothing else.")
    if not part.double_opt_in and any(field.unticked == "opt_out" for field in part.every):
        told.append("It opts people out of topics without double_opt_in: anybody can do it for anybody's address.")
    overwriting = [field.identifier for field in part.every if field.overwrite]
    if overwriting:
        told.append(f"Whoever knows an address can overwrite {', '.join(overwriting)} of its person.")
    strange = sorted({field.purpose for field in asks} - {EMARKETING, SALES_AND_SERVICE})
    if strange:
        told.append(f"Consent is asked for {', '.join(strange)}: mailings ask for {EMARKETING} and nothing else.")
    return told


def _fill_topics(session: Session, part: FormPart) -> None:
    """A topics field that names none shows every one there is now."""
    for field in part.every:
        if field.kind == "topics" and not field.topics:
            field.topics = [topic.name for topic in topics_by_name(session).values()]


def _response(session: Session, part: FormPart) -> int | None:
    return session.scalar(select(Mailing.id).where(Mailing.name == part.response)) if part.response else None


def _picture(folder: Path, named: str) -> str:
    raw = file_of(folder, named)
    kind = next((kind for start, kind in _PICTURES.items() if raw.startswith(start)), None)
    if kind is None:
        raise Unreadable(f"{named!r} is no picture a browser shows; use PNG, JPEG, GIF or WebP.")
    if len(raw) > PICTURE:
        raise Unreadable(f"{named!r} is larger than {PICTURE // 1000} kB; make it smaller.")
    return f"data:{kind};base64,{base64.b64encode(raw).decode()}"
