"""What came of a form: how many, how far they are, which days, what they thought (domain.md J.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from mailings import clock
from mailings.forms.definition import FormPart
from mailings.forms.versions import versions_asking
from mailings.model import Form, Submission, SubmissionStatus

WEEK = timedelta(days=7)
DAYS = 30  # of the chart
DAY = 86_400_000  # milliseconds
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating of the form: how many chose each number of its scale. `nps` = promoters (9, 10) less detractors (0 to 6), -100 to 100."""

    label: str
    look: str
    chosen: Mapping[int, int]

    @property
    def answers(self) -> int:
        """How many answered it."""
        return sum(self.chosen.values())

    @property
    def average(self) -> float | None:
        """The mean of what they chose; None where nobody did."""
        return sum(number * n for number, n in self.chosen.items()) / self.answers if self.answers else None

    @property
    def nps(self) -> int | None:
        """The net promoter score; None for other looks, and where nobody answered."""
        if self.look != "nps" or not self.answers:
            return None
        fans = sum(n for number, n in self.chosen.items() if number >= 9)
        critics = sum(n for number, n in self.chosen.items() if number <= 6)
        return round(100 * (fans - critics) / self.answers)


@dataclass(frozen=True, slots=True)
class Statistics:
    """A form's figures. `by_status` has every status but those only shown; `days` = what was processed on each of the last 30, in UTC."""

    by_status: Mapping[SubmissionStatus, int]
    last: datetime | None
    week: int  # of the last 7 days
    week_processed: int
    days: list[tuple[date, int]]
    ratings: list[Rated]

    @property
    def total(self) -> int:
        """All that were sent."""
        return sum(self.by_status.values())

    @property
    def completion(self) -> float | None:
        """What part of them is processed, 0 to 1; None where there are none."""
        return self.by_status[SubmissionStatus.PROCESSED] / self.total if self.total else None

    @property
    def week_completion(self) -> float | None:
        """The same for what came in the last 7 days."""
        return self.week_processed / self.week if self.week else None


def statistics(session: Session, form: Form, part: FormPart | None) -> Statistics:
    """The form's figures as they are now; without ratings where its definition cannot be read."""
    of_form = Submission.form_id == form.id
    counted = select(Submission.status, func.count(), func.max(Submission.submitted_at)).where(of_form).group_by(Submission.status)
    rows = session.execute(counted).all()
    by_status = dict.fromkeys(SubmissionStatus, 0) | {row[0]: row[1] for row in rows}
    recent = select(Submission.status, func.count()).where(of_form, Submission.submitted_at >= clock.now() - WEEK)
    week = dict(session.execute(recent.group_by(Submission.status)).all())
    return Statistics(
        by_status,
        max((row[2] for row in rows if row[2] is not None), default=None),
        sum(week.values()),
        week.get(SubmissionStatus.PROCESSED, 0),
        processed_by_day(session, form),
        ratings(session, form, part) if part is not None else [],
    )


def processed_by_day(session: Session, form: Form) -> list[tuple[date, int]]:
    """How many were processed on each of the last 30 days, today among them, in UTC."""
    today = clock.now().astimezone(UTC).date()
    first = today - timedelta(days=DAYS - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    done = select((type_coerce(Submission.processed_at, BigInteger) // DAY).label("day"))
    done = done.where(Submission.form_id == form.id, Submission.status == SubmissionStatus.PROCESSED, Submission.processed_at >= since)
    of_days = done.subquery()
    counted = session.execute(select(of_days.c.day, func.count()).group_by(of_days.c.day))
    n = Counter({EPOCH + timedelta(days=day): many for day, many in counted})
    return [(day, n[day]) for day in (first + timedelta(days=place) for place in range(DAYS))]


def ratings(session: Session, form: Form, part: FormPart) -> list[Rated]:
    """What was chosen in each rating of the form, of everything that was processed: charts and means count nothing else (J.6)."""
    rated = []
    for one in (field for field in part.every if field.kind == "rating"):
        said = select(Submission.values[one.identifier].as_string().label("said"))
        said = said.where(Submission.form_id == form.id, Submission.status == SubmissionStatus.PROCESSED)
        said = said.where(Submission.version.in_(versions_asking(session, form, one)))
        of_field = said.subquery()
        counted: dict[str, int] = dict(session.execute(select(of_field.c.said, func.count()).group_by(of_field.c.said)).all())
        rated.append(Rated(one.label or one.identifier, one.look, {number: counted.get(str(number), 0) for number in one.scale}))
    return rated
