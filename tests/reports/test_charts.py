"""Charts: they say what the figures say, in every language, to everybody who looks, and fetch nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mailings.content.system import LANGUAGES
from mailings.errors import NotFound
from mailings.reported import BounceKind, BounceWhy
from mailings.reports.charts import CHARTS, chart
from mailings.reports.drawings import by_hour
from mailings.reports.saying import label, say, texts
from tests.reports.documents import SENT, document, hour, link, vector_e

SVG = "{http://www.w3.org/2000/svg}"


def drawn(kind: str, told: dict[str, Any], language: str = "en") -> ET.Element:
    """The chart, parsed as XML."""
    return ET.fromstring(chart(kind, told, language=language))


def hovers(root: ET.Element) -> list[str]:
    """What hovering over each bar tells."""
    return [title.text or "" for path in root.iter(f"{SVG}path") for title in path.findall(f"{SVG}title")]


def words(root: ET.Element) -> list[str]:
    """Every text one reads in the picture."""
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def lengths(root: ET.Element) -> list[float]:
    """How long the bars are, one after the other; they begin at the left and run `M0,y h LENGTH`."""
    bars = [path.attrib["d"] for path in root.iter(f"{SVG}path") if path.findall(f"{SVG}title")]
    return [float(path.split("h", 1)[1].split("v", 1)[0]) for path in bars]


def test_numbers_are_those_of_the_document() -> None:
    """Each bar tells the number of its row, and is as long as its number says."""
    told = vector_e()
    assert hovers(drawn("links", told)) == ["tilbud: 3 people, 4 clicks", "fjord.test/tilbud/2: 1 person, 1 click"]
    assert hovers(drawn("bounces", told)) == ["No such mailbox (permanent): 2", "Mailbox full (temporary): 1"]
    statuses = drawn("statuses", told)
    assert hovers(statuses) == ["Read by recipient: 4 (40.0 %)", "Sent: 3 (30.0 %)", "Bounced: 2 (20.0 %)", "Soft bounced: 1 (10.0 %)"]
    assert [round(long / lengths(statuses)[0], 3) for long in lengths(statuses)] == [1, 0.75, 0.5, 0.25]


def test_opens_of_two_days() -> None:
    """48 hours from the first are drawn and none later, each with its number; the busiest is named."""
    told = document(opened=10, hours=[hour(0, 2), hour(3, 7), hour(47, 1), hour(48, 900)])
    root = drawn("opens", told)
    assert len(hovers(root)) == 48
    assert [said for said in hovers(root) if not said.endswith(": 0 opened")] == [
        "20 Nov 08:00 UTC: 2 opened",
        "20 Nov 11:00 UTC: 7 opened",
        "22 Nov 07:00 UTC: 1 opened",
    ]
    assert "Peak: 7 at 20 Nov 11:00 UTC" in words(root)
    assert by_hour({**told, "started_at": SENT.replace(hour=6).isoformat()})[:3] == [
        (SENT.replace(hour=h, minute=0), n) for h, n in ((6, 0), (7, 0), (8, 2))
    ]


@pytest.mark.parametrize("kind", CHARTS)
def test_nothing_yet_is_said(kind: str) -> None:
    """Without figures a chart says so, and is a picture all the same."""
    assert say(f"nothing_{kind}", "da") in words(drawn(kind, document(), "da"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", CHARTS)
def test_everybody_can_read_it(kind: str, language: str) -> None:
    """A chart has a name and a description in the reader's language, for those who hear it too, and nothing a page's CSP would refuse."""
    root = drawn(kind, vector_e(), language)
    name, tells = root[0], root[1]
    assert (name.text, tells.text) == (say(f"chart_{kind}", language), say(f"chart_{kind}_tells", language))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"].split() == [name.attrib["id"], tells.attrib["id"]]
    assert say(f"chart_{kind}", language) in words(root)
    assert not any("style" in element.attrib or element.tag.endswith(("style", "script", "image")) for element in root.iter())
    assert not any("href" in name or value.startswith(("http:", "https:", "url(")) for e in root.iter() for name, value in e.attrib.items())


def test_many_links_and_strange_names() -> None:
    """Of twenty links the eleven most clicked have a bar, the others a line; a name with signs of XML stays as it is, a long one is cut."""
    strange = "<b>Høst & \x00\x01\ufffe\ud800vår</b> " + "lang " * 30
    told = document(links=[link(1, 500, strange), *(link(number, number) for number in range(2, 21))])
    root = drawn("links", told)
    assert len(hovers(root)) == 12
    assert hovers(root)[0].startswith("<b>Høst & vår</b> lang")
    assert hovers(root)[-1] == "9 other links: 79 clicks"
    assert all(len(said) < 60 for said in words(root))


def test_a_chart_fetches_nothing() -> None:
    """What the pictures are drawn by may open no address, whatever a drawing asks for."""
    import vl_convert  # noqa: PLC0415  as in charts.py

    spec = {"data": {"url": "http://127.0.0.1:9/x.json"}, "mark": "bar", "encoding": {"x": {"field": "a", "type": "quantitative"}}}
    with pytest.raises(ValueError, match="not allowed"):
        vl_convert.vegalite_to_svg(spec, vl_version="6.4", allowed_base_urls=[])


def test_only_who_draws_pays() -> None:
    """Altair and what draws for it (0.4 s, 130 MB) are not loaded with the module that names the charts."""
    asked = "import sys, mailings.reports.charts; print([m for m in ('altair', 'vl_convert', 'narwhals') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_words_of_all() -> None:
    """Every kind and cause of a bounce has words of its own; another chart than ours is refused by name."""
    assert all(f"why_{why}" in texts() for why in BounceWhy)
    assert all(f"kind_{kind}" in texts() for kind in BounceKind)
    assert label("status", "something_new") == "something new"
    with pytest.raises(NotFound, match="links, opens"):
        chart("pie", document())
