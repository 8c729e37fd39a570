"""Scores the bounce reader on a folder of real messages: bench/bounces.py [--data DIR] [--json].

The folder: `labels.jsonl` (a line a file: `file`, `family`, `labelled`, `recipients`), `eml/` and `not-bounce/`.
Rates are over labelled recipients:

* recipient: named exactly. The labels name the Final-Recipient, so that is compared where a report has one. What a label calls undisclosed
  names nobody and does not count.
* hard: `hardbounce` of the label is the kind HARD or INVALID.
* reason: the label's word, by REASONS, is our cause. Complaints, answers and receipts are right when the whole message is read as such.

A recipient that is not found is wrong in all three. Labels call a delay by its cause, as if it had bounced; so does this score, though the
reader says of the message that it is DELAYED and nobody counts it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from mailings.channels.email.bounces import Read, ReadKind, Returned, read_bounce
from mailings.reported import BounceKind
from mailings.reported import BounceWhy as Why

#: the labels' words (Sisimai's) and ours. Several of theirs are one of ours where the same is to be done about them
REASONS: dict[str, Why | ReadKind] = {
    "userunknown": Why.MAILBOX, "hostunknown": Why.DOMAIN, "notaccept": Why.DOMAIN, "hasmoved": Why.MOVED, "suspend": Why.SUSPENDED,
    "mailboxfull": Why.FULL, "filtered": Why.FILTERED, "expired": Why.EXPIRED, "badreputation": Why.REPUTATION, "blocked": Why.REPUTATION,
    "authfailure": Why.AUTHENTICATION, "policyviolation": Why.POLICY, "securityerror": Why.POLICY, "contenterror": Why.CONTENT,
    "notcompliantrfc": Why.CONTENT, "spamdetected": Why.CONTENT, "virusdetected": Why.CONTENT,
    "exceedlimit": Why.SIZE, "mesgtoobig": Why.SIZE,
    "speeding": Why.RATE, "toomanyconn": Why.RATE, "ratelimited": Why.RATE, "networkerror": Why.NETWORK, "failedstarttls": Why.NETWORK,
    "systemerror": Why.SYSTEM, "systemfull": Why.SYSTEM, "mailererror": Why.SYSTEM, "rejected": Why.SENDER, "norelaying": Why.SENDER,
    "requireptr": Why.SENDER, "syntaxerror": Why.SENDER, "onhold": Why.UNKNOWN, "undefined": Why.UNKNOWN, "suppressed": Why.FILTERED,
    "feedback": ReadKind.COMPLAINT, "vacation": ReadKind.AUTO_REPLY, "delivered": ReadKind.DELIVERED,
}  # fmt: skip
HARD = (BounceKind.HARD, BounceKind.INVALID)
UNDISCLOSED = "undisclosed-"


@dataclass
class Score:
    """Right answers by what is asked, and what was wrong."""

    asked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("recipient", "hard", "reason"), 0))
    right: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("recipient", "hard", "reason"), 0))
    wrong: list[str] = field(default_factory=list)

    def add(self, what: str, right: bool, note: str) -> None:
        """One answer."""
        self.asked[what] += 1
        self.right[what] += right
        if not right:
            self.wrong.append(f"{what:9} {note}")

    def rates(self) -> dict[str, float]:
        """Right answers of those asked."""
        return {what: round(self.right[what] / (self.asked[what] or 1), 4) for what in self.asked}


def scored(data: Path, *, own_rules: bool = True) -> Score:
    """The score of every labelled file; without `own_rules` every rule for a single mail server is left aside."""
    score = Score()
    for label in _labels(data):
        if label["labelled"]:
            read = read_bounce((data / label["file"]).read_bytes(), rules=own_rules)
            for expected in label["recipients"]:
                _compare(score, f"{label['file']}: ", expected, read)
    return score


def false_positives(data: Path) -> int:
    """How many messages that are no bounces were read as bounces, complaints or delays."""
    files = sorted((data / "not-bounce").glob("*.eml"))
    return sum(read_bounce(file.read_bytes()).kind not in (ReadKind.NOTHING, ReadKind.AUTO_REPLY) for file in files)


def speed(data: Path) -> float:
    """Messages a second, read from memory, in one process."""
    files = [file.read_bytes() for file in sorted((data / "eml").glob("*.eml"))]
    started = time.perf_counter()
    for file in files:
        read_bounce(file)
    return len(files) / (time.perf_counter() - started)


def _labels(data: Path) -> Iterator[dict[str, Any]]:
    with (data / "labels.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _compare(score: Score, note: str, expected: dict[str, Any], read: Read) -> None:
    wanted = str(expected["recipient"] or "")
    named = bool(wanted) and not wanted.startswith(UNDISCLOSED)
    found = next((one for one in read.recipients if (one.final or one.address).lower() == wanted.lower()), None)
    if named:
        score.add("recipient", found is not None, f"{note}{wanted} -> {[one.final or one.address for one in read.recipients]}")
    if found is None and (not named or len(read.recipients) == 1):
        found = next(iter(read.recipients), None)
    hard = found is not None and found.kind in HARD
    score.add(
        "hard", hard == expected["hardbounce"] and (found is not None or not named), f"{note}{expected['reason']} -> {_said(found, read)}"
    )
    score.add("reason", _is(REASONS.get(expected["reason"]), found, read), f"{note}{expected['reason']} -> {_said(found, read)}")


def _is(wanted: Why | ReadKind | None, found: Returned | None, read: Read) -> bool:
    return read.kind is wanted if isinstance(wanted, ReadKind) else found is not None and found.why is wanted


def _said(found: Returned | None, read: Read) -> str:
    return f"{read.kind}" if found is None else f"{found.why or read.kind}, {found.kind}: {found.code}; {found.status}; {found.said[:150]}"


def main() -> None:
    """Prints the score as one line of JSON; without --json the wrong answers too."""
    parser = argparse.ArgumentParser(description="Scores the bounce reader on real messages.")
    default = os.environ.get("MAILINGS_TEST_DATA")
    parser.add_argument("--data", type=Path, default=Path(default) / "bounces" if default else None, help="a folder with labels.jsonl")
    parser.add_argument("--json", action="store_true", help="the line of JSON and nothing else")
    given = parser.parse_args()
    if given.data is None:
        sys.exit("Say where the messages are: --data DIR, or MAILINGS_TEST_DATA.")
    score, general = scored(given.data), scored(given.data, own_rules=False)
    if not given.json:
        print("\n".join(sorted(score.wrong)))
    line = {
        **score.rates(),
        "false_positives": false_positives(given.data),
        "without_own_rules": general.rates(),
        "recipients": score.asked["hard"],
        "messages_per_second": round(speed(given.data)),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
