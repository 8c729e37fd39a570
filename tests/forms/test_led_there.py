"""A link in a mailing leads to a form, told whose link it is, with the fields its author named filled in (E.3, J.3)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from mailings.db import Database
from mailings.model import DeliveryStatus
from mailings.tokens import Kind, Tokens
from mailings.tracking.to_forms import address_of_form
from tests.consent.waiting import a_mailing, a_person, queue
from tests.forms.sent import SETTINGS, pushed

FIELDS = "- {kind: name, identifier: navn}\n- {kind: email}\n- {kind: custom.shoe_size}\n- {kind: mobile}"
WANTED = ["customer.name", "customer.email", "customer.custom.shoe_size", "customer.cellphone", "customer.title"]


def test_fields_are_named_as_the_form_names_them(any_db: Database, tmp_path: Path) -> None:
    """Each variable fills the field that holds the same, under its identifier; what nobody knows, and previews, fill nothing."""
    pushed(any_db, tmp_path, FIELDS)
    with any_db.writing() as session:
        person = a_person(session, "ase@fjord.test", name="Åse & Bø", custom={"shoe_size": "38½"}, title="Skipper")
        delivery = queue(session, a_mailing(session, "høst"), person, DeliveryStatus.SENT)
        number = delivery.id
        led = urlsplit(address_of_form(session, "pamelding", number, (WANTED, SETTINGS)))
        assert address_of_form(session, "pamelding", None, (WANTED, SETTINGS)) == "/f/pamelding"
        bare = queue(session, a_mailing(session, "vår"), "bo@fjord.test", DeliveryStatus.SENT)
        assert "field_" not in address_of_form(session, "pamelding", bare.id, (WANTED, SETTINGS))
    said = dict(parse_qsl(led.query))
    token = Tokens(SETTINGS.secret.get_secret_value()).read(Kind.FORM, said.pop("t"))
    assert (led.path, token.delivery) == ("/f/pamelding", number)
    assert said == {
        "field_navn": "Åse & Bø", "field_email": "ase@fjord.test", "field_shoe_size": "38½", "field_customer.title": "Skipper",
    }  # fmt: skip
