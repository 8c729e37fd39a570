"""Consent: permission for a purpose, with basis, source and time. Never edited, only followed by a newer row."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key

EMARKETING = "e-marketing"  #: the purpose every mailing asks for (domain.md C.7)
SALES_AND_SERVICE = "sales-and-service"


class Basis(StrEnum):
    """The legal bases of domain.md C.7, by the words the command line takes."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LAW = "law"
    VITAL = "vital"
    PUBLIC = "public"
    LEGITIMATE_INTEREST = "legitimate_interest"
    WITHDRAWN = "withdrawn"  #: counts as no


class Consent(Base):
    """One statement about one person and purpose. The newest row (highest id) is the one in force."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_person_id_purpose_id", "person_id", "purpose", "id"),)

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(default=EMARKETING)
    basis: Mapped[Basis]
    source: Mapped[str]  # Import, User, Web form, Unsubscribe page, Complaint, ...
    comment: Mapped[str | None]
    given_at: Mapped[datetime]
    given_by: Mapped[str | None]
