"""The figures of a run in words: right numbers, and always what to do next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mailings.model import DeliveryStatus, MailingStatus, Verdict
from tasks.words import NEXT_STEPS, STATUS_WORDS, VERDICT_WORDS, headline, next_steps, progress_line, summary


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
    """Each status of a delivery and each verdict that keeps somebody back has words, so that no page shows a bare code."""
    assert set(STATUS_WORDS) == set(DeliveryStatus)
    assert set(VERDICT_WORDS) == set(Verdict) - {Verdict.ELIGIBLE}
    assert set(NEXT_STEPS) <= set(MailingStatus)


def test_progress() -> None:
    """What is neither queued nor in somebody's hands is done; trouble and waiting are named with their numbers."""
    share, line = progress_line(document("sending", queued=3, sending=1, sent=1195, failed=1))
    assert share == pytest.approx(100 * 1196 / 1200)
    assert line == "1,196 of 1,200; 1 failed"
    waiting = document("sending", queued=2, sent=2) | {"waiting": 2, "next_attempt": datetime(2026, 11, 22, 14, 5, tzinfo=UTC).isoformat()}
    assert progress_line(waiting) == (50.0, "2 of 4; 2 to be tried again, the next at 2026-11-22 14:05 UTC")


def test_nobody_yet() -> None:
    """A mailing without deliveries is at nought, not a division by it."""
    assert progress_line(document("populating")) == (0.0, "0 of 0")


def test_summary() -> None:
    """The page names who got it, who did not and why, the most frequent reason first."""
    page = summary(document(excluded={"duplicate": 4, "no_consent": 9}, sent=180, failed=1))
    assert page.startswith("# høst-nytt: sent (180 of 194 recipients)")
    assert "| sent | 180 |" in page
    assert "| failed | 1 |" in page
    assert "bounced" not in page
    assert page.index("| no consent | 9 |") < page.index("| address served already | 4 |")
    assert "mailings explain høst-nytt ADDRESS" in page


def test_unbalanced() -> None:
    """Books that do not balance are the first thing the page says."""
    assert "do not add up" in summary(document(sent=1) | {"balanced": False})


def test_paused() -> None:
    """A paused mailing says why, and how it goes on."""
    page = summary(document("paused", queued=2) | {"reason": "The server refused our login."})
    assert "The server refused our login." in page
    assert "`mailings resume høst-nytt`" in page


def test_in_doubt() -> None:
    """What is in doubt is explained: it is never sent again by itself."""
    assert any("never sent again" in step for step in next_steps(document(in_doubt=2)))


def test_headline() -> None:
    """Sent and delivered both count as served."""
    assert headline(document(sent=1000, delivered=200, bounced=1)) == "høst-nytt: sent (1,200 of 1,201 recipients)"
