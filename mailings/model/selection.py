"""A selection: static members, a dynamic condition, or two other selections combined."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class SelectionKind(StrEnum):
    """How a selection knows its people (domain.md C.1)."""

    STATIC = "static"  #: fixed members
    DYNAMIC = "dynamic"  #: a saved condition, evaluated when used
    COMBINED = "combined"  #: two selections and an operator


class Combination(StrEnum):
    """The five operators of a combined selection, in the order of `SelectionUnionType` 1-5."""

    LEFT = "left"  #: only in the left one
    RIGHT = "right"  #: only in the right one
    BOTH = "both"  #: in both
    EITHER = "either"  #: in exactly one
    ALL = "all"  #: in any, without duplicates


class Selection(Base):
    """A named set of people."""

    __tablename__ = "selection"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[SelectionKind]
    condition: Mapped[str | None]  # dynamic: the text a person wrote
    left_id: Mapped[int | None] = mapped_column(ForeignKey("selection.id"))
    right_id: Mapped[int | None] = mapped_column(ForeignKey("selection.id"))
    combination: Mapped[Combination | None]
    include_main_contact: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class SelectionMember(Base):
    """A person is in a static selection."""

    __tablename__ = "selection_member"
    __table_args__ = (UniqueConstraint("selection_id", "person_id"),)

    id: Mapped[Key]
    selection_id: Mapped[int] = mapped_column(ForeignKey("selection.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
