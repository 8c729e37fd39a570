"""Registered links: made, changed, deleted and reset; used in any mailing as `[[ link.NAME ]]` (domain.md E.1, E.5, E.6)."""

from __future__ import annotations

import re

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.content.action_names import problems_of
from mailings.content.actions import Actions
from mailings.content.links import is_web
from mailings.content.names import SPECIAL_LINKS
from mailings.errors import NotAllowed, NotFound, Unreadable
from mailings.model import RegisteredLink, TrackedLink
from mailings.model.adding import added
from mailings.settings import Settings
from mailings.tracking import clicks

LONGEST = 4000  # characters of an address (domain.md E.2)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}", re.ASCII)


def link_named(session: Session, name: str) -> RegisteredLink:
    """The registered link of that name, a deleted one too. Raises NotFound."""
    found = session.scalar(select(RegisteredLink).where(RegisteredLink.name == name))
    if found is None:
        raise NotFound(
            f"There is no registered link named {name!r}; see them all: mailings links list. The links of one mailing: "
            "mailings links list --mailing MAILING"
        )
    return found


def create_link(session: Session, name: str, url: str, by: str | None = None) -> RegisteredLink:
    """A new registered link. Raises NotAllowed for a name that is taken or no link can have, Unreadable for an address that is none."""
    if not NAME.fullmatch(name) or name in SPECIAL_LINKS:
        raise NotAllowed(f"{name!r} cannot be a link's name; use letters, digits and underscores, and none of {', '.join(SPECIAL_LINKS)}.")
    there = session.scalar(select(RegisteredLink).where(RegisteredLink.name == name))
    if there is not None and there.deleted_at is not None:
        raise NotAllowed(f"{name!r} was deleted, and mail with it is out; bring it back with: mailings links edit {name} --restore")
    made = RegisteredLink(name=name, url=_checked(url), created_at=clock.now(), created_by=by) if there is None else None
    if made is None or not added(session, made):
        raise NotAllowed(f"There is a registered link named {name!r} already; change it with: mailings links edit {name}")
    return made


def point_to(link: RegisteredLink, url: str) -> None:
    """Let the link lead elsewhere, also from mail that is out. Raises Unreadable for an address that is none."""
    link.url = _checked(url)


def set_actions(session: Session, link: RegisteredLink, actions: Actions, settings: Settings) -> None:
    """What the link does from now on, also in mail that is out. Raises NotFound with a line for each name that nothing has."""
    problems = problems_of(session, actions, settings)
    if problems:
        raise NotFound("\n".join(f"{link.name}: {problem}" for problem in problems))
    link.actions = actions.stored()


def delete_link(link: RegisteredLink) -> None:
    """No further mailing can use it; mail that is out keeps working (domain.md E.2)."""
    if link.deleted_at is None:
        link.deleted_at = clock.now()


def restore_link(link: RegisteredLink) -> None:
    """Mailings can use it again."""
    link.deleted_at = None


def reset_registered(session: Session, link: RegisteredLink) -> None:
    """From now on count from nothing, in all mailings. The events stay as they came (domain.md E.6)."""
    link.reset_at = clock.now()
    theirs = update(TrackedLink).where(TrackedLink.registered_id == link.id).values(reset_at=link.reset_at)
    clicks.forget(session, [(row[0], row[1]) for row in session.execute(theirs.returning(TrackedLink.mailing_id, TrackedLink.number))])


def reset_in_mailing(session: Session, link: TrackedLink) -> None:
    """From now on count from nothing, in this mailing only. The events stay as they came."""
    link.reset_at = clock.now()
    clicks.forget(session, [(link.mailing_id, link.number)])


def _checked(url: str) -> str:
    url = url.strip()
    if not is_web(url) or len(url) > LONGEST or re.search(r"\s", url):
        raise Unreadable(f"{url[:80]!r} is no address a link can lead to; write it whole, as in https://acme.test/offer")
    return url
