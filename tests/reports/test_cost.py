"""What a mailing of text messages came to, in every form of its report."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus
from mailings.reports.cost import cost_of, cost_told
from mailings.reports.markdown import markdown
from mailings.reports.page import page
from mailings.reports.summary import Summary, summary_of
from mailings.sending import lifecycle
from mailings.settings import Settings
from tests.audience.people import selection
from tests.audience.populated import LINKED
from tests.audience.texts import somebody, text_folder
from tests.reports.read_back import book_of


def sent_texts(db: Database, path: Path, text: str) -> str:
    """A text message to Åse, whose name makes hers two parts where it is put in often, and to Bo; the third is not sent yet."""
    with db.writing() as session:
        people = [somebody(session, name, mobile) for name, mobile in (("Åse", "99887766"), ("Bo", "99887767"), ("Çelik", "99887768"))]
        selection(session, "Kunder", *people)
        made = push(session, text_folder(path, sms={"sender": "Acme", "text": text}, **LINKED))
        populate(session, made, launch=False)
        session.execute(update(Mailing).where(Mailing.id == made.id).values(status=MailingStatus.POPULATING))
        session.refresh(made)
        lifecycle.begin_sending(session, made)
        session.flush()
        first = Delivery.mailing_id == made.id, Delivery.id < session.query(Delivery.id).order_by(Delivery.id.desc()).limit(1).scalar()
        session.execute(update(Delivery).where(*first).values(status=DeliveryStatus.SENT))
        return made.name


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("b" * 161, {"parts": 4, "amount": "2.40", "currency": "NOK", "about": False}),
        ("Hei [[ customer.firstname ]]", {"parts": 2, "amount": "1.20", "currency": "NOK", "about": True}),
    ],
    ids=["alike", "filled"],
)
def test_parts_of_what_left(any_db: Database, tmp_path: Path, text: str, cost: dict[str, object]) -> None:
    """Only messages that left cost; where the text is the same for all that is exact, else about; without a price nothing is said."""
    name = sent_texts(any_db, tmp_path, text)
    with any_db.reading() as session:
        mailing = session.query(Mailing).filter_by(name=name).one()
        assert cost_of(session, mailing, Settings(sms_price=Decimal("0.60"), sms_currency="NOK")) == cost
        assert cost_of(session, mailing, Settings()) is None
        summary = summary_of(session, mailing)
        assert "cost" not in summary.document
    assert cost_told(summary.document) is None
    told = Summary(summary.about, dict(summary.document) | {"cost": cost})
    words = cost_told(told.document)
    assert words
    assert words.startswith("about ") is cost["about"]
    front = [cell for row in book_of(told, [])["Summary"].iter_rows(values_only=True) for cell in row]
    assert words in front
    assert words in page(told)
    assert f"{cost['amount']} NOK".replace(".", "\\.") in markdown(told) or f"{cost['amount']} NOK" in markdown(told)
