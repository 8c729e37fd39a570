"""`mailings approve`: what a mailing that awaits approval would send to whom, and somebody's yes or no to it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.door import AsJson, agreed, changing, database, notes, print_json, screen, somebody, terminal
from mailings.errors import NotAllowed
from mailings.model import Door
from mailings.readable import counted
from mailings.sending.approval import approved, approving
from mailings.sending.approval.approving import Answer, Question, Sample
from mailings.sending.finding import mailing_named
from mailings.settings import settings

app = typer.Typer(help="A mailing's approval.")

LINES = 12  # of each message's text
NEXT = {
    "approve": "{name} is approved. A run that waits for it goes on within a minute; without one, send it with: mailings send {name}",
    "decline": "{name} is declined and a draft again; nobody gets anything. Change it, and send it anew with: mailings send {name}",
}


@app.command()
def approve(
    name: Annotated[str, typer.Argument(help="The mailing's name.", show_default=False)],
    decline: Annotated[bool, typer.Option("--decline", help="Say no: it is a draft again.")] = False,
    comment: Annotated[str | None, typer.Option("--comment", help="Kept with the answer.", show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    as_json: AsJson = False,
) -> None:
    """Approve a mailing that asks for it, or decline it. Shows first what it would send to how many."""
    verb = "decline" if decline else "approve"
    number = _shown(name, notes if as_json else screen, yes=yes)
    if not yes and not agreed(f"{verb.capitalize()} {name}?"):
        notes.print(f"{name} still awaits approval.", highlight=False)
        raise typer.Exit(1)
    told: dict[str, int] = {}
    with changing(verb, f"mailing {name}", told) as session:
        mailing = mailing_named(session, name, locked=True)
        answer = Answer(somebody() or "", Door.CLI, comment, number)
        said = (approving.decline if decline else approving.approve)(session, mailing, answer)
        told["n"] = said.eligible
        document = {"name": name, "status": str(mailing.status), "approval": approved.told(said)}
    if as_json:
        print_json(document)
    else:
        screen.print(NEXT[verb].format(name=name), highlight=False, soft_wrap=True)


def _shown(name: str, where: Console, *, yes: bool) -> int:
    """Show what is asked; the number of the question. Raises IllegalMove where nothing is, NotAllowed where nobody can answer."""
    with database().reading() as session:
        question = approving.question_of(session, mailing_named(session, name), settings())
        if not yes and not terminal():
            raise NotAllowed("Nobody can be asked here; say --yes to answer without being asked.")
        _show(name, question, where)
        return question.approval.id


def _show(name: str, question: Question, where: Console) -> None:
    where.print(f"{name} would go to [bold]{counted(question.eligible, 'recipient')}[/].", highlight=False)
    if question.excluded:
        left_out = ", ".join(
            f"{n:,} {verdict.replace('_', ' ')}" for verdict, n in sorted(question.excluded.items(), key=lambda pair: -pair[1])
        )
        where.print(f"Left out: {left_out}.", highlight=False, soft_wrap=True)
    for sentence in question.warnings:
        where.print(f"[bold yellow]![/] {escape(sentence)}", highlight=False, soft_wrap=True)
    for sample in question.samples:
        _show_sample(sample, where)


def _show_sample(sample: Sample, where: Console) -> None:
    where.print(f"\nTo {escape(sample.name)}: [bold]{escape(sample.subject)}[/]", highlight=False, soft_wrap=True)
    lines = sample.text.strip().splitlines()
    for line in lines[:LINES]:
        where.print(f"  {escape(line.rstrip())}", highlight=False, soft_wrap=True)
    if len(lines) > LINES:
        where.print("  …")
