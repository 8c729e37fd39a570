"""The figures of a mailing as words: one line while it is sent, one page when it is done, always with what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailings.model import DeliveryStatus, Verdict

STATUS_WORDS = {
    DeliveryStatus.QUEUED: "still to be sent",
    DeliveryStatus.SENDING: "being sent",
    DeliveryStatus.SENT: "sent",
    DeliveryStatus.DELIVERED: "delivered",
    DeliveryStatus.BOUNCED: "bounced",
    DeliveryStatus.FAILED: "failed",
    DeliveryStatus.IN_DOUBT: "in doubt: handed over without an answer",
    DeliveryStatus.CANCELLED: "cancelled",
}
VERDICT_WORDS = {
    Verdict.RETIRED: "former employee",
    Verdict.STOPPED: "No mailings or Stop is set",
    Verdict.COMPANY_PREFERRED: "the company gets it instead",
    Verdict.NO_ADDRESS: "no valid address",
    Verdict.BLOCKED_ADDRESS: "blocked address",
    Verdict.COMPLAINED: "reported us as spam",
    Verdict.NO_CONSENT: "no consent",
    Verdict.NOT_SUBSCRIBED: "opted out of the topic",
    Verdict.DUPLICATE: "address served already",
    Verdict.ERASED: "erased",
}
NEXT_STEPS = {
    "draft": "It was refused and is a draft again. See why: `mailings check {name}`",
    "scheduled": "It waits for its time.",
    "sending": "It goes on by itself when the next attempt is due; at once with `mailings send {name}`",
    "paused": "When the reason is mended: `mailings resume {name}`, then `mailings send {name}`",
    "cancelled": "It is stopped. To send to the rest after all: `mailings resend {name} --reload`",
}
_TROUBLE = (DeliveryStatus.FAILED, DeliveryStatus.IN_DOUBT, DeliveryStatus.BOUNCED)
OPEN = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)

Document = Mapping[str, Any]


def progress_line(document: Document) -> tuple[float, str]:
    """The share that is done, 0-100, and a line on it: `1,200 of 5,000; 3 failed`."""
    deliveries: Mapping[str, int] = document["deliveries"]
    everyone = sum(deliveries.values())
    done = everyone - sum(deliveries.get(status, 0) for status in OPEN)
    extra = [f"{deliveries[s]:,} {STATUS_WORDS[s].split(':')[0]}" for s in _TROUBLE if deliveries.get(s)]
    if document.get("waiting"):
        extra.append(f"{document['waiting']:,} to be tried again, the next {_time(document.get('next_attempt'))}")
    return (100.0 * done / everyone if everyone else 0.0), "; ".join([f"{done:,} of {everyone:,}", *extra])


def headline(document: Document) -> str:
    """The mailing and where it stands: `autumn-news: sent (1,200 of 5,000 recipients)`."""
    deliveries, recipients = document["deliveries"], document["recipients"]
    served = sum(deliveries.get(s, 0) for s in (DeliveryStatus.SENT, DeliveryStatus.DELIVERED))
    return f"{document['name']}: {document['status']} ({served:,} of {recipients['total']:,} recipients)"


def summary(document: Document) -> str:
    """The page a run leaves behind, in Markdown: where it stands, who got it, who did not and why, what to do next."""
    recipients, deliveries = document["recipients"], document["deliveries"]
    reached = [(STATUS_WORDS[s], deliveries.get(s, 0)) for s in DeliveryStatus if deliveries.get(s)]
    left_out = sorted(recipients["excluded"].items(), key=lambda pair: -pair[1])
    parts = [f"# {headline(document)}"]
    if reason := document.get("reason"):
        parts.append(f"Paused: {reason}")
    if not document.get("balanced", True):
        parts.append("**The figures do not add up: some recipients are not accounted for.** Nothing is called sent before they do.")
    parts.append(_table(f"Eligible: {recipients['eligible']:,}", reached))
    if left_out:
        named = [(VERDICT_WORDS.get(Verdict(verdict), verdict), n) for verdict, n in left_out]
        parts.append(_table(f"Left out: {sum(n for _, n in left_out):,}", named))
    parts += ["## What next", *(f"* {step}" for step in next_steps(document))]
    return "\n\n".join(parts)


def next_steps(document: Document) -> list[str]:
    """What a person may do now, each a sentence with the command."""
    name, deliveries = document["name"], document["deliveries"]
    steps = [NEXT_STEPS[document["status"]].format(name=name)] if document["status"] in NEXT_STEPS else []
    if document.get("waiting"):
        steps.append(f"{document['waiting']:,} were asked to be tried later, the next {_time(document.get('next_attempt'))}.")
    if deliveries.get(DeliveryStatus.IN_DOUBT):
        steps.append(f"Those in doubt are never sent again by themselves; what others say of them settles it: `mailings settle {name}`")
    if again := [s.value for s in (DeliveryStatus.FAILED, DeliveryStatus.BOUNCED) if deliveries.get(s)]:
        steps.append(f"To try them once more, when the reason is mended: `mailings resend {name} --only {','.join(again)}`")
    if document["recipients"]["excluded"]:
        steps.append(
            f"Why somebody was left out: `mailings explain {name} ADDRESS`, or all: `mailings recipients {name} --verdict VERDICT`"
        )
    return [*steps, f"Figures any time: `mailings status {name}` and `mailings report {name}`"]


def _table(title: str, rows: list[tuple[str, int]]) -> str:
    lines = "\n".join(f"| {word} | {n:,} |" for word, n in rows)
    return f"## {title}\n\n| | recipients |\n|---|---:|\n{lines}" if rows else f"## {title}"


def _time(moment: object) -> str:
    """A moment of the document (ISO, UTC) as people read it, to the minute."""
    return f"at {str(moment)[:16].replace('T', ' ')} UTC" if moment else "soon"
