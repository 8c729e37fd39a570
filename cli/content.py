"""`mailings check`, `preview` and `test`: is it fit to go, what does one person get, and how does it look in a real mailbox?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.rule import Rule
from rich.text import Text

from cli.door import AsJson, changing, database, notes, print_json, record, screen
from mailings.channels import Findings
from mailings.errors import NotAllowed, Unreadable
from mailings.message import Outcome
from mailings.model import MailingStatus, Verdict
from mailings.readable import counted
from mailings.sending.dns.spf import look_up
from mailings.sending.finding import mailing_named
from mailings.sending.preflight import check as look_over
from mailings.sending.preflight import sender_domains
from mailings.sending.previewing import Preview
from mailings.sending.previewing import preview as look_at
from mailings.sending.testing import Tried, send_test
from mailings.settings import settings

app = typer.Typer(help="Content: check, preview, test.")

Name = Annotated[str, typer.Argument(help="The mailing's name.", show_default=False)]
Recipient = Annotated[str, typer.Option("--to", metavar="EMAIL", help="The recipient whose message to show.", show_default=False)]
Addresses = Annotated[str, typer.Option("--to", metavar="ADDRESSES", help='Where to, e.g. "a@x.test; b@x.test".', show_default=False)]
Page = Annotated[Path | None, typer.Option("--out", metavar="FILE.html", help="Write the HTML there, for a browser.", show_default=False)]

OUTCOMES = {
    Outcome.ACCEPTED: "[green]sent[/]",
    Outcome.REFUSED: "[red]refused[/]",
    Outcome.TRY_LATER: "[yellow]asked to try later[/]",
    Outcome.UNKNOWN: "[yellow]handed over, no answer[/]",
    Outcome.UNTOUCHED: "[red]not sent[/]",
}


@app.command()
def check(name: Name, as_json: AsJson = False) -> None:
    """Look a mailing over: problems keep it from being sent (exit 1), warnings do not."""
    with database().reading() as session:
        domains = sender_domains(session, mailing_named(session, name), settings())
    answers = look_up(domains, settings().dns)
    with database().writing() as session:
        mailing = mailing_named(session, name)
        findings = look_over(session, mailing, settings(), answers)
        if mailing.status in (MailingStatus.DRAFT, MailingStatus.SCHEDULED):  # its list was made for it
            record(session, "check", f"mailing {name}", problems=len(findings.problems), warnings=len(findings.warnings))
    if as_json:
        print_json({"problems": findings.problems, "warnings": findings.warnings, "notes": findings.notes})
    else:
        _tell(name, findings)
    if findings.problems:
        raise typer.Exit(1)


def _tell(name: str, findings: Findings) -> None:
    for sentence in findings.problems:
        screen.print(f"[bold red]✗[/] {escape(sentence)}", highlight=False, soft_wrap=True)
    for sentence in findings.warnings:
        screen.print(f"[bold yellow]![/] {escape(sentence)}", highlight=False, soft_wrap=True)
    for sentence in findings.notes:
        screen.print(f"[bold cyan]i[/] {escape(sentence)}", highlight=False, soft_wrap=True)
    if findings.problems:
        screen.print(f"\n{counted(len(findings.problems), 'problem')} to be mended before [bold]{name}[/] can be sent.", highlight=False)
        return
    also = f", {counted(len(findings.warnings), 'warning')}" if findings.warnings else ""
    screen.print(f"[bold green]✓[/] [bold]{name}[/] can be sent{also}. Next: mailings send {name}", highlight=False, soft_wrap=True)


@app.command()
def preview(name: Name, to: Recipient, out: Page = None) -> None:
    """Show the message one recipient would get, with their data. Nothing is sent."""
    with database().writing() as session:
        shown = look_at(session, mailing_named(session, name), to)
    if shown.verdict is not Verdict.ELIGIBLE:
        why = f"{shown.address} would not get it ({shown.verdict.replace('_', ' ')}); see: mailings explain {name} {shown.address}"
        notes.print(f"[bold yellow]![/] {escape(why)}", highlight=False, soft_wrap=True)
    _show(shown)
    if out is not None:
        _write(out, shown.html)
        notes.print(f"The HTML is in {escape(str(out))}.", highlight=False, soft_wrap=True)


def _show(shown: Preview) -> None:
    screen.print(Text(shown.subject, style="bold"), soft_wrap=True)
    screen.print(Text(f"to {shown.address}", style="dim"), Rule(style="dim"), sep="\n")
    screen.print(Text(shown.text.strip()), soft_wrap=True)  # its lines are the writer's, and as long as in the message


def _write(path: Path, html: str) -> None:
    try:
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise NotAllowed(f"{path} cannot be written: {error.strerror}; choose another place with --out.") from error


@app.command()
def test(name: Name, to: Addresses) -> None:
    """Send the message to your own addresses, flagged test: no recipient gets it and no figure counts it."""
    addresses = [address for part in to.split(";") for address in part.split(",") if address.strip()]
    if not addresses:
        raise Unreadable('--to names no address; write e.g. --to "anna@firma.test; bo@firma.test".')
    tried = send_test(database(), name, [address.strip() for address in addresses], settings())
    with changing("send test", f"mailing {name}", addresses=len(tried)):
        pass  # each message has its row already; what is refused beforehand has neither
    for one in tried:
        screen.print(f"{OUTCOMES[one.receipt.outcome]} {escape(one.address)}{escape(_answer(one))}", highlight=False, soft_wrap=True)
    if any(one.receipt.outcome is not Outcome.ACCEPTED for one in tried):
        raise typer.Exit(1)


def _answer(one: Tried) -> str:
    said = " ".join(filter(None, (one.receipt.code, one.receipt.reason)))
    return f": {said}" if said else ""
