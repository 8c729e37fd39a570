"""A recipient: exactly one of person, company or bare address on one mailing, with a verdict."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class Verdict(StrEnum):
    """Eligible, or why not. One of them stands on every recipient; domain.md C.5 gives the order."""

    ELIGIBLE = "eligible"
    RETIRED = "retired"  #: former employee
    STOPPED = "stopped"  #: the company has Stop or No mailings set, or the person has No mailings
    COMPANY_PREFERRED = "company_preferred"  #: the company gets it instead
    NO_ADDRESS = "no_address"  #: no valid address for this channel
    BLOCKED_ADDRESS = "blocked_address"  #: too many bounces, or blocked by a person
    COMPLAINED = "complained"  #: reported us as spam; never overridden
    NO_CONSENT = "no_consent"
    NOT_SUBSCRIBED = "not_subscribed"  #: opted out of the mailing's topic
    DUPLICATE = "duplicate"  #: the address is served by an earlier recipient
    ERASED = "erased"  #: the person was erased before sending


class Recipient(Base):
    """One row per person, company or bare address of a mailing. No other table says who is on it."""

    __tablename__ = "recipient"
    __table_args__ = (
        CheckConstraint(
            "(person_id IS NULL OR company_id IS NULL)"
            " AND (person_id IS NOT NULL OR company_id IS NOT NULL OR address IS NOT NULL OR erased_at IS NOT NULL)",
            name="exactly_one",
        ),
        Index("uq_recipient_person_id_mailing_id", "person_id", "mailing_id", unique=True),  # also finds a person's mailings
        Index(
            "uq_recipient_company_id_mailing_id",
            "company_id",
            "mailing_id",
            unique=True,
            sqlite_where=text("company_id IS NOT NULL"),
            postgresql_where=text("company_id IS NOT NULL"),
        ),
        Index(
            "uq_recipient_bare_address",
            "mailing_id",
            "address",
            unique=True,
            sqlite_where=text("person_id IS NULL AND company_id IS NULL"),
            postgresql_where=text("person_id IS NULL AND company_id IS NULL"),
        ),
        Index("ix_recipient_mailing_id_verdict", "mailing_id", "verdict", "id"),  # the keyset of lists, too
        Index(
            "ix_recipient_name",
            "mailing_id",
            "name",
            postgresql_ops={"name": "text_pattern_ops"},
            sqlite_where=text("name IS NOT NULL"),
            postgresql_where=text("name IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id", ondelete="SET NULL"))  # the first that names them
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    name: Mapped[str | None]  # bare addresses only: the imported name
    address: Mapped[str | None]  # where it goes: the normal address; None with verdict no_address
    verdict: Mapped[Verdict] = mapped_column(default=Verdict.ELIGIBLE)
    overridden: Mapped[bool] = mapped_column(default=False)  # eligible only because consent and subscription were overridden
    erased_at: Mapped[datetime | None]
