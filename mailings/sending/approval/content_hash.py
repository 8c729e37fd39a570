"""The hash of what a mailing says: what somebody approved is known by it again, in any process."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.content.links import names_in
from mailings.model import Mailing, MailingFile, RegisteredLink, TrackedLink

#: columns of a mailing that decide what a message says, whom it comes from, whom it may go to and what its links do
SAID = (
    "type",
    "topic_id",
    "subject",
    "preheader",
    "html",
    "text",
    "sender",
    "reply_to",
    "override_consent",
    "one_per_address",
    "include_companies",
    "prefer_company",
    "tracking",
    "in_doubt",
    "more",
)


def content_hash(session: Session, mailing: Mailing) -> str:
    """SHA-256, in hexadecimal, of everything that decides what the mailing's messages say and where they lead.

    Its content, sender and reply address, topic, options and tracking (`SAID`), its files byte by byte, its named links with their
    actions, and the registered links its text uses, with where they lead now. Not how fast it goes, nor when; nor the installation's
    own settings, which differ between machines. Every part is written with its length, so that no two contents read alike.
    """
    whole = sha256()
    for part in _parts(session, mailing):
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return whole.hexdigest()


def _parts(session: Session, mailing: Mailing) -> Iterator[bytes]:
    yield _plain({column: getattr(mailing, column) for column in SAID})
    files = select(MailingFile).where(MailingFile.mailing_id == mailing.id).order_by(MailingFile.inline, MailingFile.name)
    for file in session.scalars(files):
        yield _plain([file.inline, file.name, file.content_type])
        yield file.data
    yield _plain([list(row) for row in session.execute(_own_links(mailing))])
    yield _plain([list(row) for row in session.execute(_registered_links(mailing))])


def _own_links(mailing: Mailing) -> Any:
    """Those with a name: the others stand in the content, and are numbered anew when it is compiled."""
    row = TrackedLink
    own = (row.mailing_id == mailing.id, row.name.is_not(None), row.registered_id.is_(None), row.deleted_at.is_(None))
    return select(row.name, row.url, row.actions).where(*own).order_by(row.name, row.number)


def _registered_links(mailing: Mailing) -> Any:
    row, used = RegisteredLink, names_in(mailing.subject, mailing.preheader, mailing.html, mailing.text)
    return select(row.name, row.url, row.actions).where(row.name.in_(sorted(used)), row.deleted_at.is_(None)).order_by(row.name)


def _plain(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
