"""A user: somebody of the staff who works at the desk; how they are signed in, and the log of what was changed by whom."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class Role(StrEnum):
    """What a user may do; each holds by itself (domain.md B.1: functional rights)."""

    READER = "reader"  #: see everything but users and the log
    SENDER = "sender"  #: prepare, send and follow up; also reads
    OVERRIDE_CONSENT = "override_consent"  #: send to people without consent, too
    ADMIN = "admin"  #: users, the log, erasing people; also sends


class User(Base):
    """One of the staff. Without a password they come by the installation's own sign-on (OIDC)."""

    __tablename__ = "user_account"  # `user` is a word of PostgreSQL's own

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)  # what they sign in by, lower case: a short name or an e-mail address
    full_name: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None]
    roles: Mapped[list[Any]] = mapped_column(default=list)  # of Role
    language: Mapped[str] = mapped_column(default="")  # two letters, empty = the browser's
    password_hash: Mapped[str | None]  # argon2id
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)  # issuer and subject, where they come by OIDC
    failed_tries: Mapped[int] = mapped_column(default=0)  # wrong passwords in a row
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class SignIn(Base):
    """A browser somebody is signed in with. The cookie's secret is kept as its digest only."""

    __tablename__ = "sign_in"

    id: Mapped[Key]
    digest: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the cookie, in hexadecimal
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str]  # what every form of theirs must bring along
    note: Mapped[dict[str, Any] | None]  # said once on the next page: {"say": a text's name, **values}
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AuditEntry(Base):
    """A change somebody made: who, when, what. Written with the change, never altered; names no address of a person, only numbers."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject"), {"sqlite_autoincrement": True})

    id: Mapped[Key]
    at: Mapped[datetime]
    by: Mapped[str]  # the user's name, as it was; "cli anna" at the terminal; "prefect" of a run nobody sits before
    what: Mapped[str]  # a verb: schedule, pause, correct address, erase, sign in
    subject: Mapped[str] = mapped_column(default="")  # of what: "mailing autumn-news", "person 17", "blocked addresses", "user anna"
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
