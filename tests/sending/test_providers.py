"""Who receives for a domain: a table and the DNS say it, in three seconds at most, and only where a domain's limit could use it."""

from __future__ import annotations

import time
from datetime import timedelta

import dns.rcode
import pytest
from sqlalchemy import insert, select, update

from mailings import clock
from mailings.db import Database
from mailings.model import Mailing, Recipient
from mailings.model.bucket import Bucket
from mailings.model.mail_domain import MailDomain
from mailings.sending.limits import providers
from tests.sending import world
from tests.sending.nameserver import name_server


def listed(db: Database, **counts: int) -> int:
    """A mailing with that many recipients at each domain, `_` standing for the dot; its id."""
    mailing_id = world.mailing(db)
    with db.writing() as session:
        rows = [
            {"mailing_id": mailing_id, "address": f"désirée{n}@{name.replace('_', '.')}", "verdict": "eligible"}
            for name, count in counts.items()
            for n in range(count)
        ]
        session.execute(insert(Recipient), rows)
    return mailing_id


def limited(db: Database, name: str = "google.com") -> None:
    """A limit for one recipient domain."""
    with db.writing() as session:
        session.add(Bucket(name=f"domain:{name}", per_minute=600.0))


def unknown(db: Database, mailing_id: int) -> list[str]:
    """The domains to look up for the mailing."""
    with db.reading() as session:
        return providers.unknown(session, session.get_one(Mailing, mailing_id))


def test_nothing_is_asked_without_a_limit(any_db: Database) -> None:
    """Where no recipient domain has a limit nobody looks at the list at all."""
    mailing_id = listed(any_db, firma_no=30)
    assert unknown(any_db, mailing_id) == []
    limited(any_db)
    assert unknown(any_db, mailing_id) == ["firma.no"]


def test_the_commonest_that_nobody_knows(any_db: Database) -> None:
    """Asked for are domains of twenty recipients or more, commonest first; not those of the table, reserved ones, or known for a month."""
    limited(any_db)
    mailing_id = listed(any_db, firma_no=20, fjord_test=40, gmail_com=50, bedrijf_nl=30, liten_no=19, kjent_no=25)
    with any_db.writing() as session:
        providers.keep(session, {"kjent.no": "outlook.com"})
        session.execute(update(Recipient).where(Recipient.address == "désirée0@firma.no").values(verdict="no_consent"))
    assert unknown(any_db, mailing_id) == ["bedrijf.nl"]
    with any_db.writing() as session:
        session.execute(update(MailDomain).values(looked_up_at=clock.now() - providers.OLD - timedelta(days=1)))
    assert unknown(any_db, mailing_id) == ["bedrijf.nl", "kjent.no"]


def test_what_is_kept_is_the_newest(any_db: Database) -> None:
    """A second look replaces the first."""
    for provider in ("outlook.com", None):
        with any_db.writing() as session:
            providers.keep(session, {"firma.no": provider, "bedrijf.nl": "google.com"})
    with any_db.reading() as session:
        found = dict(session.execute(select(MailDomain.name, MailDomain.provider)).all())
    assert found == {"firma.no": None, "bedrijf.nl": "google.com"}


def test_the_best_mx_names_the_provider() -> None:
    """The MX with the lowest preference counts; a domain without MX, or that takes no mail, has no provider."""
    records = {
        "firma.no": ["20 backup.example.org.", "10 aspmx.l.google.com."],
        "bedrijf.nl": ["0 bedrijf-nl.mail.protection.outlook.com."],
        "tar-ikke.no": ["0 ."],
        "uten.no": [],
    }
    with name_server(records, kind="MX") as server:
        answers = providers.look_up([*records, "finnes-ikke.no", "fjord.test"], server.address, limit=60.0)
        assert sorted(server.asked) == ["bedrijf.nl", "finnes-ikke.no", "firma.no", "tar-ikke.no", "uten.no"]
    assert answers == {
        "firma.no": "google.com",
        "bedrijf.nl": "outlook.com",
        "tar-ikke.no": None,
        "uten.no": None,
        "finnes-ikke.no": None,
    }


def test_no_answer_is_no_knowledge() -> None:
    """A resolver that is silent, out of order or no resolver at all holds nobody up, and nothing is said about the domains."""
    with name_server({}, kind="MX", silent=True) as server:
        begun = time.monotonic()
        assert providers.look_up([f"firma{n}.no" for n in range(40)], server.address, limit=1.0) == {}
        assert time.monotonic() - begun < 30  # a second for each would be forty
    with name_server({}, kind="MX", rcode=dns.rcode.SERVFAIL) as server:
        assert providers.look_up(["firma.no"], server.address, limit=0.5) == {}
    assert providers.look_up(["firma.no"], "ingen resolver") == {}


@pytest.mark.parametrize(
    ("mx", "provider"),
    [
        ("gmail-smtp-in.l.google.com.", "google.com"),
        ("aspmx2.googlemail.com", "google.com"),
        ("firma-no.mail.protection.outlook.com", "outlook.com"),
        ("firma-no.a-v1.mx.microsoft", "outlook.com"),
        ("MTA5.AM0.yahoodns.net", "yahoodns.net"),
        ("mx1.mailhost.co.uk", "mailhost.co.uk"),
        ("mx.firma.no", "firma.no"),
        ("localhost", "localhost"),
    ],
)
def test_a_provider_is_named_by_its_domain(mx: str, provider: str) -> None:
    """MX of one provider come to one name."""
    assert providers.provider_of(mx) == provider
