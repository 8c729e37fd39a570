"""On real messages of 38 mail servers the reader finds the recipient, the kind and the cause as often as it promises."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.bounces import REASONS, false_positives, scored
from mailings.channels.email.bounces import ReadKind, read_bounce
from mailings.reported import BounceWhy

DATA = Path(os.environ.get("MAILINGS_TEST_DATA", "")) / "bounces"
BARS = {"recipient": 0.97, "hard": 0.97, "reason": 0.92}
GENERAL = 0.03  #: what the score may lose when every rule for a single mail server is left aside

pytestmark = pytest.mark.skipif(not (DATA / "labels.jsonl").is_file(), reason="MAILINGS_TEST_DATA names no folder with bounces")


def test_the_bars_hold() -> None:
    """Exact recipient 97 %, hard or soft 97 %, cause 92 %."""
    score = scored(DATA)
    assert {what: rate >= BARS[what] for what, rate in score.rates().items()} == dict.fromkeys(BARS, True), "\n".join(sorted(score.wrong))


def test_the_rules_are_general() -> None:
    """Without any rule for a single server the score is nearly the same: servers nobody has seen yet are read as well."""
    full, general = scored(DATA).rates(), scored(DATA, own_rules=False).rates()
    assert all(general[what] >= full[what] - GENERAL for what in BARS), general


def test_what_is_no_bounce_is_none() -> None:
    """Letters, forwarded ones and a script that answers in words of its own yield nothing."""
    assert false_positives(DATA) == 0


def test_answers_are_no_bounces() -> None:
    """Vacation notices are read as answers, whatever their subject (domain.md D27)."""
    answers = sorted((DATA / "eml").glob("rfc3834-*.eml"))
    assert answers
    assert {read_bounce(file.read_bytes()).kind for file in answers} == {ReadKind.AUTO_REPLY}


def test_causes_are_told_apart() -> None:
    """The table that compares the labels' words with ours has no bucket that holds half of everything."""
    causes = [cause for cause in REASONS.values() if isinstance(cause, BounceWhy)]
    assert max(causes.count(cause) for cause in set(causes)) <= 5
    assert len(set(causes)) == len(BounceWhy)
