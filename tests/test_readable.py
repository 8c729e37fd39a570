"""Counts and mail domains stand in sentences as people write them."""

from __future__ import annotations

import pytest

from mailings.readable import counted, spoken


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (counted(1, "recipient"), "1 recipient"),
        (counted(0, "recipient"), "0 recipients"),
        (counted(1200, "person has", "people have"), "1,200 people have"),
        (counted(1, "person has", "people have"), "1 person has"),
        (counted(0.5, "hour"), "0.5 hours"),
        (counted(1.0, "hour"), "1 hour"),
        (counted(72.0, "hour"), "72 hours"),
    ],
)
def test_one_is_one(said: str, sentence: str) -> None:
    """One is said as of one, none and many as of many, thousands with a comma and hours without a needless fraction."""
    assert said == sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("xn--bcher-kva.test", "bücher.test"),
        ("600 a minute of domain:mx.xn--bcher-kva.test.", "600 a minute of domain:mx.bücher.test."),
        ("sender:åse@xn--blbr-roah.no", "sender:åse@blåbær.no"),
        ("xn--sn-lka.test and xn--caf-dma.nl", "søn.test and café.nl"),
        ("gmail.com", "gmail.com"),
        ("xn--a-.test", "xn--a-.test"),
        (f"xn--{'a' * 70}.test", f"xn--{'a' * 70}.test"),
    ],
)
def test_a_domain_is_written_as_people_write_it(text: str, said: str) -> None:
    """Wherever it stands in a sentence; what only looks like a coded name stays as it is."""
    assert spoken(text) == said
