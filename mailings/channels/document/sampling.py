"""A letter with nobody's data, to be looked at: an invented recipient's name and address, everything else of a recipient's own empty."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from mailings.channels.document.html import compiled_with, template_of
from mailings.channels.document.letter_rows import ENVELOPE
from mailings.content.letter_variables import ALSO
from mailings.errors import BadTemplate
from mailings.model import Mailing
from mailings.settings import Settings

_AS_FIRST_NAME = dict.fromkeys(("customer.firstname", "atfn"), "Åse")
_AS_LAST_NAME = dict.fromkeys(("customer.lastname", "atln"), "Ødegård")
_AS_NAME = dict.fromkeys(("customer.name", "customer.bestName", "customer.salutation", "attn"), "Åse Ødegård")
_AS_COMPANY = dict.fromkeys(("company.name", "name"), "Blåbær & Sønner AS")
_AS_PLACE = {"addr": "Bjørkeveien 7", "zipc": "5004", "city": "Bergen", "zici": "5004 Bergen", "numb": "1042"}
SAMPLE = _AS_FIRST_NAME | _AS_LAST_NAME | _AS_NAME | _AS_COMPANY | _AS_PLACE
_PAGE = re.compile(r"@page\s*(:first)?\s*\{([^{}@]*)")
_MARGIN = re.compile(r"(?<![\w-])(margin(?:-top|-left|-right|-bottom)?)\s*:\s*([\w. %]+)")
_SHEET = "<style>html{background:#fff;width:210mm}body{position:relative!important;display:flow-root!important;%s}</style>"
LINES = "Åse Ødegård\nBlåbær & Sønner AS\nBjørkeveien 7\n5004 Bergen"


def sample_of(session: Session, mailing: Mailing, settings: Settings) -> str:
    """The letter as HTML. Raises BadTemplate, and Unreadable where it cannot be filled."""
    template = template_of(session, mailing, settings)
    if template.used.problems:
        raise BadTemplate(" ".join(template.used.problems))
    compiled = compiled_with(session, mailing, settings, template)
    read = {path: name for path, name in template.used.columns().items() if path not in template.constants}
    values = {name: SAMPLE.get(ALSO.get(path, path), "") for path, name in read.items()}
    if ENVELOPE in read:
        values[read[ENVELOPE]] = LINES
    return compiled.filled(dict.fromkeys(compiled.row.names, "") | values)


def on_screen(html: str) -> str:
    """A letter as a browser shows it: what @page leaves free of the first sheet becomes free of the body, for browsers print that only."""
    found = sorted(_PAGE.findall(html), key=lambda rule: rule[0] != "")  # what is said of the first page counts more
    margins = [f"{name}:{value.strip()}!important" for _, rule in found for name, value in _MARGIN.findall(rule)]
    return html + _SHEET % ";".join(margins)
