"""The question on Prefect's form, as Markdown: how many get it, who does not, what to mind, and some messages as they would read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mailings.readable import counted
from mailings.reports.markdown import plain
from mailings.reports.places import desk_address
from mailings.sending.approval.approving import Question, Sample
from mailings.settings import settings
from tasks.words import local, unnamed, verdict_word

LINES = 12  # of each message's text
FOLLOW = "Some of the messages follow, as they would be read."
LETTERS = 100  # of each line: a form is narrow, and no message is judged by its tail


def description(mailing: str, question: Question) -> str:
    """What somebody reads before they say yes or no."""
    people = counted(question.eligible, "recipient")
    parts = [f"**{plain(mailing)}** would go to **{people}**, as of {local(question.approval.asked_at):%Y-%m-%d %H:%M %Z}."]
    if question.excluded:
        rows = [f"| {verdict_word(verdict)} | {n:,} |" for verdict, n in sorted(question.excluded.items(), key=lambda pair: -pair[1])]
        parts.append("\n".join(["| left out | recipients |", "|---|---:|", *rows]))
    if question.warnings:
        parts.append(
            "\n".join(
                [
                    "Before it goes:",
                    "",
                    *(f"- {plain(sentence if settings().runs_name_people else unnamed(sentence))}" for sentence in question.warnings),
                ]
            )
        )
    if question.samples:
        parts.append(FOLLOW)
    shown = _shown if settings().runs_name_people else partial(_numbered, mailing)
    parts.extend(shown(sample) for sample in question.samples)
    return "\n\n".join(parts)


def _shown(sample: Sample) -> str:
    return "\n".join([f"#### To {plain(sample.name)}: {plain(sample.subject)}", "", *_first_lines(sample.text)])


def _numbered(mailing: str, sample: Sample) -> str:
    """Where runs name nobody: messages hold their readers' names, so they are looked at where one has to sign in."""
    where = desk_address(settings(), "recipient", mailing, sample.recipient_id)
    return f"* [Recipient No. {sample.recipient_id}: the message at the desk]({where})"


def _first_lines(text: str) -> Iterator[str]:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    for line in lines[:LINES]:
        yield f"> {plain(line[:LETTERS])}{'…' if len(line) > LETTERS else ''}  "
    if len(lines) > LINES:
        yield "> …"
