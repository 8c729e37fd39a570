"""A mail domain: who receives for it, as its MX says. Domains of one provider share that provider's limit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base


class MailDomain(Base):
    """A recipient domain that was looked up."""

    __tablename__ = "mail_domain"

    name: Mapped[str] = mapped_column(primary_key=True)  # as in addresses: lower case, IDNA
    provider: Mapped[str | None]  # the domain of its MX: google.com; None = it has none we know
    looked_up_at: Mapped[datetime]
