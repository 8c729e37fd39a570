"""Every page of the desk on a database with something on each of them."""

from __future__ import annotations

from itertools import product

from fastapi.routing import APIRoute

from mailings.db import Database
from mailings.model import Role
from tests.web.desk.everything import full
from tests.web.desk.fitting import FIT
from tests.web.desk.seated import seated
from web.desk.routes import ROUTERS

#: parts of paths that are the same whatever the database holds
KINDS = {"report.{kind}": ["html", "json"], "{kind}.svg": ["links", "opens", "statuses", "bounces"]}
LINKS, USERS, FORMS = ["butikk", "1", "2"], ["åse", "désirée"], ["havnedag"]
NOT_THERE = {"/static/{name}", "/sign-in/oidc", "/sign-in/oidc/back", "/mailings/{name}/letters/{file}"}  # on this database
QUERIES = {
    "/mailings": ["", "?view=mine", "?view=scheduled", "?words=host&sort=open_rate&order=up"],
    "/mailings/{name}/recipients": ["", "?show=bounced&show=blocked", "?q=åse"],
    "/mailings/{name}/bounces": ["", "?all=1"],
    "/mailings/{name}/explain": ["", "?who=åse"],
    "/mailings/{name}/live": ["?status=no-such"],  # ends with the first news
    "/mailings/{name}/preview": ["", "?recipient=1"],
    "/mailings/{name}/preview/message": ["", "?recipient=1"],
    "/forms": ["", "?q=havne", "?q=ingen"],
    "/forms/{name}/submissions": ["", "?only=failed&q=sir", "?only=mine", "?only=nope", "?before=3"],
    "/submissions": ["", "?only=all"],
    "/submissions/{number}": ["", "?who=Bj"],
    "/people": ["", "?q=åse"],
    "/bounces": ["", "?sort=latest", "?why=mailbox"],
    "/sign-in/oidc/back": ["", "?error=no"],
}


def pages() -> list[str]:
    """The paths of every page of the desk, as they are written in its routes."""
    routes = [one for router in ROUTERS for one in router.routes if isinstance(one, APIRoute) and "GET" in (one.methods or ())]
    return sorted({one.path for one in routes})


def addresses(route: str, there: dict[str, list[str]]) -> list[str]:
    """The route with everything there is in its places."""
    if route.startswith(("/links", "/users", "/static", "/forms")):
        there = there | {"name": {"/links": LINKS, "/users": USERS, "/static": ["nope.css"], "/forms": FORMS}[f"/{route.split('/')[1]}"]}
    elif "{mailing}" in route:
        there = there | {"mailing": there["name"], "name": LINKS}
    if "{kind}.svg" in route or "{number}" in route:  # a few of many alike
        there = there | {"name": there["name"][:2]}
    there = there | {"file": ["1"] if route.startswith("/submissions") else ["nope.pdf"]}
    there = there | {"kind": next((words for part, words in KINDS.items() if part in route), [])}
    parts = [part for part in there if f"{{{part}}}" in route]
    return [route.format(**dict(zip(parts, chosen, strict=True))) for chosen in product(*(there[part] for part in parts))]


def looked_at(db: Database, *roles: Role) -> dict[str, set[int]]:
    """What every page answers on a full database, by route; no page of them a failure."""
    there, came = full(db), dict[str, set[int]]()
    with seated(db, *roles, **FIT) as seat:
        for route in pages():
            for address in addresses(route, there):
                for query in QUERIES.get(route, [""]):
                    answer = seat.look(address + query)
                    assert answer.status_code in (200, 303, 403, 404, 409, 422), (address + query, answer.text)
                    came.setdefault(route, set()).add(answer.status_code)
    assert set(came) == set(pages())
    return came


def test_no_page_fails(any_db: Database) -> None:
    """Whatever a page is about, it is shown or is not there; each is shown at least once to who may see all."""
    came = looked_at(any_db, Role.ADMIN, Role.SENDER)
    assert {route for route, codes in came.items() if not codes & {200, 303}} <= NOT_THERE


def test_no_page_fails_a_reader(db: Database) -> None:
    """A reader is shown the same pages, but for those that are for others."""
    came = looked_at(db, Role.READER)
    assert {route for route, codes in came.items() if 403 in codes} >= {"/users", "/users/{name}", "/audit", "/audit.csv"}
    assert came["/mailings/{name}/content"] == {200}
