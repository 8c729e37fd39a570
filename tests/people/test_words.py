"""Heads, words and names in the six languages lists are written in."""

from __future__ import annotations

import pytest

from mailings.model import Basis
from mailings.people.columns import find_columns
from mailings.people.heads import field_of
from mailings.people.meanings import basis_of, country_of, language_of
from mailings.people.names import parted
from mailings.people.rows import custom_key


@pytest.mark.parametrize(
    ("heads", "field"),
    [
        (["Name", "Full name", "Naam", "Navn", "Fulde navn", "Fullt navn", "Namn", "Vollständiger Name"], "name"),
        (["First name", "Voornaam", "Fornavn", "Förnamn", "Vorname", "FIRST_NAME", "firstName"], "first_name"),
        (["Last name", "Achternaam", "Efternavn", "Etternavn", "Efternamn", "Nachname"], "last_name"),
        (
            ["E-mail", "E-mailadres", "Mailadresse", "E-post", "Epostadress", "E-Mail-Adresse", "EMAIL *", "E-mail (work)", "E-mail 2:"],
            "email",
        ),
        (["Mobile", "Mobiel nummer", "Mobiltelefon", "Mobilnr.", "Mobiltelefonnummer", "Handynummer"], "mobile"),
        (["Company", "Bedrijfsnaam", "Virksomhed", "Bedrift", "Företag", "Unternehmen"], "company"),
        (["Language", "Taal", "Sprog", "Språk", "Sprache"], "language"),
        (["Country", "Land", "Ländercode"], "country"),
        (["Consent", "Toestemming", "Samtykke", "Samtycke", "Einwilligung"], "consent"),
        (["Topics opted out", "Afgemeld", "Frameldt", "Avmeldt", "Avregistrerad", "Abgemeldet"], "opt_outs"),
        (["Shoe size", "Skostørrelse", "Kundenummer", "Adresse", ""], None),
    ],
)
def test_heads(heads: list[str], field: str | None) -> None:
    """A column is known by its head in every language, whatever its capitals, accents, blanks, signs, number or remark."""
    assert [field_of(head) for head in heads] == [field] * len(heads)


def test_languages_and_countries() -> None:
    """By two letters, by a locale, or by a name in any of the six languages."""
    assert [language_of(w) for w in ("nb", "nb-NO", "NL", "Deutsch", "tysk", "Svenska", "Nederlands", "fransk")] == [
        "nb", "nb", "nl", "de", "de", "sv", "nl", "fr",
    ]  # fmt: skip
    assert [country_of(w) for w in ("no", "Norge", "Norwegen", "The Netherlands", "Duitsland", "Österrike", "UK")] == [
        "NO", "NO", "NO", "NL", "DE", "AT", "GB",
    ]  # fmt: skip
    assert language_of("Klingonisch") is None
    assert country_of("Atlantis") is None


def test_yes_and_no() -> None:
    """Yes is consent, no is withdrawn, a legal basis is itself; what says neither says nothing."""
    assert {basis_of(w) for w in ("yes", "JA", "x", "1", "true", "sant", "✓", "Ja!", "Samtykke")} == {Basis.CONSENT}
    assert {basis_of(w) for w in ("no", "nei", "nej", "nee", "nein", "0", "FALSE", "✗", "withdrawn", "avmeldt")} == {Basis.WITHDRAWN}
    assert [basis_of(basis.value) for basis in Basis] == list(Basis)
    assert [basis_of(w) for w in ("Gerechtvaardigd belang", "berechtigtes Interesse", "avtale")] == [
        Basis.LEGITIMATE_INTEREST,
        Basis.LEGITIMATE_INTEREST,
        Basis.CONTRACT,
    ]
    assert [basis_of(w) for w in ("maybe", "", "kanskje")] == [None] * 3


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Åse Ødegård", ("Åse", "", "Ødegård")),
        ("Anna Marie Berg", ("Anna", "Marie", "Berg")),
        ("Jan van der Berg", ("Jan", "", "van der Berg")),
        ("IJsbrand Pieter de Vries", ("IJsbrand", "Pieter", "de Vries")),
        ("van der Berg, Jan", ("Jan", "", "van der Berg")),
        ("Groß, Jürgen Karl", ("Jürgen", "Karl", "Groß")),
        ("Åse", ("", "", "")),
        ("Fjord Bygg AS", ("", "", "")),
        ("Acme, Inc.", ("", "", "")),
        ("", ("", "", "")),
    ],
)
def test_parts_of_a_name(name: str, parts: tuple[str, str, str]) -> None:
    """First and last names are found with their particles; a single word and a firm are left whole."""
    assert parted(name) == parts


def test_names_of_custom_fields() -> None:
    """A head becomes a name that conditions and templates can write."""
    assert [custom_key(head) for head in ("Shoe size", "Skostørrelse (EU)", "2024", "Kunde-nr.")] == [
        "shoe_size", "skostørrelse_eu", "_2024", "kunde_nr",
    ]  # fmt: skip
    assert all(custom_key(head).isidentifier() for head in ("Shoe size", "Skostørrelse (EU)", "2024", "Kunde-nr."))


def test_what_is_no_list_of_people() -> None:
    """Dates, amounts and addresses of streets are no reason to take a sheet for a list of people."""
    assert find_columns([["Name", "Date"], ["Åse", "2026-01-31"], ["Bo", "2026-02-28"]]) is None
    assert find_columns([["Name", "Street"], ["Åse", "Storgata 12"]]) is None
    assert find_columns([]) is None
    assert find_columns([[None, None], ["", ""]]) is None
