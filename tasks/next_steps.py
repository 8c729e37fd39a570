"""What a person may do now: each step a sentence, with the command or the page of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailings.model import DeliveryStatus, Verdict
from mailings.readable import counted
from mailings.reports.places import desk_address
from mailings.sending.approval import approving
from mailings.settings import settings
from tasks.words import moment

NEXT_STEPS = {
    "draft": "It was refused and is a draft again. See why: `mailings check {name}`",
    "scheduled": "It waits for its time.",
    "sending": "It goes on by itself when the next attempt is due; at once with `mailings send {name}`",
    "paused": "When the reason is mended: `mailings resume {name}`, then `mailings send {name}`",
    "cancelled": "It is stopped. To send to the rest after all: `mailings resend {name} --reload`",
}
ASKED = "It waits for an answer: look at it and approve or decline it at the desk, or with `mailings approve {name}`"
#: verdict -> what may be done about it, for the table of who was left out
ADVICE = {
    Verdict.RETIRED: "Nothing, if they left. Who is back: change the person's record.",
    Verdict.STOPPED: "Nothing: somebody set this on purpose. It is changed on the person or company.",
    Verdict.COMPANY_PREFERRED: "Nothing: their company has it. The mailing's options decide this.",
    Verdict.NO_ADDRESS: "Add an e-mail address, or correct the one that is there.",
    Verdict.BLOCKED_ADDRESS: "Correct the address. It is blocked because mail came back too often.",
    Verdict.COMPLAINED: "Nothing: they reported our mail as spam, and never get any again.",
    Verdict.NO_CONSENT: "Ask for their consent, and note it on the person.",
    Verdict.NOT_SUBSCRIBED: "Nothing: they said no to this topic. They can change it themselves.",
    Verdict.DUPLICATE: "Nothing: the address has the message once already.",
    Verdict.ERASED: "Nothing: they asked to be forgotten.",
}


def next_steps(document: Mapping[str, Any]) -> list[str]:
    """What a person may do now, each a sentence with the command."""
    name, deliveries = document["name"], document["deliveries"]
    steps = [_first(document).format(name=name)] if document["status"] in NEXT_STEPS else []
    if document.get("waiting"):
        steps.append(
            f"{counted(document['waiting'], 'was', 'were')} asked to be tried later, the next {moment(document.get('next_attempt'))}."
        )
    if deliveries.get(DeliveryStatus.IN_DOUBT):
        steps.append(f"Those in doubt are never sent again by themselves; what others say of them settles it: `mailings settle {name}`")
    if again := [s.value for s in (DeliveryStatus.FAILED, DeliveryStatus.BOUNCED) if deliveries.get(s)]:
        steps.append(f"To try them once more, when the reason is mended: `mailings resend {name} --only {','.join(again)}`")
    if document["recipients"]["excluded"]:
        steps.append(f"Why somebody was left out: look for them on the list at the desk, or `mailings explain {name} ADDRESS`")
    return [*steps, f"Figures any time: `mailings status {name}` and `mailings report {name}`"]


def links(name: str) -> str:
    """The ways to the desk, as a list in Markdown."""
    chosen = settings()
    places = {
        "mailing": "The mailing at the desk",
        "report": "Report: what came of it, with charts",
        "recipients": "Recipients: everybody on the list, and why",
        "workbook": "Everything as an Excel workbook",
    }
    return "\n".join(f"* [{words}]({desk_address(chosen, place, name)})" for place, words in places.items())


def _first(document: Mapping[str, Any]) -> str:
    return ASKED if document.get("reason") == approving.REASON else NEXT_STEPS[document["status"]]
