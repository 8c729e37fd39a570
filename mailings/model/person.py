"""A person who may be written to, with interests; and the associate of ours who looks after people and companies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mailings.model.address import Address
from mailings.model.base import Base, Key


class Associate(Base):
    """One of our own people: `ourContact`, `ourSalesContact` in templates (domain.md D.4)."""

    __tablename__ = "associate"

    id: Mapped[Key]
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    cellphone: Mapped[str | None]


class Person(Base):
    """A person. Names as written; `name` is the full name. `deleted_at` is the soft delete, `retired` the former employee."""

    __tablename__ = "person"
    __table_args__ = (
        Index(
            "ix_person_deleted_at",
            "deleted_at",
            sqlite_where=text("deleted_at IS NOT NULL"),
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
        # whom somebody looks for by the beginning of a name; with PostgreSQL's usual order of letters an index finds no beginnings
        *(Index(f"ix_person_{name}", name, postgresql_ops={name: "text_pattern_ops"}) for name in ("name", "last_name")),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(default="")
    first_name: Mapped[str] = mapped_column(default="")
    middle_name: Mapped[str] = mapped_column(default="")
    last_name: Mapped[str] = mapped_column(default="")
    salutation: Mapped[str] = mapped_column(default="")  # Mr, Fru, Mevrouw: `customer.mrmrs`
    title: Mapped[str] = mapped_column(default="")
    position: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")  # two letters, empty = the installation's
    country: Mapped[str] = mapped_column(default="")  # two letters
    mobile: Mapped[str] = mapped_column(default="")  # as written
    mobile_normal: Mapped[str | None] = mapped_column(index=True)  # E.164, None = nobody could send there
    street: Mapped[str] = mapped_column(default="", server_default="")  # the person's own postal address, in the lines it is written in
    zip: Mapped[str] = mapped_column(default="", server_default="")
    city: Mapped[str] = mapped_column(default="", server_default="")
    use_as_postal: Mapped[bool] = mapped_column(default=False, server_default=false())  # letters go there, not to the company (D.7)
    phone: Mapped[str] = mapped_column(default="")
    direct_phone: Mapped[str] = mapped_column(default="")
    username: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    category: Mapped[str] = mapped_column(default="")
    business: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    our_contact_id: Mapped[int | None] = mapped_column(ForeignKey("associate.id"))
    support_contact_id: Mapped[int | None] = mapped_column(ForeignKey("associate.id"))
    rank: Mapped[int] = mapped_column(default=1)  # among the company's people; the main contact falls over to the lowest
    retired: Mapped[bool] = mapped_column(default=False)
    no_mailings: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    addresses: Mapped[list[Address]] = relationship(order_by=Address.rank, cascade="all, delete-orphan")


class Interest(Base):
    """Something a person may be interested in."""

    __tablename__ = "interest"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)


class PersonInterest(Base):
    """A person has an interest."""

    __tablename__ = "person_interest"
    __table_args__ = (
        UniqueConstraint("person_id", "interest_id"),
        Index("ix_person_interest_interest_id", "interest_id"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    interest_id: Mapped[int] = mapped_column(ForeignKey("interest.id", ondelete="CASCADE"))
