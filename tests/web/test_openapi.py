"""Schemathesis asks everything the door's own description allows, and much that it does not: never a 5xx, never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error

from mailings.db import Database
from mailings.model import Base, Delivery
from mailings.settings import Settings
from mailings.tokens import Kind
from tests.web.formed import formed
from tests.web.opened import SECRET, a_delivery, address
from web.app import make_app
from web.rates import Buckets, Rate, Rates


def an_app(folder: Path) -> FastAPI:
    """A door on a database with one message and one form, whose description can be asked for and which asks of nobody to wait."""
    db = Database(f"sqlite:///{folder}/openapi.db")
    Base.metadata.create_all(db.engine)
    delivery, there = a_delivery(db), formed(db, double_opt_in=True)
    there.send()
    with db.writing() as session:
        session.get_one(Delivery, delivery).submission_id = there.submissions()[0].id
    rates = Rates()
    rates.asks = rates.posts = rates.misses = Buckets(Rate(1e9, 1e9))
    app = make_app(db, Settings(_env_file=None, secret=SECRET, public_url="https://post.test"), rates=rates)  # type: ignore[call-arg]
    description = app.openapi()

    @app.get("/description", include_in_schema=False)
    def described() -> Any:
        return description

    return app


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The description of the door, read as Schemathesis reads any."""
    return schemathesis.openapi.from_asgi("/description", an_app(tmp_path_factory.mktemp("openapi")))


schema = schemathesis.pytest.from_fixture("everything")


def with_a_token_that_holds(case: Case) -> Case | None:
    """The same case with the token of a message, or the name of the form, there is; None where its address has none."""
    if case.path.startswith("/f/") and "name" in (case.path_parameters or {}):
        case.path_parameters["name"] = "havnedag"
        return case
    if "token" not in (case.path_parameters or {}):
        return None
    kind = Kind(case.path[1])
    target, _, _ = address(kind, 1).partition("?")
    case.path_parameters["token"] = target.split("/")[2]
    if kind is Kind.DYNAMIC:
        case.query["u"] = "https://vindheim.test/"
    return case


@pytest.mark.slow
@pytest.mark.xdist_group("engine")  # with a group it begins early: it takes longest of all
@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")  # GET and HEAD are one function
@schema.parametrize()
@settings(
    max_examples=30,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_can_be_asked_breaks_the_door(case: Case) -> None:
    """Every operation with generated numbers, queries, forms and bodies, each with any token and with one that holds: no 5xx."""
    case.call_and_validate(checks=[not_a_server_error])
    if trusted := with_a_token_that_holds(case):
        trusted.call_and_validate(checks=[not_a_server_error])
