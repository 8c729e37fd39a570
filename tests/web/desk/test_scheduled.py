"""A mailing that waits for its moment: what is no moment is said as it is, and its page turns over when it begins."""

from __future__ import annotations

from datetime import UTC, datetime

from mailings import clock
from mailings.db import Database
from tests.sending.fit import written
from tests.web.desk.fitting import FIT
from tests.web.desk.seated import seated

NAME = "høst-nytt"
NOVEMBER = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_no_moment_at_all_is_said_as_it_is(db: Database) -> None:
    """Who chose nothing is not told that Nothing is no day."""
    written(db)
    with seated(db, **FIT) as seat:
        assert "No day and time is chosen; choose both." in seat.press(f"/mailings/{NAME}/schedule", at="", zone="Europe/Oslo").text


def test_the_page_of_what_is_about_to_begin_watches(db: Database) -> None:
    """Sent now, or due within minutes, its page turns over when it begins; of one that is due next month it stands still."""
    written(db)
    watches = f'sse-connect="/desk/mailings/{NAME}/live?status=scheduled"'
    with clock.standing_at(NOVEMBER), seated(db, **FIT) as seat:
        seat.press(f"/mailings/{NAME}/send")
        page = seat.look(f"/mailings/{NAME}", **{"accept-language": "nb"}).text
        assert watches in page
        assert "Utsendingen begynner straks" in page
        seat.press(f"/mailings/{NAME}/schedule", at="2026-12-24T09:30", zone="")
        assert watches not in seat.look(f"/mailings/{NAME}").text
