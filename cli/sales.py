"""Commands of `sales`: bring them in from a list, and see them. Letters may name one (`document: {sale: NUMBER}`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.door import AsJson, database, print_json, record, screen, table, tell
from mailings.people.sales import import_sales, sale_numbered, sale_told, sales, shown
from mailings.readable import counted

app = typer.Typer(help="Sales: what a letter may name beside its project.")
TOLD = 20  # rows with something wrong told on a screen; --json has them all


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A list with heads: .xlsx, .xls, .ods, .csv or .txt.")],
    as_json: AsJson = False,
) -> None:
    """Bring a list of sales in. Known ones are recognised by number and brought up to date; running it twice changes nothing."""
    with database().writing() as session:
        outcome = import_sales(session, file)
        if outcome.rows:
            record(session, "import sales", rows=outcome.rows, new=outcome.created, there=outcome.rows - outcome.created)
    tell(
        f"{counted(outcome.rows, 'sale')}: {outcome.created} new, {outcome.rows - outcome.created} known.",
        outcome.document(),
        as_json=as_json,
    )
    if not as_json:
        for error in outcome.errors[:TOLD]:
            screen.print(f"  row {error.row}, {error.column}: {error.why}", markup=False)
        if len(outcome.errors) > TOLD:
            screen.print(f"  and {len(outcome.errors) - TOLD} more; see --json")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """All sales by number."""
    with database().reading() as session:
        rows = [sale_told(sale) for sale in sales(session)]
    if as_json:
        print_json(rows)
    elif not rows:
        screen.print("No sales yet. Bring some in: mailings sales import FILE")
    else:
        heads = ("number", "name", "amount", "currency", "day", "status")
        table("Sales", tuple(head.capitalize() for head in heads), (tuple(str(row.get(head, "")) for head in heads) for row in rows))


@app.command()
def show(number: Annotated[str, typer.Argument(metavar="NUMBER", help="The sale's number.")], as_json: AsJson = False) -> None:
    """One sale, and whose it is."""
    with database().reading() as session:
        told = shown(session, sale_numbered(session, number))
    if as_json:
        print_json(told)
    else:
        table(f"Sale {number}", ("What", "Is"), ((name.capitalize(), str(value)) for name, value in told.items()))
