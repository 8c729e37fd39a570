"""The mailing that is tortured: fourteen people, ten of whom should get it, in batches of four and two portions."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import update

from mailings.clock import now, standing_at
from mailings.db import Database
from mailings.model import AddressStanding, Base, Basis, Bucket, Mailing, MailingType, Source, SourceKind
from tests.audience.people import person, selection

NAME = "høst-nytt"
BATCH, PORTION = 4, 8

LATER = "straks@fjord.test"  #: asked to wait once in every run, where the far side can
REFUSED = "finnes.ikke@fjord.test"  #: refused for good, where the far side can

LONG_AGO = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
AFTER_THE_LIST = datetime(2096, 1, 6, 9, 0, tzinfo=UTC)  # when something was heard of a recipient: every run judges the list again

#: who should get it; the others below
ELIGIBLE = {
    "Åse Ødegård": "ase@fjord.test",
    "Straks Sørli": LATER,
    "Désirée van der IJssel": "desiree@noord.test",
    "Øystein Ås": "oystein@fjord.test",
    "Finnes Ikke": REFUSED,
    "Bjørn Blåbær": "bjorn@xn--blbr-roah.test",
    "Thérèse Lücke": "therese@noord.test",
    "Jürgen Groß": "jurgen@noord.test",
    "Łukasz Żółć": "lukasz@noord.test",
    "Ijsbrand Çelik": "ijsbrand@fjord.test",
}
EXCLUDED = {"Åse Nummer To": "duplicate", "Kåre Taus": "no_consent", "Uten Adresse": "no_address", "Stengt Postkasse": "blocked_address"}
VERDICTS = dict.fromkeys(ELIGIBLE, "eligible") | EXCLUDED

BODY = """<html><body><p>Kjære [[ customer.name ]], blåbærene er modne.</p>
<p><a href="https://acme.test/høst">Les mer</a> – <a href="[[ link.unsubscribe ]]">meld deg av</a></p></body></html>"""
FACTS = {
    "type": MailingType.EMAIL,
    "subject": "[[ customer.name ]], høsten er her",
    "preheader": "Tre ting i oktober",
    "html": BODY,
    "sender": {"name": "Åse", "address": "news@acme.test", "use": "always"},
    "one_per_address": True,
    "in_doubt": {"policy": "resend", "after_s": 0},  # only where a story settles
}

#: everybody's mobile number, by their address: they are alike where the addresses are
NUMBERS = {address: f"+47998877{place:02}" for place, address in enumerate([*ELIGIBLE.values(), "kaare@fjord.test", "stengt@fjord.test"])}
SHORT = {"sender": "+4799887000", "text": "Kjære [[ customer.name ]], blåbærene er modne."}
#: the same mailing on another channel
ON = {"sms": {"type": MailingType.SMS, "subject": "", "preheader": "", "html": "", "sender": {}, "more": {"sms": SHORT}}}

#: what the sending process is told beside its transport and its database. No limit here binds anybody: they are there to be passed.
ENVIRONMENT = {
    "MAILINGS_SECRET": "a-secret-of-the-tests-and-of-nobody-else",
    "MAILINGS_RETRY_FIRST_WAIT": "0.01",
    "MAILINGS_RATE": "6000000",
    "MAILINGS_SPF_POLICY": "off",
}


def furnish(database: Database) -> None:
    """The tables, the people, and the mailing as a draft."""
    Base.metadata.create_all(database.engine)
    with standing_at(LONG_AGO), database.writing() as session:
        mailing = Mailing(name=NAME, created_at=now(), **FACTS)
        session.add(mailing)
        session.add(Bucket(name="domain:noord.test", per_minute=6_000_000))
        people = [person(session, name, address) for name, address in ELIGIBLE.items()]
        people += [
            person(session, "Åse Nummer To", "ase@fjord.test"),
            person(session, "Kåre Taus", "kaare@fjord.test", consent=None),
            person(session, "Uten Adresse", "", consent=Basis.CONSENT),
            person(session, "Stengt Postkasse", "stengt@fjord.test"),
        ]
        for one in people:
            one.mobile_normal = NUMBERS.get(one.addresses[0].normal) if one.addresses else None
        for blocked in ("stengt@fjord.test", NUMBERS["stengt@fjord.test"]):
            session.add(AddressStanding(normal=blocked, blocked_at=now(), blocked_why="by hand", changed_at=now()))
        for heard_of in ("oystein@fjord.test", NUMBERS["oystein@fjord.test"]):
            session.add(AddressStanding(normal=heard_of, changed_at=AFTER_THE_LIST))
        everybody = selection(session, "Alle", *people)
        session.add(Source(mailing_id=mailing.id, position=1, kind=SourceKind.SELECTION, label="Alle", selection_id=everybody.id))
    database.engine.dispose()


def turn(database: Database, channel: str) -> None:
    """The draft becomes one of that channel; it is one of e-mail."""
    if channel in ON:
        with database.writing() as session:
            session.execute(update(Mailing).values(**ON[channel]))
