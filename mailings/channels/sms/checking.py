"""What preflight must know about a text message: text and sender, unknown and empty variables, how long it is and what it costs."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings.channels import Findings
from mailings.channels.blanks import blank_variables
from mailings.channels.sms.arms import Arms
from mailings.channels.sms.compiling import column_of, compiled_of, sender_of, words_of, written
from mailings.channels.sms.composing import CompiledSms
from mailings.channels.sms.parts import MOST, foreign
from mailings.channels.sms.sizing import Size, size_of
from mailings.errors import BadTemplate
from mailings.model import Mailing
from mailings.settings import Settings, settings

SHOWN = 8  # letters named


def problems_of(session: Session, mailing: Mailing, chosen: Settings | None = None) -> Findings:
    """Everything about the content that keeps the mailing from being sent, and what one should know before."""
    chosen, said = chosen or settings(), written(mailing)
    found = Findings()
    if (problem := sender_of(mailing, chosen).problem) is not None:
        found.problems.append(problem)
    if not said["text"].strip():
        found.problems.append("It has no text; write its words under `sms: text` in mailing.yaml.")
        return found
    found.problems.extend(words_of(mailing, chosen).problems)
    if not found.problems:
        try:
            _compiled(session, mailing, compiled_of(session, mailing, chosen), (found, chosen))
        except BadTemplate as error:
            found.problems.append(str(error))
    return found


def _compiled(session: Session, mailing: Mailing, compiled: CompiledSms, told: tuple[Findings, Settings]) -> None:
    found, chosen = told
    arms = compiled.words.arms()
    if (shortest := arms.least()).parts > MOST:
        found.problems.append(f"The text is at least {shortest.parts} parts long; networks take {MOST}. Shorten it.")
        return
    found.warnings.extend(blank_variables(session, mailing, compiled.words, column_of))
    size = size_of(session, mailing, compiled)
    found.warnings.extend(_wide(arms, size))
    if size.most.parts > MOST:
        found.warnings.append(
            f"For some recipients the text is up to {size.most.parts} parts long; networks take {MOST}, so they will be refused."
        )
    elif arms.most().parts > MOST:
        found.warnings.append(
            f"Where its choices come out longest the text is {arms.most().parts} parts long; networks take {MOST}, so such recipients"
            " will be refused."
        )
    found.warnings.extend(size.trouble)
    if size.recipients:
        found.notes.append(size.sentence(chosen.sms_price, chosen.sms_currency))
        _caps(size.recipients, found, chosen)


def _caps(recipients: int, found: Findings, chosen: Settings) -> None:
    """What the caps mean for this mailing (domain.md G.3)."""
    for name, most in (("MAILINGS_SMS_PER_DAY", chosen.sms_per_day), ("MAILINGS_SMS_PER_RECIPIENT", chosen.sms_per_recipient)):
        if most == 0:
            found.problems.append(f"{name} is 0, so no text message may leave; take it out or raise it.")
    if chosen.sms_per_day and recipients > chosen.sms_per_day:
        days = -(-recipients // chosen.sms_per_day)
        found.warnings.append(f"MAILINGS_SMS_PER_DAY lets {chosen.sms_per_day:,} leave in 24 hours: it takes {days} days to the end.")


def _wide(arms: Arms, size: Size) -> list[str]:
    if named := arms.foreign():
        shown = " ".join(named[:SHOWN]) + (" ..." if len(named) > SHOWN else "")
        return [
            f"Because of {shown} all of it is sent as UCS-2: 70 letters a part instead of 160. Write it with letters of GSM 03.38"
            " (straight quotes, no emoji) to make it shorter."
        ]
    if size.foreign:
        shown = " ".join(size.foreign[:SHOWN])
        whose = "the words for them have" if set(size.foreign) & set(foreign(arms.longest)) else "their data has"
        return [f"For some recipients it is sent as UCS-2, 70 letters a part instead of 160: {whose} {shown}."]
    return []
