"""A source: where a mailing's recipients come from, in the order that decides which duplicate survives."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key
from mailings.model.consent import Basis


class SourceKind(StrEnum):
    """What a source names (domain.md C.1)."""

    SELECTION = "selection"
    PROJECT = "project"
    PERSON = "person"
    COMPANY = "company"
    IMPORT = "import"


class Source(Base):
    """One source of one mailing. Exactly the key of its kind is set; an import has rows of its own instead."""

    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("mailing_id", "position"),)

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    position: Mapped[int]  # 1 = first; the first otherwise-sendable duplicate survives (D9)
    kind: Mapped[SourceKind]
    label: Mapped[str]  # as people wrote it: the selection's name, the file's name, the address
    archive: Mapped[bool] = mapped_column(default=False)  # added by linking in Setup, not by hand (domain.md C.3)
    selection_id: Mapped[int | None] = mapped_column(ForeignKey("selection.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    basis: Mapped[Basis | None]  # import: the consent basis its owner declares; mandatory with keep (D1)
    keep_unknown: Mapped[bool] = mapped_column(default=False)


class ImportedRow(Base):
    """One readable row of an import source, copied at push, so that any worker can populate the mailing."""

    __tablename__ = "imported_row"
    __table_args__ = (UniqueConstraint("source_id", "row"),)

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"))
    row: Mapped[int]  # as the spreadsheet counts, from 1
    name: Mapped[str] = mapped_column(default="")
    written: Mapped[str] = mapped_column(default="")
    normal: Mapped[str | None]  # e-mail, None = no valid address
    mobile_normal: Mapped[str | None]
