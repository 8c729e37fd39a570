"""Commands about who gets a mailing: the list of recipients, and why somebody is or is not on it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from cli.door import AsJson, database, print_json, screen, table
from cli.streams import stream_csv, stream_json
from mailings.audience.drafts import mailing_named
from mailings.audience.explain import Explanation
from mailings.audience.explain import explain as explain_recipient
from mailings.audience.listing import Listed, page_of
from mailings.audience.listing import recipients as listed_recipients
from mailings.audience.populate import counts, populate
from mailings.errors import NotAllowed
from mailings.model import Mailing, MailingStatus, MailingType, Verdict

app = typer.Typer(help="Who gets it: recipients, explain.")
REACHED_AT = {MailingType.SMS: "Mobile", MailingType.DOCUMENT: "Postal address"}
SHOWN = 50  # recipients shown on a screen (domain.md C.9); --json and --csv have them all

Name = Annotated[str, typer.Argument(metavar="NAME", help="The mailing's name.")]


@app.command()
def recipients(
    name: Name,
    *,
    verdict: Annotated[str | None, typer.Option(metavar="V", help=f"Only these: {', '.join(Verdict)}.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, and nothing else.")] = False,
) -> None:
    """The recipients of a mailing with their verdicts. A draft's list is brought up to date first."""
    if as_json and as_csv:
        raise NotAllowed("Say --json or --csv, not both.")
    if verdict is not None and verdict not in set(Verdict):
        raise NotAllowed(f"There is no verdict {verdict!r}; there are {', '.join(Verdict)}.")
    chosen = Verdict(verdict) if verdict else None
    _bring_up_to_date(name)
    with database().reading() as session:
        mailing = mailing_named(session, name)
        rows = listed_recipients(session, mailing, chosen)
        if as_csv:
            heads = [head for head in Listed.__dataclass_fields__ if head != "id"]
            stream_csv(heads, ([getattr(row, head) for head in heads] for row in rows))
        elif as_json:
            numbers = {kind.value: n for kind, n in sorted(counts(session, mailing).items())}
            stream_json({"name": name, "status": mailing.status.value, "verdicts": numbers}, "recipients", (_document(row) for row in rows))
        else:
            _show(mailing, counts(session, mailing), page_of(session, mailing, chosen))


def _document(row: Listed) -> dict[str, object]:
    return {key: value for key, value in asdict(row).items() if key != "id"}


def _show(mailing: Mailing, numbers: dict[Verdict, int], rows: list[Listed]) -> None:
    cells = (
        (row.name, row.email, row.company, row.verdict + (" (overridden)" if row.overridden else ""), row.delivery) for row in rows[:SHOWN]
    )
    name, reached = mailing.name, REACHED_AT.get(mailing.type, "E-mail")
    table(f"Recipients of {name}", ("Name", reached, "Company", "Verdict", "Delivery"), cells)
    screen.print(", ".join(f"{n} {kind}" for kind, n in sorted(numbers.items(), key=lambda item: -item[1])) or "Nobody.", highlight=False)
    if len(rows) > SHOWN:
        screen.print(f"The first {SHOWN} are shown; all of them: mailings recipients {name} --csv", highlight=False)


@app.command()
def explain(
    name: Name,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="An address or mobile number, or the name of a person or company.")],
    as_json: AsJson = False,
) -> None:
    """Why this person does or does not get it: the sources that name them, and each rule's answer."""
    _bring_up_to_date(name)
    with database().reading() as session:
        found = explain_recipient(session, mailing_named(session, name), email)
    if as_json:
        print_json(found[0].document() | {"others": [other.document() for other in found[1:]]})
        return
    for explanation in found:
        _tell(explanation)


def _bring_up_to_date(name: str) -> None:
    """A draft is populated without leaving draft (domain.md D28)."""
    with database().writing() as session:
        mailing = mailing_named(session, name)
        if mailing.status is MailingStatus.DRAFT:
            populate(session, mailing, launch=False)


def _tell(explanation: Explanation) -> None:
    mark = "[green]✓[/]" if explanation.verdict == Verdict.ELIGIBLE else "[yellow]–[/]"
    screen.print(mark, explanation.summary.replace("[", "\\["), highlight=False)
    for source in explanation.sources:
        said = "names them" + (", and is the one that counts" if source.counts else "") if source.names else "does not name them"
        screen.print(f"  {source.kind} {source.source}: {source.note or said}", highlight=False, markup=False)
    if explanation.frozen:
        screen.print("  The list is frozen since it was sent; the rules below are asked as things stand now.", highlight=False)
    for answer in explanation.rules:
        sign = "overridden" if answer.waived else "stops" if answer.holds else "passes"
        screen.print(f"  {sign:>10}  {answer.rule:<18} {answer.why}", highlight=False, markup=False)
    if explanation.delivery:
        told = "; ".join(f"{key.replace('_', ' ')} {_word(value)}" for key, value in explanation.delivery.items() if value is not None)
        screen.print(f"  message: {told}", highlight=False, markup=False)


def _word(value: object) -> str:
    """Moments as everywhere on a screen: to the minute, with the zone."""
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value)
