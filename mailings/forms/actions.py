"""The actions of a form: selections, projects, interests, a request, the response that is queued (domain.md J.5)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import insert_into
from mailings.errors import NotAllowed
from mailings.forms.doing import ORIGIN, Doing, lines_of
from mailings.forms.parts import RequestPart
from mailings.forms.whose import associate
from mailings.model import Company, Form, Mailing, Outbox, Person, ProjectMember, Request, SelectionKind, Submission
from mailings.people.joining import join_selection, note_interests
from mailings.people.projects import project_named
from mailings.people.selections import selection_named

UNASSIGNED, AUTOMATIC = "unassigned", "automatic"


def join(session: Session, doing: Doing) -> None:
    """Selections, projects and interests. Raises NotFound and NotAllowed for one that is gone, or no static selection any more."""
    actions, person = doing.part.actions, doing.person
    for name in actions.selections:
        selection = selection_named(session, name)
        if selection.kind is not SelectionKind.STATIC:
            raise NotAllowed(f"{name} is a {selection.kind} selection; people can only be added to a static one.")
        join_selection(session, selection, [person.id])
    joined = [{"project_id": project_named(session, name).id, "person_id": person.id} for name in actions.projects]
    if joined:
        session.execute(insert_into(session, ProjectMember.__table__).on_conflict_do_nothing(), joined)
    note_interests(session, [(person.id, name) for name in actions.interests])
    said = {"selections": actions.selections, "projects": actions.projects, "interests": actions.interests}
    doing.said += [f"Added to {what}: {', '.join(names)}." for what, names in said.items() if names]


def ask(session: Session, doing: Doing) -> None:
    """A request of the person's, where the form makes one: by its actions, or by having fields of one."""
    title, category, message = (doing.value(f"request_{name}") for name in ("title", "category", "message"))
    part = doing.part.actions.request
    if part is None and not any(one.kind.startswith("request_") for one in doing.part.every):
        return
    part = part or RequestPart()
    written = [f"{label}: {value}" for label, value in lines_of(doing.part, doing.submission.values)] if part.fields else []
    made = Request(
        person_id=doing.person.id,
        title=title or part.title or doing.form.title or doing.form.name,
        priority=part.priority,
        category=category or part.category,
        message="\n\n".join(filter(None, [message, "\n".join(written)])),
        owner_id=_owner(session, part.owner, doing.person),
        origin=ORIGIN,
        submission_id=doing.submission.id,
        created_at=clock.now(),
    )
    _told(session, made, doing.form)
    doing.said.append("Made a request" + (" owned by nobody." if made.owner_id is None else "."))


def notify(session: Session, form: Form, submission: Submission) -> None:
    """A request that says a submission came, and names nobody (J.5: independent of what is done with it)."""
    title = f"{form.title or form.name}: submission {submission.id}"
    made = Request(title=title, origin=ORIGIN, submission_id=submission.id, created_at=clock.now())
    _told(session, made, form)


def respond(session: Session, doing: Doing) -> None:
    """Queue the form's response mailing for this submission. It goes out now that it is processed, not when it was sent (J.5)."""
    if doing.form.response_mailing_id is None:
        return
    from mailings.sending.form_responses.answering import queue_response  # noqa: PLC0415  only where a form answers

    mailing = session.get_one(Mailing, doing.form.response_mailing_id)
    queued = queue_response(session, mailing, doing.submission)
    doing.said.append(
        f"{mailing.name} answers." if queued is not None else f"{mailing.name} does not answer: nobody may be written to there."
    )


def _owner(session: Session, owner: str, person: Person) -> int | None:
    if owner == UNASSIGNED:
        return None
    if owner != AUTOMATIC:
        return associate(session, owner)
    company = session.get(Company, person.company_id) if person.company_id else None
    return person.support_contact_id or person.our_contact_id or (company.our_sales_contact_id if company else None)


def _told(session: Session, made: Request, form: Form) -> None:
    """Into the outbox: numbers and the author's words, nothing that names the person (domain.md D24)."""
    session.add(made)
    session.flush()
    told = {"id": made.id, "person": made.person_id, "associate": made.owner_id, "form": form.name, "submission": made.submission_id}
    words = {"priority": made.priority, "origin": made.origin}
    session.add(Outbox(what="request", subject_id=made.id, payload={**told, **words}, created_at=clock.now()))
    session.flush()
