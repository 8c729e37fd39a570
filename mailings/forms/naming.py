"""The names in a form, looked up: selections, projects, topics, associates, the response mailing, the script; each unknown one told."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.consent.topics import topics_by_name
from mailings.content import action_names
from mailings.content.actions import Actions
from mailings.forms.definition import FormPart
from mailings.forms.parts import RequestPart
from mailings.model import Associate, Mailing, MailingType
from mailings.settings import Settings


def unknown_names(session: Session, part: FormPart, settings: Settings) -> list[str]:
    """A sentence for each name in the form that nothing has, or that cannot be used there. Interests need not be known yet."""
    return list(dict.fromkeys([*_of_links(session, part, settings), *_of_forms(session, part)]))


def _of_links(session: Session, part: FormPart, settings: Settings) -> list[str]:
    """Those that actions of links have too: selections (static ones), projects, a request's owner, a script."""
    actions = part.actions
    request = actions.request or RequestPart()
    written = {"selections": {"add": actions.selections}, "projects": {"add": actions.projects}}
    written |= {"request": {"title": "x", "owner": request.owner}}  # type: ignore[dict-item]
    written |= {"script": {"name": actions.script}} if actions.script else {}  # type: ignore[dict-item]
    return action_names.unknown_names(session, Actions.model_validate(written), settings)


def _of_forms(session: Session, part: FormPart) -> Iterator[str]:
    contact = part.actions.new.our_contact
    if contact is not None and session.scalar(select(Associate.id).where(Associate.username == contact)) is None:
        yield f"There is no associate named {contact!r}."
    known = topics_by_name(session)
    for field in part.every:
        for name in field.topics:
            if name.casefold() not in known:
                yield f"There is no topic named {name!r}; see them all: mailings topics list"
    if part.response is None:
        return
    kind = session.scalar(select(Mailing.type).where(Mailing.name == part.response))
    if kind is None:
        yield f"There is no mailing named {part.response!r}; push it first, with type: form_response."
    elif kind is not MailingType.FORM_RESPONSE:
        yield f"{part.response} is a mailing of type {kind}; a form is answered by one of type form_response."
