"""What a person allows and wants by a form: consent with its words, topics ticked and not ticked (domain.md J.2, C.7)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.topics import topics_by_name
from mailings.consent.withdrawing import opt_out, subscribe
from mailings.forms.doing import SOURCE, Doing
from mailings.forms.fields import FieldPart
from mailings.model import Basis, Consent


def take_wishes(session: Session, doing: Doing) -> None:
    """Record each consent that is ticked, with the words it was given to; one that is not ticked takes nothing away.

    A ticked topic is taken again. One that is not ticked is left as it is, unless the field says `unticked: opt_out`.
    """
    for one, value in doing.answered():
        if one.kind == "consent" and value:
            _consent(session, doing, one)
        elif one.kind == "topics":
            _topics(session, doing, one, value)


def _consent(session: Session, doing: Doing, one: FieldPart) -> None:
    person_id, words = doing.person.id, one.text or one.label or None
    newest = select(Consent).where(Consent.person_id == person_id, Consent.purpose == one.purpose).order_by(Consent.id.desc()).limit(1)
    known = session.scalar(newest)
    if known is not None and (known.basis, known.source, known.comment) == (Basis.CONSENT, SOURCE, words):
        return
    given = {"basis": Basis.CONSENT, "source": SOURCE, "comment": words, "given_at": clock.now(), "given_by": doing.by}
    session.add(Consent(person_id=person_id, purpose=one.purpose, **given))
    session.flush()
    doing.said.append(f"Consent to {one.purpose}.")


def _topics(session: Session, doing: Doing, one: FieldPart, ticked: list[str]) -> None:
    known, person_id = topics_by_name(session), doing.person.id
    for name in one.topics:
        topic = known.get(name.casefold())
        if topic is None:  # taken away since the form was pushed
            continue
        if name in ticked and subscribe(session, person_id, topic.id):
            doing.said.append(f"Takes {topic.name} again.")
        elif name not in ticked and one.unticked == "opt_out" and opt_out(session, person_id, topic.id, SOURCE, doing.by):
            doing.said.append(f"Opted out of {topic.name}.")
