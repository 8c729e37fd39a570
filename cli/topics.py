"""Commands of `topics`: the subscription types people may opt out of."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.door import AsJson, database, print_json, record, screen, table
from mailings.consent.topics import add_topic, describe_topic, opt_out_counts, topics

app = typer.Typer(help="Topics: what mailings are about, and what people may opt out of (their subscriptions).")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every topic, with how many people do not take it."""
    with database().reading() as session:
        out = opt_out_counts(session)
        rows = [(topic.name, topic.description, out.get(topic.id, 0)) for topic in topics(session)]
    if as_json:
        print_json({"topics": [{"name": name, "description": text, "opted_out": count} for name, text, count in rows]})
    elif rows:
        table("Topics", ("name", "description", "opted out"), rows)
    else:
        screen.print("There are no topics yet; mailings init adds the usual ones, mailings topics add NAME one of your own.")


@app.command()
def add(name: Annotated[str, typer.Argument(metavar="NAME", help="As people will read it, for example News.")]) -> None:
    """Add a topic. A mailing names it with `topic: NAME`."""
    with database().writing() as session:
        added = add_topic(session, name).name
        record(session, "add topic", f"topic {added}")
    screen.print(f"Topic {added} added.")


@app.command()
def describe(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The topic.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="One sentence for readers; empty takes it away.")],
) -> None:
    """Say what a topic is about: shown below its name on the preferences page."""
    with database().writing() as session:
        described = describe_topic(session, name, text)
        record(session, "describe topic", f"topic {described.name}")
        screen.print(f"Topic {described.name}: {described.description or 'no description'}")
