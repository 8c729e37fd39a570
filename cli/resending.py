"""`mailings resend`: to those who have not received it, or once more to chosen recipients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.door import AsJson, database
from cli.runs import BatchSize, run_of, say, tell_ending
from mailings.model import MailingStatus
from mailings.sending.choosing import read_choice
from mailings.sending.finding import mailing_named
from mailings.sending.resending import must_be_possible
from tasks.parameters import HowToSend, Whom

if TYPE_CHECKING:
    from mailings.sending.resending import Resent

app = typer.Typer(help="Sending again.")

Name = Annotated[str, typer.Argument(help="The mailing's name.", show_default=False)]
Reload = Annotated[bool, typer.Option("--reload", help="Make the list anew from its sources; send to all who have not received it.")]
Only = Annotated[
    str,
    typer.Option(
        "--only", help="failed, bounced, in_doubt, cancelled, unopened, unclicked, or addresses, separated by commas.", show_default=False
    ),
]


@app.command()
def resend(name: Name, reload: Reload = False, only: Only = "", batch_size: BatchSize = None, as_json: AsJson = False) -> None:
    """Send a mailing again: --reload or --only WHAT. Nobody gets it twice who is not chosen."""
    db = database()
    with db.reading() as session:
        must_be_possible(session, mailing_named(session, name), reload=reload, only=only)  # before ten seconds go into starting the engine
    try:
        with run_of(db, name, batch_size) as how:
            resent = _resent(name, reload, only, how)
    except KeyboardInterrupt:
        say(f"Interrupted. What is sent is recorded, and who is left is queued; go on with: mailings send {name}")
        raise typer.Exit(130) from None
    tell_ending(db, resent, as_json=as_json)
    if resent.queued and resent.status in (MailingStatus.PAUSED, MailingStatus.CANCELLED):
        raise typer.Exit(1)


def _resent(name: str, reload: bool, only: str, how: HowToSend) -> Resent:
    from flows.resend_mailing import resend_mailing  # noqa: PLC0415  Prefect takes a second to import

    return resend_mailing(name, _whom(reload, only), how)


def _whom(reload: bool, only: str) -> Whom:
    """The form that says the same."""
    if reload:
        return Whom(reload=True)
    choice = read_choice(only)
    return Whom.model_validate({"latest": [*choice.statuses, *choice.unmoved], "addresses": [*choice.addresses.values()]})
