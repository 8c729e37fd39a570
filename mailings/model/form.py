"""A form people fill in on the web, and what each of them sent with it (domain.md J)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import BIG, Base, Key

#: as it stands in the index of those that wait: a bound value in its place would keep SQLite from using it
UNCONFIRMED = text("status = 'unconfirmed'")


class ProcessingMode(StrEnum):
    """What becomes of a submission by itself (domain.md J.4); people are matched by e-mail address and nothing else."""

    AUTOMATIC = "automatic"  #: everything at once; whoever matches nobody becomes a person
    KNOWN = "known"  #: at once for whom we know, by a person for everybody else
    MANUAL = "manual"  #: always by a person, at the desk


class SubmissionStatus(StrEnum):
    """Where a submission stands (domain.md J.4)."""

    UNCONFIRMED = "unconfirmed"  #: waits for the click on the link in a message
    SUBMITTED = "submitted"  #: complete; waits to be processed
    PROCESSED = "processed"  #: its actions are done
    FAILED = "failed"  #: an action could not be done; `problem` says which and why


class Form(Base):
    """A form as it was pushed from its folder. `definition` = its fields, sections, actions and pages (forms/definition.py)."""

    __tablename__ = "form"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)  # in its public address: letters, digits, hyphens
    title: Mapped[str] = mapped_column(default="")  # what its page is headed with
    description: Mapped[str] = mapped_column(default="")  # for the staff
    language: Mapped[str] = mapped_column(default="en")
    folder_id: Mapped[int | None] = mapped_column(ForeignKey("folder.id"))
    active: Mapped[bool] = mapped_column(default=False)  # visitors of one that is not see its inactive page
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    max_submissions: Mapped[int | None]
    mode: Mapped[ProcessingMode] = mapped_column(default=ProcessingMode.AUTOMATIC)
    double_opt_in: Mapped[bool] = mapped_column(default=False)
    definition: Mapped[dict[str, Any]] = mapped_column(default=dict)
    response_mailing_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing.id", ondelete="SET NULL"), index=True
    )  # J.5, e-mail response
    version: Mapped[int] = mapped_column(default=1)  # goes up with each push that changes it
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class FormVersion(Base):
    """A form's definition as it was shown under one version: what was sent is read by the words people saw."""

    __tablename__ = "form_version"

    form_id: Mapped[int] = mapped_column(ForeignKey("form.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any]]


class Submission(Base):
    """One sending of a form. `values` = field identifier -> what was written; files stand in SubmittedFile."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("form_id", "key"),  # posted twice is one submission
        Index("ix_submission_form_id_status", "form_id", "status", "id"),
        Index("ix_submission_person_id", "person_id"),
        Index("ix_submission_email", "email"),
        Index("ix_submission_form_id_network", "form_id", "network", "id"),
        Index("ix_submission_script_due", "id", sqlite_where=text("script_due"), postgresql_where=text("script_due")),
        Index("ix_submission_unconfirmed", "created_at", sqlite_where=UNCONFIRMED, postgresql_where=UNCONFIRMED),
        Index(
            "ix_submission_network", "created_at", sqlite_where=text("network IS NOT NULL"), postgresql_where=text("network IS NOT NULL")
        ),
        {"sqlite_autoincrement": True},  # a token says no more than its number
    )

    id: Mapped[Key]
    form_id: Mapped[int] = mapped_column(ForeignKey("form.id", ondelete="CASCADE"))
    key: Mapped[str]  # the form key its page was shown with
    version: Mapped[int] = mapped_column(default=1)  # of the form it was filled in
    status: Mapped[SubmissionStatus] = mapped_column(default=SubmissionStatus.SUBMITTED)
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    language: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None]  # the normal address written in its e-mail field
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))  # whom it was processed for
    delivery_id: Mapped[int | None] = mapped_column(BIG)  # the message whose link prefilled it
    network: Mapped[str | None]  # the visitor's, cut to /24 or /48; None = not kept
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    processed_at: Mapped[datetime | None]
    processed_by: Mapped[str | None]  # a user's name; None = by itself
    problem: Mapped[str | None]  # why an action could not be done, as a sentence
    outcome: Mapped[str | None]  # what was done for it, a sentence a line
    script_due: Mapped[bool] = mapped_column(default=False, server_default=false())  # its script is still to be called


class SubmittedFile(Base):
    """A file that was uploaded with a submission."""

    __tablename__ = "submitted_file"
    __table_args__ = (Index("ix_submitted_file_submission_id", "submission_id"),)

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"))
    field: Mapped[str]  # the identifier of its field
    name: Mapped[str]  # as the visitor's machine called it
    content_type: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary)
