"""The question on Prefect's form, as Markdown: how many get it, who does not, what to mind, and some messages as they would read."""

from __future__ import annotations

from collections.abc import Iterator

from mailings.reports.markdown import plain
from mailings.sending.approving import Question, Sample

LINES = 12  # of each message's text
LETTERS = 100  # of each line: a form is narrow, and no message is judged by its tail


def description(mailing: str, question: Question) -> str:
    """What somebody reads before they say yes or no."""
    people = "1 recipient" if question.eligible == 1 else f"{question.eligible:,} recipients"
    parts = [f"**{plain(mailing)}** would go to **{people}**."]
    if question.excluded:
        rows = [f"| {verdict.replace('_', ' ')} | {n:,} |" for verdict, n in sorted(question.excluded.items(), key=lambda pair: -pair[1])]
        parts.append("\n".join(["| left out | recipients |", "|---|---:|", *rows]))
    if question.warnings:
        parts.append("\n".join(["Before it goes:", "", *(f"- {plain(sentence)}" for sentence in question.warnings)]))
    parts.extend(_shown(sample) for sample in question.samples)
    return "\n\n".join(parts)


def _shown(sample: Sample) -> str:
    return "\n".join([f"#### To {plain(sample.name)}: {plain(sample.subject)}", "", *_first_lines(sample.text)])


def _first_lines(text: str) -> Iterator[str]:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    for line in lines[:LINES]:
        yield f"> {plain(line[:LETTERS])}{'…' if len(line) > LETTERS else ''}  "
    if len(lines) > LINES:
        yield "> …"
