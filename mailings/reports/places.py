"""Where a mailing stands at the desk: addresses for whoever shows one elsewhere, in Prefect or in a message."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from mailings.settings import Settings

#: what of a mailing -> its page, within the desk; tests/web/desk/test_places.py holds that each is there
PLACES = {
    "mailing": "/mailings/{name}",
    "recipients": "/mailings/{name}/recipients",
    "recipient": "/mailings/{name}/recipients/{number}",
    "report": "/mailings/{name}/reports",
    "workbook": "/mailings/{name}/report.xlsx",
}
DESK = "/desk"  #: where the door has the desk


def desk_address(settings: Settings, place: str, name: str, number: int = 0, **query: str) -> str:
    """The address of one of PLACES: desk_address(settings(), "recipients", "høst-nytt", show="other")."""
    path = PLACES[place].format(name=quote(name, safe=""), number=number)
    return f"{settings.public_url.rstrip('/')}{DESK}{path}" + (f"?{urlencode(query)}" if query else "")
