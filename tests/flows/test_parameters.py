"""Forms: every field says what it is, stands in its place and fits its own rules; what does not fit is refused before a run is made."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator, ValidationError, validate
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.utilities.callables import parameter_schema

from flows.import_people import import_people
from flows.resend_mailing import resend_mailing
from flows.send_mailing import send_mailing
from flows.send_recurring import send_recurring
from mailings.model import Basis
from mailings.sending.choosing import UNMOVED, WORDS
from tasks.parameters import HowToImport, Whom
from tests.house.tree import ROOT


def flows() -> Iterator[Flow[..., Any]]:
    """Every flow there is."""
    for path in sorted((ROOT / "flows").glob("[!_]*.py")):
        module = importlib.import_module(f"flows.{path.stem}")
        yield getattr(module, path.stem)


def boxes() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every form within a flow's form: a name for it, its schema, and the definitions beside it."""
    for one in flows():
        schema = parameter_schema(one).model_dump()
        definitions = schema.get("definitions") or {}
        for name, box in definitions.items():
            if "properties" in box:
                yield f"{one.name} {name}", box, definitions


FLOWS, BOXES = list(flows()), list(boxes())


def test_there_are_forms() -> None:
    """The flows that people start by hand have forms within their forms."""
    assert {"send-mailing HowToSend", "send-recurring Occasion", "resend-mailing Whom", "import-people HowToImport"} <= {
        n for n, *_ in BOXES
    }


@pytest.mark.parametrize(("box", "definitions"), [pytest.param(b, d, id=n) for n, b, d in BOXES])
def test_every_field_is_explained_and_in_its_place(box: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Each field has a title, a description ending a sentence, and a place of its own counted from 1; none may be left open or unknown."""
    fields = box["properties"]
    assert sorted(field.get("position", 0) for field in fields.values()) == list(range(1, len(fields) + 1))
    for name, field in fields.items():
        assert field.get("title"), name
        assert str(field.get("description", "")).endswith("."), name
        assert "anyOf" not in field, f"{name} may be nothing: two tabs, where a default would do"
    assert box.get("additionalProperties") is False


@pytest.mark.parametrize(("box", "definitions"), [pytest.param(b, d, id=n) for n, b, d in BOXES])
def test_every_default_fits(box: dict[str, Any], definitions: dict[str, Any]) -> None:
    """What stands in a field before anybody touched it is something the form takes."""
    for name, field in box["properties"].items():
        if "default" in field:
            Draft202012Validator(field | {"definitions": definitions}).validate(field["default"])
        else:
            assert name in box.get("required", []), name


@pytest.mark.parametrize("one", FLOWS, ids=lambda one: str(one.name))
def test_an_untouched_form_fits(one: Flow[..., Any]) -> None:
    """Whoever fills in only what must be filled in has filled in enough; the mailing is always called `mailing`."""
    schema = parameter_schema(one).model_dump()
    given = {name: field["default"] for name, field in schema["properties"].items() if "default" in field}
    given |= dict.fromkeys(schema.get("required", []), "høst-nytt")
    validate(given, schema)
    places = [field["position"] for field in schema["properties"].values()]
    assert places == sorted(set(places))


def test_the_choices_are_those_of_the_domain() -> None:
    """What can be chosen on a form is what the domain knows, word for word."""
    assert parameter_schema(resend_mailing).definitions["Whom"]["properties"]["latest"]["items"]["enum"] == [*WORDS, *UNMOVED]
    bases = [str(basis) for basis in Basis if basis is not Basis.WITHDRAWN]
    assert HowToImport.model_json_schema()["properties"]["consent"]["enum"] == ["as_listed", *bases]
    assert Whom(latest=["failed", "unopened"], addresses=["Åse <ase@fjord.test>"]).only == "failed,unopened,ase@fjord.test"


WRONG = [
    pytest.param(resend_mailing, {"mailing": "a", "whom": {"latest": ["unread"]}}, id="no such choice"),
    pytest.param(resend_mailing, {"mailing": "a", "whom": {"only": "failed"}}, id="a field that is none"),
    pytest.param(send_mailing, {"mailing": "a", "how": {"batch_size": 1001}}, id="too many at a time"),
    pytest.param(send_mailing, {"mailing": ""}, id="no name"),
    pytest.param(send_mailing, {}, id="nothing at all"),
    pytest.param(send_recurring, {"mailing": "a", "occasion": {"date": "21.11.2026"}}, id="a date of another kind"),
    pytest.param(import_people, {"file": "a.csv", "form": {"consent": "withdrawn"}}, id="a basis that is none"),
]


@pytest.mark.parametrize(("one", "given"), WRONG)
def test_what_does_not_fit(one: Flow[..., Any], given: dict[str, Any]) -> None:
    """What a page would post is refused by the form's own rules."""
    with pytest.raises(ValidationError):
        validate(given, parameter_schema(one).model_dump())


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.parametrize(("one", "given"), WRONG)
def test_the_server_makes_no_run_of_it(one: Flow[..., Any], given: dict[str, Any], prefect_server: None) -> None:
    """A server with such a deployment answers 409 and makes no run; it takes what fits."""
    right = {"mailing": "a"} if "file" not in given else {"file": "a.csv"}
    with get_client(sync_client=True) as client:
        number = client.create_flow_from_name(one.name)
        schema = parameter_schema(one).model_dump_for_openapi()
        made = client.create_deployment(number, f"form-{uuid4()}", parameter_openapi_schema=schema, enforce_parameter_schema=True)
        try:
            with pytest.raises(PrefectHTTPStatusError, match="409"):
                client.create_flow_run_from_deployment(made, parameters=given)
            assert client.create_flow_run_from_deployment(made, parameters=right).id
        finally:
            client.delete_deployment(made)
