"""What the fields of a form are called where a person reads what was sent: as on the form's own page."""

from __future__ import annotations

import pytest

from mailings.content.field_names import known, name_of
from mailings.content.receipt import ANSWER, FORM, answer
from mailings.forms.kinds import ELEMENTS, KINDS, VIEWS
from web.pages.words import LANGUAGES, words


def test_as_on_the_page() -> None:
    """Every kind that all forms mean the same by has the name that our own page gives it, in each language."""
    assert set(known()) == set(KINDS) - set(ELEMENTS) - set(VIEWS)
    for language, texts in words().items():
        assert {kind: texts[f"field_{kind}"] for kind in known()} == {kind: names[language] for kind, names in known().items()}
    assert all(set(names) == set(LANGUAGES) for names in known().values())


@pytest.mark.parametrize(
    ("field", "language", "named"),
    [
        ({"kind": "email", "identifier": "email"}, "no", "E-postadresse"),
        ({"kind": "email", "identifier": "email", "label": "Din e-post"}, "en", "Din e-post"),
        ({"kind": "email", "identifier": "email"}, "fi", "E-mail address"),
        ({"kind": "custom.shoe_size", "identifier": "shoe_size"}, "nl", "Shoe size"),
    ],
)
def test_named_for_people(field: dict[str, str], language: str, named: str) -> None:
    """Its label, else the name of its kind in the form's language, else in English, else its identifier in words; so the receipt has it."""
    assert name_of(field, language) == named
    row = {FORM: {"language": language, "sections": [{"fields": [field]}]}, ANSWER: {field["identifier"]: "åse"}}
    assert str(answer({"receipt": "r"}, row, None)["r"]) == f"{named}: åse"
