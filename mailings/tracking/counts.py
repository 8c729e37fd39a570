"""What one message counts for in the figures of its mailing: its facts in SQL, the figures they make, and links clicked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mailings.audience.labels import LABEL, READY
from mailings.model.counting import SENT

HOUR = 3_600_000  # ms
#: a click is an open too: read when the first of them was
READ_AT = "CASE WHEN opened_at IS NULL OR clicked_at < opened_at THEN clicked_at ELSE opened_at END"


def _some(column: str) -> str:
    return f"CASE WHEN delivery.{column} IS NULL THEN 0 ELSE 1 END"


FACTS = f"""delivery.status, {LABEL} AS label, CASE WHEN delivery.status = 'bounced' THEN COALESCE(delivery.bounce, '') END AS bounce,
    CASE WHEN delivery.status = 'bounced' THEN COALESCE(delivery.bounce_why, 'unknown') END AS why,
    {READ_AT} / {HOUR} AS read, delivery.clicked_at / {HOUR} AS clicked,
    CASE WHEN {READ_AT} IS NOT NULL THEN COALESCE(delivery.opened_with, '') END AS program,
    {_some("machine_opened_at")} AS machine_opened, {_some("machine_clicked_at")} AS machine_clicked,
    {_some("unsubscribed_at")} AS unsubscribed, {_some("complained_at")} AS complained"""


class Facts(NamedTuple):
    """A message as figures see it. `bounce` and `why` only of what came back; `read` and `clicked` = the hour since 1970 of the first."""

    status: str
    label: str
    bounce: str | None
    why: str | None
    read: int | None
    clicked: int | None
    program: str | None
    machine_opened: int
    machine_clicked: int
    unsubscribed: int
    complained: int


def counts_of(facts: Facts) -> Iterator[tuple[str, str]]:
    """What a message with these facts counts for, as (what, key), once each."""
    yield "status", facts.status
    yield "label", facts.label
    if facts.bounce is not None:
        yield "bounce", f"{facts.bounce} {facts.why}"
    if facts.read is not None:
        yield "opened", ""
        yield "opened at", str(facts.read)
        yield "opened with", facts.program or ""
    if facts.clicked is not None:
        yield "clicked", ""
        yield "clicked at", str(facts.clicked)
    for what in ("machine_opened", "machine_clicked", "unsubscribed", "complained"):
        if getattr(facts, what):
            yield what, ""


def counts_at_domain(facts: Facts) -> Iterator[str]:
    """What it counts for among the figures of its recipient's domain."""
    yield "domain"
    if facts.status in SENT:
        yield "domain sent"
    if facts.bounce is not None:
        yield "domain bounced"
    if facts.read is not None:
        yield "domain opened"
    if facts.clicked is not None:
        yield "domain clicked"
    if facts.complained:
        yield "domain complained"


LINK_FIGURES = ("clicks", "machine clicks", "clickers")  #: by the number of the link; '' = addresses that only one message has


def restamped(facts: Facts, stamps: Sequence[int | None], program: str | None) -> Facts:
    """The facts once the message has these stamps (opened, clicked, by a machine opened, clicked; ms): what LABEL and FACTS would say."""
    opened, clicked, machine_opened, machine_clicked = stamps
    read = clicked if opened is None or (clicked is not None and clicked < opened) else opened
    label = facts.label
    if label not in _OUTWEIGHING:
        label = "read" if read is not None else _UNREAD.get(facts.status, facts.status)
    return facts._replace(
        label=label,
        read=None if read is None else read // HOUR,
        clicked=None if clicked is None else clicked // HOUR,
        program=None if read is None else program or "",
        machine_opened=int(machine_opened is not None),
        machine_clicked=int(machine_clicked is not None),
    )


_OUTWEIGHING = ("complained", "bounced", "soft_bounced")  # labels that stay, whatever is read
_UNREAD = {"delivered": "sent", "queued": READY, "sending": READY}  # status -> its label, where that is another word
