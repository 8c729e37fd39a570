"""A form response at the desk: opened when it is fit to go, closed, opened again; each time a line in the log."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

from sqlalchemy import select

from mailings.db import Database
from mailings.model import Delivery, MailingStatus, Recipient, Role, User
from mailings.transports.memory import Memory
from tests.forms.sent import send
from tests.sending.answered import BODY, deliveries, furnished, look
from tests.sending.fit import written
from tests.web.desk.fitting import FIT, logged, stands
from tests.web.desk.seated import seated

DESIREE = {"name": ["Désirée van der IJssel"], "email": ["desiree@ijssel.test"]}
BJORN = {"name": ["Bjørn Blåbær"], "email": ["bjorn@fjord.test"]}


def test_opened_and_closed(any_db: Database, tmp_path: Path) -> None:
    """Opened, who waits already is answered; closed, nobody is, who still waits included; opened again, the next one is."""
    furnished(any_db, tmp_path, opened=False)
    send(any_db)
    with seated(any_db, **FIT) as seat:
        page = seat.look("/mailings/takk").text
        assert ("/takk/open" in page, "/takk/close" in page, "/takk/schedule" in page, "/takk/send" in page) == (True, False, False, False)
        assert seat.press("/mailings/takk/open").status_code == 303
        assert stands(any_db, "takk").status is MailingStatus.SENDING
        page = seat.look("/mailings/takk").text
        assert "answers whoever sends its form" in page
        assert ("/takk/open" in page, "/takk/close" in page, "/takk/cancel" in page) == (False, True, False)
        assert len(look(any_db)) == 1
        send(any_db, BJORN)
        assert seat.press("/mailings/takk/close").status_code == 303
        send(any_db)
        assert look(any_db) == []
        assert [status for status, *_ in deliveries(any_db)] == ["sent", "cancelled"]
        assert "/takk/open" in seat.look("/mailings/takk").text
        seat.press("/mailings/takk/open")
        send(any_db, DESIREE)
        assert len(look(any_db)) == 1
    assert [what for _, what, _ in logged(any_db)] == ["open", "close", "open"]


def test_not_opened_while_something_is_wrong(db: Database, tmp_path: Path) -> None:
    """What is to be mended stands on the page, it stays a draft, and the log says nothing."""
    furnished(db, tmp_path, opened=False, body=BODY.replace("submission.dish", "submission.dihs"))
    with seated(db, **FIT) as seat:
        answer = seat.press("/mailings/takk/open")
    assert answer.status_code == 409
    assert "submission.dihs" in answer.text
    assert (stands(db, "takk").status, logged(db)) == (MailingStatus.DRAFT, [])


def test_for_senders_and_for_form_responses(db: Database, tmp_path: Path) -> None:
    """A reader has no button and is refused; a mailing with a list is neither opened nor closed."""
    furnished(db, tmp_path, opened=False)
    written(db)
    with seated(db, Role.READER, **FIT) as seat:
        assert "/takk/open" not in seat.look("/mailings/takk").text
        assert [seat.press(f"/mailings/takk/{verb}").status_code for verb in ("open", "close")] == [403, 403]
    with db.writing() as session:
        session.scalars(select(User)).one().roles = [str(Role.SENDER)]
    with seated(db, **FIT) as seat:
        assert [seat.press(f"/mailings/høst-nytt/{verb}").status_code for verb in ("open", "close")] == [409, 409]
    assert [stands(db, name).status for name in ("takk", "høst-nytt")] == [MailingStatus.DRAFT] * 2
    assert logged(db) == []


def test_shown_before_anybody_sent_the_form(db: Database, tmp_path: Path) -> None:
    """Its preview has something in every field, and a test of it goes out as it is shown; nobody is put on its list by either."""
    furnished(db, tmp_path, opened=False)
    with seated(db, **FIT) as seat:
        page = seat.look("/mailings/takk/preview").text
        assert 'src="/desk/mailings/takk/preview/message"' in page
        assert "Middag: Fisk" in page
        assert "Fisk</td>" in seat.look("/mailings/takk/preview/message").text
        kept = Memory.configured().kept
        before = len(kept)
        assert seat.press("/mailings/takk/preview/test", to="desiree@ijssel.test").status_code == 200
    (message,) = [message_from_bytes(one.content, policy=default) for one in kept[before:]]
    assert message["To"].addresses[0].addr_spec == "desiree@ijssel.test"
    assert "Middag: Fisk" in message.get_body(("plain",)).get_content()
    with db.reading() as session:
        assert session.scalars(select(Recipient)).all() == []
        assert session.scalars(select(Delivery.test)).all() == [True]
    assert logged(db) == [("åse", "send test", "mailing takk")]
