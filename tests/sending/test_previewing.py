"""A look at one recipient's message: the right person's, with pictures, and nothing else changed."""

from __future__ import annotations

import pytest

from mailings.clock import now
from mailings.db import Database
from mailings.errors import BadAddress, NotAllowed, NotFound
from mailings.model import Address, Basis, Consent, Delivery, Mailing, MailingFile, MailingType, Person, Source, SourceKind, Verdict
from mailings.sending.previewing import Preview, preview
from mailings.settings import Settings

HTML = '<html><body><img src="cid:logo"><img src="cid:gone">Hei [[ customer.name ]] <a href="[[ link.unsubscribe ]]">av</a></body></html>'


def person(name: str, *addresses: str) -> Person:
    """A person with addresses in order of rank."""
    made = Person(name=name, created_at=now())
    made.addresses = [Address(written=a, normal=a, valid=True, rank=n) for n, a in enumerate(addresses, 1)]
    return made


PEOPLE = (
    ("Åse Ødegård", ("ase@fjord.test", "ase@gammel.test"), True),
    ("Børre Ås", ("felles@fjord.test",), False),
    ("Désirée van der IJssel", ("felles@fjord.test",), True),
)


@pytest.fixture
def mailing_id(any_db: Database, configured: Settings) -> int:
    """A draft for three people, two of whom share an address."""
    with any_db.writing() as session:
        mailing = Mailing(name="høst", type=MailingType.EMAIL, created_at=now(), subject="Til [[ customer.name ]]", html=HTML)
        mailing.sender = {"address": "nyheter@fjord.test", "use": "always"}
        session.add(mailing)
        session.flush()
        session.add(MailingFile(mailing_id=mailing.id, inline=True, name="logo", content_type="image/png", data=b"PNG"))
        for position, (name, addresses, consent) in enumerate(PEOPLE, 1):
            made = person(name, *addresses)
            session.add(made)
            session.flush()
            session.add(Source(mailing_id=mailing.id, position=position, kind=SourceKind.PERSON, label=name, person_id=made.id))
            if consent:
                session.add(Consent(person_id=made.id, basis=Basis.CONSENT, source="Test", given_at=now()))
        return mailing.id


def seen(db: Database, mailing_id: int, address: str) -> Preview:
    """What a look shows."""
    with db.writing() as session:
        return preview(session, session.get_one(Mailing, mailing_id), address)


def test_somebody_on_the_list(any_db: Database, mailing_id: int) -> None:
    """The message of the person at the address, whatever the case it is written in, with the pictures in the page itself."""
    shown = seen(any_db, mailing_id, "Ase@Fjord.test")
    assert (shown.subject, shown.verdict) == ("Til Åse Ødegård", Verdict.ELIGIBLE)
    assert 'src="data:image/png;base64,UE5H"' in shown.html
    assert "cid:gone" in shown.html
    assert "Hei Åse Ødegård" in shown.text


def test_another_address_of_theirs(any_db: Database, mailing_id: int) -> None:
    """A person is found by any address of theirs, and shown with the one the message goes to."""
    assert seen(any_db, mailing_id, "ase@gammel.test").address == "ase@fjord.test"


def test_of_two_the_one_who_gets_it(any_db: Database, mailing_id: int) -> None:
    """Where two share an address, the one who gets the message is shown, not the first."""
    assert seen(any_db, mailing_id, "felles@fjord.test").subject == "Til Désirée van der IJssel"


def test_nothing_is_made(any_db: Database, mailing_id: int) -> None:
    """A look makes no delivery."""
    seen(any_db, mailing_id, "ase@fjord.test")
    with any_db.reading() as session:
        assert session.query(Delivery).count() == 0


def test_nobody(any_db: Database, mailing_id: int) -> None:
    """Somebody who is not on the list, and no address at all, are told apart."""
    with pytest.raises(NotFound, match=r"mailings explain høst ny@fjord\.test"):
        seen(any_db, mailing_id, "ny@fjord.test")
    with pytest.raises(BadAddress, match="'nobody' is no e-mail address"):
        seen(any_db, mailing_id, "nobody")


def test_only_e_mail(any_db: Database, mailing_id: int) -> None:
    """An SMS has no page to show."""
    with any_db.writing() as session:
        session.get_one(Mailing, mailing_id).type = MailingType.SMS
    with pytest.raises(NotAllowed, match="type: sms"):
        seen(any_db, mailing_id, "ase@fjord.test")
