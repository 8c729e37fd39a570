"""Charts of a report as SVG: who clicked which link, opens of the first two days, statuses, why messages came back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from mailings.errors import NotFound
from mailings.reports.saying import marks, say

CHARTS = ("links", "opens", "statuses", "bounces")  #: domain.md H.3
SVG = "http://www.w3.org/2000/svg"

#: what XML holds no text of; what draws ends the whole process where it meets one
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Document = Mapping[str, Any]  #: what `report_of` returns


def chart(kind: str, document: Document, *, language: str = "en") -> bytes:
    """One of CHARTS, drawn from a report's figures: SVG of 480 units' width.

    Hovering tells exact numbers where it stands in a page itself. Nothing is fetched from anywhere. Raises NotFound for another kind.
    """
    if kind not in CHARTS:
        raise NotFound(f"There is no chart {kind!r}; there are {', '.join(CHARTS)}.")
    from mailings.reports.drawings import DRAWN  # noqa: PLC0415  0.4 s and 60 MB, and 70 MB more with the first drawing: only who asks pays

    drawn = DRAWN[kind](document, language)
    return _drawn(drawn, kind, language)


def chart_of_days(days: Sequence[tuple[str, int]], *, language: str = "en") -> bytes:
    """What was processed on each of these days (ISO, one after the other), as SVG of 480 units' width (domain.md J.6)."""
    from mailings.reports.day_drawings import processed  # noqa: PLC0415  as above

    return _drawn(processed(days, language), "processed", language)


def _drawn(drawn: Any, kind: str, language: str) -> bytes:
    import vl_convert  # noqa: PLC0415  as above

    svg = vl_convert.vegalite_to_svg(_clean(drawn.to_dict()), vl_version="6.4", allowed_base_urls=[], format_locale=marks(language))
    return _told(svg, kind, language)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return FORBIDDEN.sub("", value)
    if isinstance(value, dict):
        return {FORBIDDEN.sub("", name): _clean(one) for name, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list | tuple) else value


def _told(svg: str, kind: str, language: str) -> bytes:
    """The SVG with a name and a description, each mark's numbers as what hovering shows, and nothing that a page's CSP refuses."""
    root = ET.fromstring(svg)  # noqa: S314  Vega's own, no entities
    for element in root.iter():
        element.attrib.pop("style", None)
        told = element.attrib.pop("aria-label", None)
        role = element.attrib.pop("aria-roledescription", None)
        if told and role == "bar":
            ET.SubElement(element, f"{{{SVG}}}title").text = told
    name, tells = (ET.Element(f"{{{SVG}}}{tag}", id=f"chart-{kind}-{tag}") for tag in ("title", "desc"))
    name.text, tells.text = say(f"chart_{kind}", language), say(f"chart_{kind}_tells", language)
    root[:0] = [name, tells]
    root.attrib |= {
        "role": "img",
        "aria-labelledby": f"chart-{kind}-title chart-{kind}-desc",
        "{http://www.w3.org/XML/1998/namespace}lang": language,
    }
    ET.register_namespace("", SVG)
    return bytes(ET.tostring(root, encoding="utf-8"))
