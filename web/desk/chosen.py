"""Which recipients a page or a form means: those the filters show, or of them those somebody ticked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from mailings.audience.filters import SHOWN, Filter, Group, those
from mailings.audience.recipient_ids import Place, count_of
from mailings.errors import NotAllowed
from mailings.reports.recipient_counts import Remembered
from web.desk.at import Desk, path

LONGEST = 100  # letters of a search


@dataclass(frozen=True, slots=True)
class Chosen:
    """Recipients of one mailing: all that `filter` shows, or only the ticked `ids`."""

    name: str
    filter: Filter
    ids: frozenset[int] = frozenset()

    def recipients(self) -> Select[int]:
        """Their ids, for statements over rows: however many they are, none of them went through the browser."""
        return those(self.filter.mailing_id, self.ids) if self.ids else self.filter.chosen()

    def count(self, session: Session) -> int:
        """How many they are."""
        if not self.ids:
            return count_of(session, self.filter)
        return session.scalar(select(func.count()).select_from(self.recipients().subquery())) or 0

    @property
    def groups(self) -> list[str]:
        """The filters by name, in their order."""
        return [group.value for group in Group if group in self.filter.groups]

    def fields(self) -> list[tuple[str, str]]:
        """What a form brings along to mean the same."""
        told = [("show", group) for group in self.groups] + ([("q", self.filter.search)] if self.filter.search else [])
        told += [("open", "1")] if self.filter.open else []
        return [*told, *(("id", str(one)) for one in sorted(self.ids)), ("whom", "ticked" if self.ids else "all")]

    def to(self, tab: str = "recipients", **more: object) -> str:
        """The list with these filters."""
        shown = self.groups if self.filter.groups != SHOWN else []
        every = {"all": "1"} if tab == "bounces" and not self.filter.open else {}
        return path("mailings", self.name, tab, show=shown or None, q=self.filter.search, **(every | more))


def filter_of(mailing_id: int, shown: Sequence[str], search: str) -> Filter:
    """The filter a query or a form says; all but no_address where it names none. Words that are no filter are passed over."""
    groups = frozenset(Group(word) for word in shown if word in set(Group)) or SHOWN
    return Filter(mailing_id, groups, search.strip()[:LONGEST])


def asked(desk: Desk, mailing_id: int, name: str) -> Chosen:
    """What the address of a list asks for."""
    query = desk.request.query_params
    return Chosen(name, filter_of(mailing_id, query.getlist("show"), query.get("q", "")))


def place_of(desk: Desk) -> Place:
    """Where in the list: after or before which recipient."""
    query = desk.request.query_params
    after, before = (_number(query.get(word, "")) for word in ("after", "before"))
    return Place(before, back=True) if before else Place(after)


def posted(desk: Desk, mailing_id: int, name: str) -> Chosen:
    """What a form means. Raises NotAllowed where nobody is ticked, or it means all that are shown and names no filter."""
    shown = desk.fields.all("show")
    chosen = replace(filter_of(mailing_id, shown, desk.fields.first("q")), open=desk.fields.first("open") == "1")
    everybody, ids = desk.fields.first("whom") == "all", frozenset(desk.fields.numbers("id"))
    # our pages always name their filters: a form that names none must not mean the whole list
    if not (set(shown) & set(Group) if everybody else ids):
        raise NotAllowed(desk.say("tick_somebody"))
    return Chosen(name, chosen, frozenset() if everybody else ids)


def counts_at(desk: Desk) -> Remembered:
    """What is remembered of counts, one for the whole door."""
    state = desk.request.app.state
    if not hasattr(state, "recipient_counts"):
        state.recipient_counts = Remembered()
    remembered: Remembered = state.recipient_counts
    return remembered


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
