"""A mailing compiled from the database: the same messages on SQLite and PostgreSQL, the same link numbers every time."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from sqlalchemy import select

from mailings.channels import email
from mailings.content.variables import COLUMNS
from mailings.db import Database
from mailings.model import Person, TrackedLink
from mailings.tokens import Kind, Tokens
from tests.channels.conftest import World, the
from tests.channels.made import SETTINGS

TOKENS = Tokens("a-secret-of-the-tests")


def messages(db: Database, world: World) -> list[EmailMessage]:
    """The messages of all deliveries, in order."""
    with db.writing() as session:
        compiled = email.compile_mailing(session, the(session, world), SETTINGS)
    marks = {"mailing_id": world.mailing, "low": world.deliveries[0], "high": world.deliveries[-1]}
    with db.connection(write=False) as connection:
        rows = connection.execute(compiled.select, marks).all()
    offers = [compiled.offer(row) for row in rows]
    assert [offer.delivery for offer in offers] == list(world.deliveries)
    found = [message_from_bytes(offer.message.mime(), policy=default) for offer in offers]
    assert [offer.address for offer in offers] == [message["To"].addresses[0].addr_spec for message in found]
    assert [offer.sender for offer in offers] == [message["From"].addresses[0].addr_spec for message in found]
    return [message for message in found if isinstance(message, EmailMessage)]


def html(message: EmailMessage) -> str:
    """The HTML of a message."""
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_every_kind_of_recipient_gets_their_own_message(any_db: Database, world: World) -> None:
    """A person with name, company and own fields; a company; a bare address with name and address alone (domain.md D.6)."""
    ase, company, bare, test = messages(any_db, world)
    assert "Kjære Åse, Fjord &amp; Søn, Bergen</p>" in html(ase)
    assert "Kjære leser, Fjord &amp; Søn, </p>" in html(company)
    assert "Kjære leser, , </p>" in html(bare)
    assert [m["To"].addresses[0].display_name for m in (ase, company, bare)] == ["Åse Bjørnø", "Fjord & Søn", "Løs Fugl"]
    assert test["To"].addresses[0].addr_spec == "me@acme.test"
    assert "Kjære Åse" in html(test)


def test_our_contact_writes_where_the_domain_is_approved(any_db: Database, world: World) -> None:
    """Åse's contact has an address on the mailing's own domain; the company's has not, so the mailing's address is used (D25)."""
    ase, company, bare, _ = messages(any_db, world)
    assert str(ase["From"]) == "Kari Nordmann <kari@acme.test>"
    assert str(company["From"]) == str(bare["From"]) == "Acme <news@acme.test>"
    assert ase["Reply-To"] is None


def test_links_lead_where_they_should(any_db: Database, world: World) -> None:
    """Constant links by number with UTM words, one recipient's own by signature, special links by tokens of their kind."""
    ase, _, bare, _ = messages(any_db, world)
    with any_db.reading() as session:
        table = {row.number: row.url for row in session.scalars(select(TrackedLink).where(TrackedLink.mailing_id == world.mailing))}
    words = "utm_source=news&utm_medium=Email&utm_campaign=h%C3%B8st"
    assert table == {1: f"https://acme.test/offer?{words}", 2: f"https://acme.test/høst?a=1&b=2&{words}"}
    click = f"https://post.test/c/{TOKENS.sign(Kind.CLICK, world.deliveries[0])}"
    assert f'<a href="{click}/2">Les</a> <a href="{click}/1">Tilbud</a> <a href=\'{click}/1\'>igjen</a>' in html(ase)
    own = f"https://acme.test/?e=aase%40firma.test&{words}"
    assert f"https://post.test/d/{TOKENS.sign(Kind.DYNAMIC, world.deliveries[0], own)}?u=" in html(ase)
    for kind in (Kind.UNSUBSCRIBE, Kind.ONLINE, Kind.OPEN):
        assert f'"https://post.test/{kind}/{TOKENS.sign(kind, world.deliveries[0])}"' in html(ase)
        assert f"https://post.test/{kind}/{TOKENS.sign(kind, world.deliveries[2])}" in html(bare)


def test_compiling_again_changes_nothing(any_db: Database, world: World) -> None:
    """A run that is started again, or a second one beside it, numbers every link as the first did."""
    first = [html(message) for message in messages(any_db, world)]
    assert [html(message) for message in messages(any_db, world)] == first


def test_css_is_inlined_and_media_queries_are_kept(any_db: Database, world: World) -> None:
    """The message carries the style in the tag, and the rule for phones in <style>."""
    body = html(messages(any_db, world)[0])
    assert '<p style="color: red;" class="a">' in body or '<p style="color: red" class="a">' in body
    assert "@media (max-width:600px){.a{color:blue!important}}" in body


def test_the_text_part_is_made_from_the_html(any_db: Database, world: World) -> None:
    """Without a text of its own the mailing says the same in plain text, variables and links included."""
    part = messages(any_db, world)[0].get_body(("plain",))
    assert part is not None
    text = part.get_content()
    assert "Kjære Åse, Fjord & Søn, Bergen" in text
    assert f"[Meld av](https://post.test/u/{TOKENS.sign(Kind.UNSUBSCRIBE, world.deliveries[0])})" in text


def test_every_variable_is_read_and_is_empty_for_bare_addresses(any_db: Database, world: World) -> None:
    """Each variable of domain.md D.3 and D.4 renders on both databases; for an imported address only name and email do (D.6)."""
    paths = [*sorted(COLUMNS), "customer.custom.city", "customer.custom['shoe size']", "company.custom.none"]
    written = ["makeSalutation(customer.id)" if path == "makeSalutation" else path for path in paths]
    with any_db.writing() as session:
        mailing = the(session, world)
        mailing.html, mailing.text = "<p>x</p>", "\n".join(f"([[ {name} ]])" for name in written)
        session.flush()
        said = [email.preview(session, mailing, recipient, SETTINGS)[2].split("\n") for recipient in world.recipients]
    person, _, bare = ({path: line.strip("()") for path, line in zip(paths, lines, strict=False)} for lines in said)
    assert {path: value for path, value in person.items() if value} == EXPECTED
    assert {path: value for path, value in bare.items() if value} == {"customer.name": "Løs Fugl", "customer.email": "los@fugl.test"}


def test_somebody_without_a_name_is_called_by_their_address(any_db: Database, world: World) -> None:
    """`customer.bestName`, `customer.salutation`, `makeSalutation` fall back to the address of who has no name, not to their company."""
    with any_db.writing() as session:
        ase = session.scalars(select(Person)).one()
        ase.name = ase.first_name = ase.last_name = ase.salutation = ""
        assert ase.company_id is not None
        mailing = the(session, world)
        mailing.text = "[[ customer.bestName ]] [[ customer.salutation ]] [[ makeSalutation(customer.id) ]]"
        session.flush()
        assert email.preview(session, mailing, world.recipients[0], SETTINGS)[2].split() == ["aase@firma.test"] * 3


EXPECTED = {
    "customer.name": "Åse Bjørnø",
    "customer.firstname": "Åse",
    "customer.lastname": "Bjørnø",
    "customer.mrmrs": "Fru",
    "customer.email": "aase@firma.test",
    "customer.bestName": "Åse Bjørnø",
    "customer.salutation": "Åse Bjørnø",
    "makeSalutation": "Fru Bjørnø",
    "customer.id": "1",
    "customer.deleted": "0",
    "customer.language": "no",
    "customer.ourContact": "Kari Nordmann",
    "customer.custom.city": "Bergen",
    "customer.custom['shoe size']": "39",
    "company.id": "1",
    "company.name": "Fjord & Søn",
    "company.city": "Bodø",
    "company.primaryContact.id": "1",
    "company.primaryContact.email": "aase@firma.test",
    "company.ourContact": "Piet de Ĳ",
    "company.ourContact.name": "Piet de Ĳ",
    "company.ourContact.email": "piet@elders.test",
    "company.ourSalesContact": "Piet de Ĳ",
    "company.ourSalesContact.name": "Piet de Ĳ",
    "company.ourSalesContact.email": "piet@elders.test",
    "ourContact.name": "Kari Nordmann",
    "ourContact.email": "kari@acme.test",
    "ourContact.phone": "1",
    "ourContact.cellphone": "2",
}
