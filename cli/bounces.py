"""Commands of `bounces`: read returned mail, list what bounced, allow addresses again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.door import AsJson, database, notes, print_json, record, screen, table, tell
from mailings.addresses import is_number, read_address
from mailings.errors import BadAddress, Unreadable
from mailings.readable import counted
from mailings.sending.finding import mailing_named
from mailings.settings import settings
from mailings.tracking.bounced import Bounced, bounced_of
from mailings.tracking.clearing import clear_bounces
from mailings.tracking.mailbox import Collected
from mailings.tracking.mailbox import collect as collect_mail
from mailings.tracking.refusals import count_refusals
from mailings.tracking.stopped import Asked, Stopped, behind

app = typer.Typer(help="Bounces: read returned mail, see what bounced and which addresses are blocked, allow them again.")

COMPLAINTS = "Complaints"
LISTED = 1000  # rows printed; more of them as one asks with --after

Mailing = Annotated[str | None, typer.Option("--mailing", metavar="NAME", help="What came back of this mailing.", show_default=False)]
OnlyBlocked = Annotated[bool, typer.Option("--blocked", help="Addresses nothing is sent to, over all mailings; this is the default.")]
OnlyComplaints = Annotated[bool, typer.Option("--complaints", help="Who reported us as spam, over all mailings.")]
After = Annotated[str, typer.Option("--after", metavar="WHERE", help="Go on behind this address, or delivery of a mailing.")]
Emails = Annotated[list[str], typer.Argument(metavar="EMAIL...", help="Addresses and numbers (+4799887766) that may be written to again.")]


@app.command()
def collect(as_json: AsJson = False) -> None:
    """Read the mailbox where returned mail arrives, and count what servers refused. Nothing in the mailbox is changed."""
    db = database()
    refused = count_refusals(db, settings())
    with notes.status("Reading returned mail…") as status:
        found = collect_mail(db, settings(), lambda so_far: status.update(f"Reading returned mail… {so_far.read:,}"))
    for trouble in found.troubles:
        notes.print(trouble, highlight=False, markup=False)
    tell(_sentence(found, refused), asdict(found) | {"refused": refused}, as_json=as_json)


@app.command("list")
def list_(
    mailing: Mailing = None,
    only_blocked: OnlyBlocked = False,
    only_complaints: OnlyComplaints = False,
    after: After = "",
    as_json: AsJson = False,
) -> None:
    """Blocked addresses; or complaints; or what came back of one mailing."""
    if sum((mailing is not None, only_blocked, only_complaints)) > 1:
        raise Unreadable("--mailing, --blocked and --complaints are three lists; ask for one of them.")
    with database().reading() as session:
        if mailing is not None:
            if after and not after.isdigit():
                raise Unreadable("--after of a mailing's bounces is the number of a delivery.")
            found: Sequence[Any] = bounced_of(session, mailing_named(session, mailing).id, int(after or 0), LISTED)
        else:
            found = behind(session, Asked(settings().bounce_threshold, complained=only_complaints), after, LISTED)
    if as_json:
        print_json([_document(one, only_complaints) for one in found])
    else:
        _show(f"What came back of {mailing}" if mailing else COMPLAINTS if only_complaints else "Blocked addresses", found)


@app.command()
def clear(emails: Emails, as_json: AsJson = False) -> None:
    """Allow addresses again: block and count end. Who complained is not written to all the same."""
    normals = [_normal(email) for email in emails]
    with database().writing() as session:
        done = clear_bounces(session, normals)
        if done.changed:
            record(session, "clear bounces", "blocked addresses", **asdict(done))
    left = len(set(normals)) - done.changed
    beside = f" Nothing stood against {left:,} of them." if left else ""
    tell(f"{done.changed:,} may be written to again.{beside}", {"cleared": done.changed, "cleaned": done.cleaned}, as_json=as_json)


def _normal(email: str) -> str:
    if is_number(email):
        return email
    read = read_address(email)
    if read.normal is None:
        raise BadAddress(f"{email!r} is no e-mail address. {read.problem}")
    return read.normal


def _sentence(found: Collected, refused: int) -> str:
    kinds = {"bounce": found.bounces, "delay": found.delays, "receipt": found.receipts, "automatic reply": found.auto_replies}
    kinds |= {"complaint": found.complaints, "other letter": found.others}
    told = ", ".join(counted(n, kind, "automatic replies" if kind == "automatic reply" else "") for kind, n in kinds.items() if n)
    said = [f"Read {counted(found.read, 'message')}" + (f": {told}." if told else ".")]
    said += [f"{found.new:,} told something new."] if found.new else []
    said += [f"{counted(found.unknown, 'is', 'are')} about no message of ours and no address we know."] if found.unknown else []
    said += [f"{found.broken:,} could not be read."] if found.broken else []
    said += [f"{counted(refused, 'address was', 'addresses were')} refused at hand-over since the last look."] if refused else []
    return " ".join(said)


def _document(one: Bounced | Stopped, complained: bool) -> dict[str, object]:
    told = one._asdict()
    if isinstance(one, Bounced):
        return told
    if complained:
        return {key: told[key] for key in ("address", "person_id", "name", "company", "complained_at")}
    return {key: value for key, value in told.items() if key not in ("since", "complained_at")}


def _show(title: str, found: Sequence[Any]) -> None:
    if not found:
        screen.print("There are none.")
        return
    rows = [_row(one, title == COMPLAINTS) for one in found]
    table(title, list(rows[0]), [list(row.values()) for row in rows], {"address"})
    if len(found) == LISTED:
        last = found[-1].delivery if isinstance(found[-1], Bounced) else found[-1].address
        screen.print(f"There may be more: --after {last}", highlight=False)


def _row(one: Bounced | Stopped, complained: bool) -> dict[str, object]:
    """A row as people read it."""
    if isinstance(one, Bounced):
        dealt = "yes" if one.cleaned else ""
        words: dict[str, object] = {"address": one.address, "name": one.name, "company": one.company, "kind": one.kind, "cause": one.why}
        return words | {"code": one.code, "reason": one.reason, "dealt with": dealt}
    if complained:
        return {"address": one.address, "name": one.name, "company": one.company, "complained": f"{one.complained_at:%Y-%m-%d}"}
    why = one.blocked_why or f"{counted(one.bounces, 'bounce')} in a row"
    said = " ".join(filter(None, (one.code if one.code not in one.reason else "", one.reason)))
    return {"address": one.address, "name": one.name, "company": one.company, "why": why, "cause": one.why, "last said": said}
