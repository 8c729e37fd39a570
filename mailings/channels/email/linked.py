"""What preflight must know about the named links of a mailing: which there are, and whether their actions can be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.content.action_names import problems_of
from mailings.content.actions import Actions
from mailings.content.links import names_in
from mailings.model import Mailing, RegisteredLink, TrackedLink
from mailings.settings import Settings


def link_names(session: Session, mailing: Mailing) -> list[str]:
    """The names that `[[ link.NAME ]]` may have in this mailing: its own links, and registered ones that are not deleted."""
    own = (TrackedLink.mailing_id == mailing.id) & TrackedLink.registered_id.is_(None) & TrackedLink.deleted_at.is_(None)
    names = session.scalars(select(TrackedLink.name).where(own, TrackedLink.name.is_not(None)))
    registered = select(RegisteredLink.name).where(RegisteredLink.deleted_at.is_(None)).order_by(RegisteredLink.name)
    return list(dict.fromkeys([*(name for name in names if name), *session.scalars(registered)]))


def action_problems(session: Session, mailing: Mailing, settings: Settings) -> Iterator[str]:
    """A sentence for each action of a link of this mailing that could not be done (domain.md E.3)."""
    for name, stored in _actions(session, mailing).items():
        try:
            sentences = problems_of(session, Actions.model_validate(stored), settings)
        except ValidationError:
            sentences = ["its actions cannot be read; push the mailing again."]
        yield from (f"link.{name}: {sentence}" for sentence in sentences)


def never_done(session: Session, mailing: Mailing) -> Iterator[str]:
    """A sentence where links have actions and nobody follows their clicks."""
    acting = [name for name, stored in _actions(session, mailing).items() if stored]
    if acting and mailing.tracking.get("clicks") == "none":
        named = ", ".join(f"link.{name}" for name in acting)
        yield f"Its clicks are not tracked, so what {named} should do is never done; write `clicks: registered` under `tracking`."


def _actions(session: Session, mailing: Mailing) -> dict[str | None, Any]:
    """The actions of every named link of the mailing, and of the registered ones that its templates use."""
    own = (TrackedLink.mailing_id == mailing.id) & TrackedLink.name.is_not(None) & TrackedLink.deleted_at.is_(None)
    named = select(TrackedLink.name, TrackedLink.actions).where(own, TrackedLink.registered_id.is_(None)).order_by(TrackedLink.number)
    actions: dict[str | None, Any] = dict(session.execute(named).all())
    used = names_in(mailing.subject, mailing.preheader, mailing.html, mailing.text) - actions.keys()
    shared = select(RegisteredLink.name, RegisteredLink.actions).where(RegisteredLink.name.in_(sorted(used)))
    return actions | dict(session.execute(shared.where(RegisteredLink.deleted_at.is_(None)).order_by(RegisteredLink.name)).all())
