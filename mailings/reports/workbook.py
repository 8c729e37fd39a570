"""A report as a workbook: Summary, Recipients, Links, Bounces and Hours, written row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill

from mailings.readable import spoken
from mailings.reports.cost import cost_told
from mailings.reports.rows import Row
from mailings.reports.saying import label, say
from mailings.reports.seen import figures_of, is_seen
from mailings.reports.sheets import columns_of
from mailings.reports.summary import Summary

FULL = 1_048_576  # rows a sheet may have; longer lists go on in another
LONGEST = 32_767  # characters of a cell
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MEANS_SOMETHING = ("=", "+", "-", "@", "#", "\t", "\r")  # to a spreadsheet, where a text begins so
FRONT = (34, 16, 14, 14, 14, 14, 14)
WHITE, DARK = "FFFFFF", "0B5A8A"


def write_workbook(file: IO[bytes], summary: Summary, rows: Iterable[Row], most: int = FULL) -> None:
    """Write the workbook: the summary's figures, and one line for each of `rows` as they are walked. Times are in UTC and say so.

    No text of a recipient becomes a formula, whatever it begins with. `most` = rows of a sheet, its heading among them.
    """
    book = Workbook(write_only=True)
    _Front(book, summary.language).write(summary)
    seen, columns = is_seen(summary.about.type), columns_of(summary.about.type)
    told = {title: _Sheet(book, (title, those), summary.language, most) for title, those in columns.items()}
    for row in rows:
        told["recipients"].add(_recipient(row, summary.language)[: len(columns["recipients"])])
        if row.bounce is not None:
            told["bounces"].add(_bounce(row, summary.language))
    for one in summary.document["links"] if seen else ():
        leads = label("link", "singles", summary.language) if one["number"] is None else one["url"]
        told["links"].add([one["number"], one["name"], leads, one["clickers"], one["clicks"], one["machine_clicks"]])
    for one in summary.document["hours"] if seen else ():
        told["hours"].add([datetime.fromisoformat(one["at"]), one["opened"], one["clicked"]])
    for sheet in told.values():
        sheet.close()
    book.save(file)


def _recipient(row: Row, language: str) -> list[Any]:
    return [*_who(row, language), label("status", row.label, language), row.sent, row.opened, row.clicked]


def _bounce(row: Row, language: str) -> list[Any]:
    kind, why = label("kind", row.bounce or "unknown", language), label("why", row.why or "unknown", language)
    return [*_who(row, language), kind, why, row.code, row.reason, row.sent]


def _who(row: Row, language: str) -> tuple[str | None, ...]:
    return (say("erased", language) if row.erased else row.name), row.email, row.company


class _Sheet:
    """A sheet with a heading that stays, filters, and another behind it when it is full."""

    def __init__(self, book: Workbook, what: tuple[str, dict[str, int]], language: str, most: int) -> None:
        self.book, self.title, self.columns = book, say(what[0], language), what[1]
        self.language, self.most = language, most
        self.part = 0
        self._begin()

    def add(self, cells: Sequence[Any]) -> None:
        """One more line."""
        if self.lines == self.most:
            self.close()
            self._begin()
        self.sheet.append([_cell(self.sheet, value) for value in cells])
        self.lines += 1

    def close(self) -> None:
        """The filters reach over all lines; a sheet without lines says so."""
        if self.lines == 1:
            self.sheet.append([say("nothing", self.language)])
        self.sheet.auto_filter.ref = f"A1:{_letter(len(self.columns))}{max(self.lines, 2)}"

    def _begin(self) -> None:
        self.part += 1
        # sheets of one list stand beside each other, however late the next is begun
        place = self.book.sheetnames.index(self._name(self.part - 1)) + 1 if self.part > 1 else None
        self.sheet = self.book.create_sheet(self._name(self.part), place)
        self.sheet.freeze_panes = "A2"
        self.sheet.row_dimensions[1].height = 20
        for number, width in enumerate(self.columns.values(), 1):
            self.sheet.column_dimensions[_letter(number)].width = width
        self.sheet.append([_head(self.sheet, say(word, self.language)) for word in self.columns])
        self.lines = 1

    def _name(self, part: int) -> str:
        return self.title if part == 1 else f"{self.title} {part}"


class _Front:
    """The first sheet: what the mailing is, every figure with its rate, then statuses, domains and mail programs."""

    def __init__(self, book: Workbook, language: str) -> None:
        self.language = language
        self.sheet = book.create_sheet(say("summary", language))
        self.sheet.freeze_panes = "A2"
        for number, width in enumerate(FRONT, 1):
            self.sheet.column_dimensions[_letter(number)].width = width

    def write(self, summary: Summary) -> None:
        """All of it."""
        about, document = summary.about, summary.document
        self._line(_styled(self.sheet, say("report_of", self.language, name=about.name), Font(bold=True, size=16)))
        for word, value in (("subject", about.subject), ("sent_at", about.started)):
            self._line(say(word, self.language), value)
        self._line(say("as_of", self.language, at=f"{document['as_of'][:16].replace('T', ' ')} UTC"))
        self._heads("what", "how_many", "rate")
        for figure, rate in figures_of(about.type).items():
            self._line(say(figure, self.language), document[figure], _percent(self.sheet, document[rate]) if rate else None)
        if cost := cost_told(document, self.language):
            self._line(say("cost", self.language), cost)
        if seen := is_seen(about.type):
            self._line(say("counted_so", self.language))
        self._heads("status", "recipients")
        for word, n in document["recipients_by_status"].items():
            self._line(label("status", word, self.language), n)
        if seen:
            self._mail(document)

    def _mail(self, document: Mapping[str, Any]) -> None:
        self._heads("domain", "sent", "delivered", "opened", "clicked", "bounced", "complained")
        for one in document["domains"]:
            domain = say("other_domains", self.language) if one["domain"] == "…" else spoken(one["domain"])
            self._line(domain, *(one[word] for word in ("sent", "delivered", "opened", "clicked", "bounced", "complained")))
        self._heads("client", "opened")
        for one in document["clients"]:
            self._line(label("client", one["client"], self.language), one["opened"])

    def _heads(self, *words: str) -> None:
        self.sheet.append([])
        self.sheet.append([_head(self.sheet, say(word, self.language)) for word in words])

    def _line(self, *cells: Any) -> None:
        self.sheet.append([_cell(self.sheet, value) for value in cells])


def _cell(sheet: Any, value: Any) -> Any:
    """What goes into a cell: whole numbers in groups, moments without a zone (a spreadsheet knows none), text that stays text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    if isinstance(value, int):
        return _formatted(sheet, value, "#,##0") if abs(value) >= 1000 else value
    if not isinstance(value, str):
        return value
    said = FORBIDDEN.sub("", value)[:LONGEST]
    if not said.startswith(MEANS_SOMETHING):
        return said or None
    cell = WriteOnlyCell(sheet, said)
    cell.data_type, cell.quotePrefix = "s", True
    return cell


def _head(sheet: Any, words: str) -> WriteOnlyCell:
    cell = _styled(sheet, words, Font(bold=True, color=WHITE))
    cell.fill, cell.alignment = PatternFill("solid", fgColor=DARK), Alignment(vertical="center")
    return cell


def _styled(sheet: Any, words: str, font: Font) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, FORBIDDEN.sub("", words))
    cell.data_type, cell.font = "s", font
    return cell


def _percent(sheet: Any, rate: float | None) -> WriteOnlyCell | None:
    return None if rate is None else _formatted(sheet, rate, "0.00%")


def _formatted(sheet: Any, value: float, pattern: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = pattern
    return cell


def _letter(column: int) -> str:
    return "ABCDEFGHIJ"[column - 1]
