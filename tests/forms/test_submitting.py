"""What is sent is stored once, within the form's window and maximum, however many come at the same moment; links confirm it (J.4)."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailings import clock
from mailings.consent.standing import block_address
from mailings.db import Database
from mailings.forms.answers import SentFile
from mailings.forms.finding import form_named, taken
from mailings.forms.keys import new_key
from mailings.forms.opting_in import Confirmed, confirm, expired, fresh_link
from mailings.forms.pushing import activate
from mailings.forms.submitting import Reception, Visitor, submit
from mailings.model import Delivery, DeliveryStatus, SubmissionStatus, SubmittedFile
from mailings.tokens import Kind, Token, Tokens
from tests.forms.sent import ASE, NAME, SETTINGS, filled, part_of, people, pushed, send, submissions

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN = "- {kind: name}\n- {kind: email}\n- {kind: upload, identifier: cv}"


def test_posted_twice_is_one(any_db: Database, tmp_path: Path) -> None:
    """The same key again stores nothing, makes nobody, and answers the same."""
    pushed(any_db, tmp_path, PLAIN)
    first, again = send(any_db, key="k"), send(any_db, ASE | {"name": ["Noe annet"]}, key="k")
    assert (first.reception, first.again, again.again, first.submission) == (Reception.THANKED, False, True, again.submission)
    with any_db.reading() as session:
        (kept,) = submissions(session)
        assert (kept.status, kept.values["name"], kept.email) == (SubmissionStatus.PROCESSED, "Åse Ødegård", "ase@fjord.test")
        assert len(people(session)) == 1


def test_never_more_than_the_maximum(any_db: Database, tmp_path: Path) -> None:
    """Twelve at the same moment for three places: three are taken, nine are told that it is full; the same key among them counts once."""
    pushed(any_db, tmp_path, PLAIN, max_submissions=3, mode="manual")
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda n: send(any_db, ASE | {"email": [f"p{n}@fjord.test"]}, key=f"k{n}").reception, range(12)))
    assert Counter(made) == {Reception.THANKED: 3, Reception.CLOSED: 9}
    with any_db.reading() as session:
        assert taken(session, form_named(session, NAME).id) == 3


def test_the_window(db: Database, tmp_path: Path) -> None:
    """Before it opens, from the moment it closes and while it is not active nothing is taken."""
    pushed(db, tmp_path, PLAIN, opens="2026-11-22T12:00:00+00:00", closes="2026-11-22T13:00:00+00:00")
    receptions = []
    for minutes in (-1, 0, 59, 60):
        with clock.standing_at(START + timedelta(minutes=minutes)):
            receptions.append(send(db).reception)
    assert receptions == ["closed", "thanked", "thanked", "closed"]
    with clock.standing_at(START + timedelta(minutes=30)):
        with db.writing() as session:
            activate(session, form_named(session, NAME), active=False)
        assert send(db).reception == "closed"


def test_the_flood_guard(any_db: Database, tmp_path: Path) -> None:
    """An address is taken twice, a third time only after ten minutes; a network sixty times; others go on meanwhile."""
    pushed(any_db, tmp_path, PLAIN, mode="manual")
    with clock.standing_at(START):
        assert [send(any_db).reception for _ in range(3)] == ["thanked", "thanked", "flooded"]
        assert send(any_db, ASE | {"email": ["bo@fjord.test"]}).reception == "thanked"
        net = [send(any_db, {"name": ["x"]}, network="192.0.2.0/24").reception for _ in range(61)]
        assert Counter(net) == {"thanked": 60, "flooded": 1}
        assert send(any_db, {"name": ["x"]}, network="198.51.100.0/24").reception == "thanked"
    with clock.standing_at(START + timedelta(minutes=10)):
        assert send(any_db).reception == "thanked"


def test_files_are_kept(db: Database, tmp_path: Path) -> None:
    """A file is kept with the submission, under the name it was sent with."""
    form_id = pushed(db, tmp_path, PLAIN, mode="manual")
    with db.writing() as session:
        answers = filled(part_of(session), ASE, [SentFile("søknad.pdf", "application/pdf", b"%PDF")])
        submit(session, form_id, answers, Visitor("k"), SETTINGS)
        file = session.scalars(select(SubmittedFile)).one()
        assert (file.field, file.name, file.data) == ("cv", "søknad.pdf", b"%PDF")


def _link(db: Database, minutes: int = 0) -> Token:
    """The token of the link in the newest message, as it was made so many minutes after START."""
    tokens = Tokens(SETTINGS.secret.get_secret_value())
    with db.reading() as session:
        delivery = session.scalar(select(func.max(Delivery.id)))
    minute = int(START.timestamp() // 60) + minutes
    return tokens.read(Kind.SUBMISSION, tokens.sign(Kind.SUBMISSION, f"{delivery:x}.{minute:x}"))


@pytest.mark.parametrize("minutes", [30, 31])
def test_the_link_holds_half_an_hour(any_db: Database, tmp_path: Path, minutes: int) -> None:
    """Until it is pressed nobody is made; in the thirtieth minute it still holds, and pressed again it does nothing more."""
    pushed(any_db, tmp_path, PLAIN, double_opt_in=True)
    with clock.standing_at(START):
        assert send(any_db).reception == Reception.UNCONFIRMED
    with any_db.reading() as session:
        assert (people(session), submissions(session)[0].status) == ([], SubmissionStatus.UNCONFIRMED)
    said = _link(any_db)
    with clock.standing_at(START + timedelta(minutes=minutes)):
        with any_db.writing() as session:
            assert expired(said, SETTINGS) is (minutes > 30)
            done = confirm(session, said, SETTINGS)
        assert done is (Confirmed.EXPIRED if minutes > 30 else Confirmed.DONE)
        with any_db.writing() as session:
            confirm(session, said, SETTINGS)
            assert len(people(session)) == (0 if minutes > 30 else 1)


def test_fresh_links_are_bounded(any_db: Database, tmp_path: Path) -> None:
    """While one waits no further is queued; when it has gone out ten minutes pass; five a day reach an address, whoever writes it."""
    pushed(any_db, tmp_path, PLAIN, double_opt_in=True)
    for step in range(9):
        with clock.standing_at(START + timedelta(minutes=11 * step)), any_db.writing() as session:
            if step == 0:
                submit(session, form_named(session, NAME).id, filled(part_of(session), ASE), Visitor("k"), SETTINGS)
            else:
                fresh_link(session, Token(Kind.SUBMISSION, session.scalars(select(Delivery.id)).first()), SETTINGS)
            queued = list(session.scalars(select(Delivery).where(Delivery.status == DeliveryStatus.QUEUED)))
            assert len(queued) == (1 if step < 5 else 0)
            for delivery in queued:
                delivery.status, delivery.claimed_at = DeliveryStatus.SENT, clock.now()
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 5


def test_a_blocked_address_is_not_written_to(db: Database, tmp_path: Path) -> None:
    """A link is not sent where nobody may be written to; the visitor is answered as everybody is."""
    pushed(db, tmp_path, PLAIN, double_opt_in=True)
    with db.writing() as session:
        block_address(session, "ase@fjord.test", "by hand")
    assert send(db).reception == Reception.UNCONFIRMED
    with db.reading() as session:
        assert session.scalars(select(Delivery)).all() == []


def test_a_key_is_short(db: Database, tmp_path: Path) -> None:
    """A key fits into the address of a page."""
    assert len(new_key(Tokens("x"), pushed(db, tmp_path, PLAIN), 1)) < 50
