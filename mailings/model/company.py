"""A company: people belong to it, and with *include companies* it can be a recipient itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class Company(Base):
    """A company. `stop` and `no_mailings` keep direct mailings away from it (domain.md C.7)."""

    __tablename__ = "company"
    __table_args__ = (Index("ix_company_name", "name"), Index("ix_company_email_normal", "email_normal"))

    id: Mapped[Key]
    name: Mapped[str]
    department: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")  # as written
    email_normal: Mapped[str | None]
    email_valid: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str] = mapped_column(default="")
    fax: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    zip: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    postal_street: Mapped[str] = mapped_column(default="", server_default="")  # where letters go; empty = to the street (domain.md D.7)
    postal_zip: Mapped[str] = mapped_column(default="", server_default="")
    postal_city: Mapped[str] = mapped_column(default="", server_default="")
    postal_country: Mapped[str] = mapped_column(default="", server_default="")
    domain: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    category: Mapped[str] = mapped_column(default="")
    business: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict)
    our_contact_id: Mapped[int | None] = mapped_column(ForeignKey("associate.id"))  # service contact
    our_sales_contact_id: Mapped[int | None] = mapped_column(ForeignKey("associate.id"))
    primary_contact_id: Mapped[int | None]  # a person of the company; no foreign key, for it would close a circle
    no_mailings: Mapped[bool] = mapped_column(default=False)
    stop: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
