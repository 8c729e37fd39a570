"""Dates, numbers and money in the reader's language; what is not one stays as it was written."""

from __future__ import annotations

import pytest

from mailings.content.environment import sandbox


@pytest.mark.parametrize(
    ("language", "source", "said"),
    [
        ("no", "[[ '2026-10-03'|date('long') ]]", "3. oktober 2026"),
        ("nl", "[[ '2026-10-03T12:00:00+02:00'|date('long') ]]", "3 oktober 2026"),
        ("de", "[[ '2026-03-01'|date('d. MMMM') ]]", "1. März"),
        ("", "[[ '2026-10-03'|date ]]", "Oct 3, 2026"),
        ("xx", "[[ 1234.5|number ]]", "1,234.5"),
        ("de", "[[ '1234.5'|number ]]", "1.234,5"),
        ("de", "[[ 1234.5|number(2) ]]", "1.234,50"),
        ("nl", "[[ '1234.5'|money('EUR') ]]", "€\xa01.234,50"),
        ("sv", "[[ 99|money('SEK') ]]", "99,00\xa0kr"),
        ("no", "[[ 'i morgen'|date ]] [[ 'mange'|number ]] [[ ''|money('NOK') ]]", "i morgen mange "),
        ("no", "[[ urlEncode('æ b&c=') ]] [[ 'ø'|urlEncode ]]", "%C3%A6%20b%26c%3D %C3%B8"),
        ("no", "[[ 'nan'|number ]] [[ 'Infinity'|number ]]", "nan Infinity"),
    ],
)
def test_values_are_written_as_the_reader_writes_them(language: str, source: str, said: str) -> None:
    """Each filter in several languages; an unknown language falls back to English, a value that is no date or number to itself."""
    assert sandbox().from_string(source).render(_language=language) == said


def test_the_installations_language_stands_in() -> None:
    """A reader without a language reads the installation's."""
    assert sandbox().from_string("[[ 1.5|number ]]").render(_language="", _default_language="nl") == "1,5"
