"""Which columns a mailing's messages need, and the statement that reads them: those the templates use and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, null, select, true

from mailings.channels.email.senders import Senders
from mailings.content.compiling import DELIVERY, Content
from mailings.content.filters import LANGUAGE
from mailings.content.receipt import ANSWER, FORM, SAMPLED
from mailings.content.variables import EMPTY, NAME, column, of_deliveries, of_recipient
from mailings.model import Delivery, FormVersion, Person, Submission


@dataclass(frozen=True)
class Row:
    """How a row lies: `names` of the values from the first column on; those of the sender's contacts come last and have none."""

    names: tuple[str, ...]
    columns: tuple[ColumnElement[Any], ...]
    senders: Senders
    unsent: tuple[ColumnElement[Any], ...] = ()  # the columns of a recipient without a delivery; () = the same

    def of_deliveries(self) -> Select[Any]:
        """Rows of deliveries; binds mailing_id, low and high (delivery ids, both inclusive)."""
        return of_deliveries(self.columns)

    def of_recipient(self, recipient_id: int) -> Select[Any]:
        """The row of a recipient who has no delivery: for previews."""
        return of_recipient(recipient_id, self.unsent or self.columns)


def row_of(content: Content, senders: Senders) -> Row:
    """The row that the content and the senders of a mailing need."""
    named: dict[str, Any] = {DELIVERY: None, "_address": None, "_name": NAME}
    named |= {name: column(path) for path, name in content.used.columns().items()}
    if content.speaks:
        named[LANGUAGE] = func.coalesce(Person.language, EMPTY)
    before: Sequence[Any] = [one for one in named.values() if one is not None]
    if not content.used.answered():
        return Row(tuple(named), (*before, *senders.columns()), senders)
    columns, nobody = (*before, *_ANSWER.values(), *senders.columns()), (*before, null(), null(), true(), *senders.columns())
    return Row((*named, *_ANSWER), columns, senders, nobody)


def sample_row(row: Row, address: str) -> tuple[Any, ...]:
    """A row of a recipient of whom nothing is known but the address: what stands in it is made up where something has to."""
    blank = dict(zip(row.names, blank_row(row), strict=False)) | {"_address": address, SAMPLED: True}
    return (*(blank[name] for name in row.names), *("" for _ in range(len(row.columns) + 2 - len(row.names))))


_SENT = Submission.id == Delivery.submission_id
_SHOWN = (FormVersion.form_id == Submission.form_id) & (FormVersion.version == Submission.version)  # the words they saw


def _read(found: Select[Any]) -> Any:
    return found.correlate(Delivery).scalar_subquery()


#: what fills the variables of a submission, read with the row
_ANSWER: dict[str, Any] = {
    ANSWER: _read(select(Submission.values).where(_SENT)),
    FORM: _read(select(FormVersion.definition).join_from(Submission, FormVersion, _SHOWN).where(_SENT)),
    SAMPLED: Delivery.test,
}


def blank_row(row: Row) -> tuple[Any, ...]:
    """A row of a recipient of whom nothing is known: for weighing a message."""
    return (0, "nobody@example.invalid", *("" for _ in row.columns))
