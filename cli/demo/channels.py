"""More than e-mail, in the demo: letters as one PDF, text messages as files, and a form that three people fill in."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cli.door import database
from mailings import clock
from mailings.forms.answers import Posted, read
from mailings.forms.definition import definition_of
from mailings.forms.finding import form_named
from mailings.forms.keys import new_key
from mailings.forms.opting_in import confirm
from mailings.forms.submitting import Visitor, submit
from mailings.model import Address, Basis, Consent, Delivery, Form, Person
from mailings.settings import Settings
from mailings.tokens import Kind, Token, Tokens

MEMBERS = Path("members.csv")
LETTER, TEXT, FORM, ANSWER = "members-letter", "hut-text", "hut-weekend", "hut-weekend-answer"
#: of the three, the second is nobody we know and the third never presses the button in the message
STRANGERS = ("Désirée van der IJssel", "desiree@ijssel.test"), ("Bjørn Åkerlund", "bjorn@akerlund.test")


def members() -> None:
    """The list the letters go to, as somebody keeps it."""
    shutil.copy(Path(__file__).with_name(MEMBERS.name), MEMBERS)


def filled_in(settings: Settings) -> list[str]:
    """Three people send the form; their names."""
    with database().writing() as session:
        form = form_named(session, FORM)
        people = (_known(session), *STRANGERS)
        for turn, (name, address) in enumerate(people):
            _sent(session, form, _written(name, address, turn), settings)
    return [name for name, _ in people]


def confirmed(settings: Settings) -> None:
    """The first two press the button in the message they got."""
    minute = int(clock.timestamp() // 60)
    with database().writing() as session:
        asked = select(func.min(Delivery.id)).where(Delivery.submission_id.is_not(None)).group_by(Delivery.submission_id)
        for delivery in session.scalars(asked.order_by(Delivery.submission_id).limit(2)).all():
            confirm(session, Token(Kind.SUBMISSION, delivery, minute=minute), settings)


def _known(session: Session) -> tuple[str, str]:
    """Somebody of Norway's on our list, who may be written to."""
    asked = select(Person.name, Address.normal).join(Address, Address.person_id == Person.id).join(Consent, Consent.person_id == Person.id)
    row = session.execute(
        asked.where(Person.country == "NO", Address.valid, Consent.basis == Basis.CONSENT).order_by(Person.id).limit(1)
    ).one()
    return row.name, row.normal


def _written(name: str, address: str, turn: int) -> dict[str, list[str]]:
    more = {"nights": [["fredag", "lørdag"], ["lørdag"], ["fredag"]][turn], "guests": [str(2 + turn)]}
    return {"name": [name], "email": [address], "dish": ["veg" if turn else "Fiskesuppe"], "remark": ["Vi kommer med båt."]} | more


def _sent(session: Session, form: Form, written: dict[str, list[str]], settings: Settings) -> None:
    answers = read(definition_of(form), Posted(written), settings, look_up=False)
    key = new_key(Tokens(settings.secret.get_secret_value()), form.id, form.version)
    submit(session, form.id, answers, Visitor(key, language="no"), settings)
