"""What preflight says about content: what blocks, what warns, and whom it names."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from mailings.channels import Findings
from mailings.channels.email import problems_of
from mailings.db import Database
from mailings.model import Mailing, MailingFile, Recipient, Verdict
from tests.channels.conftest import World, the
from tests.channels.made import SETTINGS


def findings(db: Database, world: World, **fields: Any) -> Findings:
    """What preflight says of the world's mailing with other `fields`."""
    with db.writing() as session:
        mailing = the(session, world)
        for name, value in fields.items():
            setattr(mailing, name, value)
        session.flush()
        return problems_of(session, mailing, SETTINGS)


GOOD = '<html><body><p>Hei</p><a href="[[ link.unsubscribe ]]">Av</a><img src="cid:logo"></body></html>'
ALWAYS = {"name": "Acme", "address": "news@acme.test", "use": "always"}


def test_a_good_mailing_has_nothing_said_of_it(db: Database, small_world: World) -> None:
    """No problem and no warning where there is none."""
    assert findings(db, small_world, subject="Hei", html=GOOD, sender=ALWAYS, preheader="Kom inn") == Findings([], [])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"subject": " "}, "no subject"),
        ({"subject": "Blåbær! " * 31 + "sommers!"}, "subject has 256 characters"),
        ({"html": ""}, "no content"),
        ({"sender": ALWAYS | {"address": ""}}, "no From address"),
        ({"sender": ALWAYS | {"address": "news@@acme"}}, "From address news@@acme cannot be used"),
        ({"sender": ALWAYS | {"name": "news@acme.test"}}, "is an e-mail address"),
        ({"reply_to": {"use": "always", "address": ""}}, "Answers"),
        ({"html": GOOD.replace("cid:logo", "cid:hills")}, "cid:hills"),
        ({"html": GOOD.replace("Hei", "\n[[ customer.shoesize ]]")}, "html line 2: customer.shoesize is not a variable"),
        ({"html": GOOD.replace("Hei", "[[ customer.firstnam ]]")}, "did you mean customer.firstname"),
        ({"html": GOOD.replace("Hei", "[[ firstname ]]")}, "did you mean customer.firstname"),
        ({"html": GOOD.replace("Hei", "[[ customer.name|upcase ]]")}, "upcase"),
        ({"html": GOOD.replace("Hei", "[[ customer.password ]]")}, "customer.password is not a variable"),
        ({"html": GOOD.replace("Hei", "[[ link.ofer ]]")}, "did you mean link.offer"),
        ({"subject": "[[ customer ]]"}, "subject line 1: customer needs a name behind it"),
        ({"preheader": "[[ costumer.name ]]"}, "preheader line 1"),
        ({"text": "[% if %]"}, "text line 1"),
        ({"html": GOOD.replace("Hei", "[[ customer.name|safe ]]")}, "safe"),
        ({"html": GOOD.replace("Hei", "[[ ''.__class__.mro() ]]")}, "Already for the first recipient"),
    ],
)
def test_what_blocks_is_one_sentence_that_names_it(db: Database, small_world: World, fields: dict[str, Any], words: str) -> None:
    """Every problem of domain.md B.9 that lies in the content is found, with its place where it has one."""
    found = findings(db, small_world, **({"html": GOOD, "sender": ALWAYS, "preheader": "Kom inn"} | fields))
    assert [problem for problem in found.problems if words in problem], found


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"html": GOOD.replace("[[ link.unsubscribe ]]", "https://acme.test")}, "no unsubscribe link"),
        ({"preheader": ""}, "no preheader"),
        ({"html": GOOD.replace("Hei", '\n<a href="">x</a>')}, "html line 2: a link leads nowhere"),
        ({"html": GOOD.replace("Hei", '<a href="www.acme.test">x</a>')}, "'www.acme.test' is no address"),
        ({"html": GOOD.replace("Hei", '<a href="https://a b.test">x</a>')}, "is no address"),
        ({"html": GOOD.replace("Hei", "x" * 103_000)}, "103 kB"),
        ({"sender": ALWAYS | {"use": "our_contact"}}, "piet@elders.test"),
        ({"html": GOOD.replace("Hei", "[[ 1 / customer.firstname|length ]]")}, "Such recipients will be refused"),
    ],
)
def test_what_warns_does_not_block(db: Database, small_world: World, fields: dict[str, Any], words: str) -> None:
    """Every warning is found, and with it alone the mailing may be sent."""
    found = findings(db, small_world, **({"html": GOOD, "sender": ALWAYS, "preheader": "Kom inn"} | fields))
    assert found.problems == []
    assert [warning for warning in found.warnings if words in warning], found


def test_attachments_over_25_mb_block(db: Database, small_world: World) -> None:
    """Files that together weigh more than 25 MB are refused (V15); inline images do not count among them."""
    heavy = {"mailing_id": small_world.mailing, "inline": False, "content_type": "application/pdf", "data": bytes(13_000_000)}
    with db.writing() as session:
        session.add_all([MailingFile(name="a.pdf", **heavy), MailingFile(name="b.pdf", **heavy)])
    assert any("26.0 MB" in problem for problem in findings(db, small_world, html=GOOD).problems)


def test_empty_variables_are_counted_and_named(any_db: Database, world: World) -> None:
    """A variable with nothing to fall back on warns with how many and three of them, eligible ones alone; `or` and `if` are answers."""
    html = GOOD.replace("Hei", "[[ customer.firstname ]] [[ company.name or 'dere' ]] [% if company.city %][[ company.city ]][% endif %]")
    (warning,) = findings(any_db, world, html=html, sender=ALWAYS, preheader="x").warnings
    assert warning.startswith("customer.firstname is empty for 2 recipients, for example post@fjord.test, los@fugl.test;")
    with any_db.writing() as session:
        session.execute(update(Recipient).where(Recipient.address == "los@fugl.test").values(verdict=Verdict.NO_CONSENT))
    (warning,) = findings(any_db, world, html=html).warnings
    assert "1 recipient, for example post@fjord.test;" in warning


def test_checking_writes_no_links(db: Database, small_world: World) -> None:
    """A look at a draft leaves its link table as it was."""
    findings(db, small_world)
    with db.reading() as session:
        assert isinstance(the(session, small_world), Mailing)
        assert [row[0] for row in session.connection().exec_driver_sql("select number from tracked_link")] == [1]
