"""How people, and lists of them, are shown on the screen."""

from __future__ import annotations

import re
from typing import Any

from rich.markup import escape

from cli.door import screen, table
from mailings.people.importing import ImportOptions, ImportOutcome
from mailings.people.listed import ReadList
from mailings.readable import counted

MOMENTS = ("at", "given_at", "since", "due_at", "created_at", "submitted_at")
BROWSERS = (
    ("Thunderbird", "Thunderbird"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SHOWN = 20  # wrong rows on the screen; --json has all


def tell_import(outcome: ImportOutcome, read: ReadList, options: ImportOptions, *, dry_run: bool) -> None:
    """What an import did, or would do: wrong rows, counts, consent."""
    if outcome.errors:
        heads = {field: ", ".join(names) for field, names in read.columns.items()}
        rows = [(problem.row, escape(heads.get(problem.column, problem.column)), escape(problem.why)) for problem in outcome.errors[:SHOWN]]
        table(f"What is wrong in {read.file}", ("row", "column", "why"), rows)
        if len(outcome.errors) > SHOWN:
            screen.print(f"… and {len(outcome.errors) - SHOWN:,} more; --json names all.")
    made, got, has = ("would be created", "would get", "would have") if dry_run else ("created", "got", "now has")
    screen.print(
        f"{counted(outcome.rows, 'row')} in {escape(read.file)}: {counted(outcome.created, 'person', 'people')} {made}, "
        f"{outcome.matched:,} matched, {outcome.skipped:,} skipped."
    )
    if outcome.filled:
        screen.print(f"{outcome.filled:,} of those matched {got} details that were missing.")
    if options.selection:
        screen.print(f"The selection {escape(options.selection)} {has} {counted(outcome.members, 'person', 'people')}.")
    _tell_consent(outcome, options, "would be recorded" if dry_run else "recorded")
    for note in outcome.notes:
        screen.print(escape(note))


def _tell_consent(outcome: ImportOutcome, options: ImportOptions, recorded: str) -> None:
    if outcome.consents:
        screen.print(f"{counted(outcome.consents, 'statement')} about consent {recorded}, source Import.")
    if outcome.withdrawn_kept:
        screen.print(
            f"{counted(outcome.withdrawn_kept, 'person has', 'people have')} withdrawn their consent earlier; that stays in force."
        )
    if options.basis is None:
        beyond = " beyond what rows say themselves" if outcome.consents else ""
        screen.print(
            f"No consent was recorded{beyond}. If you may write to these people, say on which basis: --consent BASIS", style="yellow"
        )


def tell_person(held: dict[str, Any]) -> None:
    """One person: a few lines, then a table for each kind of thing held."""
    screen.print(
        f"[bold]{escape(held.get('name') or 'Somebody without a name')}[/]" + (f", {escape(held['company'])}" if held["company"] else "")
    )
    plain = {k: v for k, v in held.items() if k not in {"id", "name", "company", "custom"} and v and not isinstance(v, list | dict)}
    for column, value in {**plain, **held.get("custom", {})}.items():
        screen.print(f"  {escape(column)}: {escape(_word(value))}", highlight=False)
    for kind in ("interests", "selections", "projects"):
        if held[kind]:
            screen.print(f"  {kind}: {escape(', '.join(held[kind]))}", highlight=False)
    _tell_addresses(held["addresses"])
    if not held["consents"]:
        screen.print("No consent is recorded.", style="yellow")
    _tell_rows("Consent", ("given_at", "purpose", "basis", "source", "given_by", "in_force"), held["consents"])
    _tell_rows("Topics opted out", ("since", "topic", "source", "ended_at", "in_force"), held["opt_outs"])
    _tell_mailings(held["mailings"])
    _tell_came_back(held)
    _tell_rows("Lists copied for mailings", ("mailing", "list", "row", "written"), held["lists"])
    _tell_rows("Text messages counted under caps", ("at", "number"), held["texts"])


def _tell_addresses(addresses: list[dict[str, Any]]) -> None:
    rows = []
    for address in addresses:
        standing = address.get("standing", {})
        blocked = f"blocked: {standing.get('blocked_why')}" if standing.get("blocked_at") else ""
        said = [
            blocked,
            "complained" if standing.get("complained_at") else "",
            "unsubscribed" if standing.get("unsubscribed_at") else "",
            counted(standing["bounces"], "bounce") if standing.get("bounces") else "",
        ]
        rows.append({**address, "standing": ", ".join(word for word in said if word)})
    _tell_rows("Addresses", ("rank", "address", "valid", "standing"), rows)


def _tell_mailings(mailings: list[dict[str, Any]]) -> None:
    rows = []
    for mailing in mailings:
        sent = [
            f"{delivery['status']} {_word(delivery.get('sent_at', ''))}".strip()
            for delivery in mailing["deliveries"]
            if not delivery["test"]
        ]
        rows.append({**mailing, "messages": ", ".join(sent)})
    _tell_rows("Mailings", ("mailing", "verdict", "address", "messages"), rows)
    messages = [(mailing, delivery) for mailing in mailings for delivery in mailing["deliveries"]]
    history = [{"mailing": mailing["mailing"], **line} for mailing, delivery in messages for line in delivery.get("history", [])]
    _tell_rows("What departed from the normal way", ("mailing", "at", "what", "why", "by"), history)


def _tell_came_back(held: dict[str, Any]) -> None:
    """What is told in full only by --json: the reports as they came, and with what and from where somebody visited."""
    visits = [{**visit, "with": "a machine" if visit.get("machine") else browser(visit.get("agent") or "")} for visit in held["visits"]]
    _tell_rows("Visits", ("at", "kind", "mailing", "url", "with"), visits)
    _tell_rows("Reports of providers", ("at", "kind", "mailing", "address", "code", "reason"), held["reports"])
    _tell_rows("What clicks set going", ("due_at", "mailing", "link", "done_at", "outcome"), held["errands"])
    _tell_rows("Follow-ups", ("created_at", "kind", "description", "starts_at", "assigned_to"), held["follow_ups"])
    _tell_rows("Requests", ("created_at", "title", "priority", "category", "owner"), held["requests"])
    _tell_rows("Forms filled in", ("submitted_at", "form", "status", "processed_by", "problem"), held["submissions"])


def _tell_rows(title: str, heads: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    if rows:
        shown = [tuple(None if row.get(head) is None else escape(_word(row[head])) for head in heads) for row in rows]
        table(title, heads, shown, MOMENTS)


def browser(agent: str) -> str:
    """What somebody visited with, in a word where we know it: browsers name those they descend from too, so the order tells."""
    return next((name for sign, name in BROWSERS if sign in agent), agent[:30])


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):.*\+00:00$", r"\1 \2 UTC", str(value))
