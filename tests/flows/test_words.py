"""The figures of a run in words: right numbers, and always what to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mailings.audience.labels import VERDICT_LABELS
from mailings.content.system import LANGUAGES
from mailings.model import DeliveryStatus, MailingStatus, Verdict
from mailings.reports.saying import label
from mailings.reports.watching import Look, Pace
from mailings.settings import settings
from tasks.artifacts import drawn
from tasks.importing import sentence
from tasks.next_steps import ADVICE, NEXT_STEPS, next_steps
from tasks.parameters import HowToImport
from tasks.summaries import summary
from tasks.words import STANDS, headline, progress_line, status_word, verdict_word
from web.desk.words import say as desk_says

AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
LOOK = Look(at=AT, status="sending", total=1200, sent=1195, left=4, failed=1, in_doubt=0, cancelled=0, waiting=0)


def document(status: str = "sent", excluded: dict[str, int] | None = None, **deliveries: int) -> dict[str, Any]:
    """A status document as cli.md gives it."""
    left_out, counted = excluded or {}, dict.fromkeys(DeliveryStatus, 0) | deliveries
    total = sum(counted.values()) + sum(left_out.values())
    eligible = sum(counted.values())
    return {
        "name": "høst-nytt",
        "status": status,
        "recipients": {"total": total, "eligible": eligible, "excluded": left_out},
        "deliveries": counted,
        "balanced": True,
    }


def test_every_word_is_there() -> None:
    """Each status and each verdict that keeps somebody back has words, and what to do about it: no page shows a bare code."""
    assert set(ADVICE) == set(Verdict) - {Verdict.ELIGIBLE}
    words = [*map(status_word, DeliveryStatus), *map(verdict_word, ADVICE)]
    assert all(word[0].isupper() and "_" not in word for word in words), words
    assert set(STANDS) == set(MailingStatus)
    assert set(NEXT_STEPS) <= set(MailingStatus)


def test_one_vocabulary() -> None:
    """A rule and a status have one word: in the run's tables, in the chart under them, in reports, and at the desk in every language."""
    for verdict in ADVICE:
        assert verdict_word(verdict) == label("status", VERDICT_LABELS[verdict])
        for language in LANGUAGES:
            shown = label("status", VERDICT_LABELS[verdict], language)
            assert desk_says(f"verdict_{verdict}", language).partition(" — ")[2].casefold() == shown.casefold()
    page = summary(document(excluded={"blocked_address": 2}, queued=3), {"recipients_by_status": {"blocked_address": 2, "ready": 3}})
    assert "| Too many bounces | 2 |" in page
    assert "| Ready to send | 3 |" in page
    assert "Recipients by status\\: Too many bounces 2, Ready to send 3" in page


def test_progress() -> None:
    """What is neither queued nor in somebody's hands is done; trouble and waiting are named with their numbers."""
    share, line = progress_line(LOOK, Pace())
    assert share == pytest.approx(100 * 1196 / 1200)
    assert line == "1,196 of 1,200; 1 failed"
    assert progress_line(replace(LOOK, failed=0, left=2, total=4, waiting=2), Pace()) == (50.0, "2 of 4; 2 to be tried again")


def test_pace() -> None:
    """How fast it goes and when it may be done, in the installation's own time; while a limit holds it back, that instead."""
    pace = Pace(per_minute=1234.5, ends=AT)
    assert progress_line(LOOK, pace)[1] == "1,196 of 1,200; 1 failed; done about 14:05 UTC, 1,234 a minute"
    assert progress_line(replace(LOOK, limited="until 15:00 for 600 a minute"), pace)[1].endswith("; waits until 15:00 for 600 a minute")
    waits = replace(LOOK, limited="until 15:00 for 600 a minute of domain:xn--bcher-kva.test")
    assert progress_line(waits, pace)[1].endswith("a minute of domain:bücher.test")


def test_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """People read the time of their own clock: MAILINGS_TIME_ZONE."""
    monkeypatch.setenv("MAILINGS_TIME_ZONE", "Europe/Oslo")
    settings.cache_clear()
    assert progress_line(LOOK, Pace(600.0, AT))[1].endswith("done about 15:05 CET, 600 a minute")
    assert any("2026-11-22 15:05 CET" in step for step in next_steps(document(queued=1) | {"waiting": 1, "next_attempt": AT.isoformat()}))


def test_paused_bar() -> None:
    """A bar that stands says why."""
    assert progress_line(replace(LOOK, status="paused", held="awaiting approval"), Pace())[1].endswith("; paused: awaiting approval")
    assert progress_line(replace(LOOK, status="paused"), Pace())[1].endswith("; paused: by a person")


def test_nobody_yet() -> None:
    """A mailing without deliveries is at nought, not a division by it."""
    nobody = replace(LOOK, status="populating", total=0, sent=0, left=0, failed=0)
    assert progress_line(nobody, Pace()) == (0.0, "its list is being made")


def test_summary() -> None:
    """The page names who got it, who did not and why, the most frequent reason first, and leads to the desk."""
    page = summary(document(excluded={"duplicate": 4, "no_consent": 9}, sent=180, failed=1))
    assert page.startswith("# høst\\-nytt is sent\\: 180 of 194 recipients have it")
    assert "| Sent | 180 | 99.4 % |" in page
    assert "| Failed | 1 |" in page
    assert "Bounced |" not in page
    assert page.index("| No consent | 9 |") < page.index("| Duplicate | 4 |")
    assert "http://127.0.0.1:8600/desk/mailings/h%C3%B8st-nytt/reports" in page


def test_what_came_back() -> None:
    """Opens and clicks stand on the page once there are any; the chart is in the page, its text for whoever does not see it too."""
    report = {"opened": 3, "open_rate": 0.25, "clicked": 0, "click_rate": 0.0, "recipients_by_status": {"read": 3, "sent": 9}}
    page = summary(document(sent=12), report)
    assert "| opened it | 3 | 25.0 % |" in page
    assert "clicked a link" not in page
    assert "![Recipients by status\\: Read by recipient 3, Sent 9](data:image/svg+xml;base64," in page
    assert len(page.encode()) < 100_000


def test_refused() -> None:
    """A refused mailing's page gives every problem; nothing in one becomes markup."""
    page = summary(document("draft"), problems=["[[ customer.fornavn ]] is *unknown*."])
    assert page.startswith("# høst\\-nytt is not sent, a draft again")
    assert "* \\[\\[ customer.fornavn \\]\\] is \\*unknown\\*." in page


def test_unbalanced() -> None:
    """Books that do not balance are said on the page."""
    assert "do not add up" in summary(document(sent=1) | {"balanced": False})


def test_paused() -> None:
    """A paused mailing says why, and how it goes on; one that waits for an answer, who may give it."""
    page = summary(document("paused", queued=2) | {"reason": "The server refused our login."})
    assert "The server refused our login." in page
    assert "`mailings resume høst-nytt`" in page
    asked = summary(document("paused", queued=2) | {"reason": "awaiting approval"})
    assert "`mailings approve høst-nytt`" in asked
    assert "mailings resume" not in asked


def test_in_doubt() -> None:
    """What is in doubt is explained: it is never sent again by itself."""
    assert any("never sent again" in step for step in next_steps(document(in_doubt=2)))


def test_one_row_is_one() -> None:
    """The import of one person is told as of one."""
    told = {"rows": 1, "created": 1, "matched": 0, "skipped": 0}
    assert sentence("én.csv", told, HowToImport()) == "1 row in én.csv: 1 person created, 0 matched, 0 skipped."


def test_headline() -> None:
    """Sent and delivered both count as served; one is said as one."""
    assert headline(document(sent=1000, delivered=200, bounced=1)) == "høst-nytt is sent: 1,200 of 1,201 recipients have it"
    assert headline(document(sent=1)) == "høst-nytt is sent: 1 of 1 recipient has it"


def test_a_description_stays_text() -> None:
    """A server's words with a link, an image, HTML or an address make no markup; times, dashes and our own sentences stay as they read."""
    wicked = "5 of 9; paused: [les](http://x.test) ![](y.png) <b>nå</b> https://x.test åse@fjord.test"
    told = r"5 of 9; paused: \[les\](http\://x.test) \!\[\](y.png) \<b\>nå\</b\> https\://x.test åse\@fjord.test"
    assert drawn(wicked) == told
    assert drawn("12,400 of 50,000; done about 14:05 CET, 1,200 a minute") == "12,400 of 50,000; done about 14:05 CET, 1,200 a minute"
