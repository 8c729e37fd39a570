"""Code, tables and commands use the words of docs/reference/glossary.md, and none of those the house does without."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from mailings.model import Base
from tests.house.tree import ROOT, modules, parsed

UNWANTED = {"shipment", "campaign", "blast", "job", "jobs", "manager", "helper", "helpers", "service", "services", "util", "utils"}
UNWANTED_STARTS = ("get_", "handle_", "process_")

#: names given by somebody else, or words of the domain: identifier -> why it stays
GIVEN = {
    "process_bind_param": "SQLAlchemy's name for what a column type does",
    "process_result_value": "SQLAlchemy's name for what a column type does",
    "process_literal_param": "SQLAlchemy's name for what a column type does",
    "get_command": "Typer's name for how a group finds a command",
    "SALES_AND_SERVICE": "a purpose of domain C.7",
    "ServiceContact": "the original's word for who looks after a company (domain D.4)",
    "campaign": "the utm_campaign that web statistics read",
    "utm_campaign": "what web statistics read",
    "viewShipmentMessage": "a variable of templates written for the original",
    "messaging_service": "Twilio's word for several numbers that send as one",
    "process_started": "a noun: when the process started",
}


def _defined(module: Path) -> set[str]:
    """Names a module makes: functions, classes, arguments, variables, attributes."""
    names: set[str] = set()
    for node in ast.walk(parsed(module)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                names.add(name)
    return names


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def test_names_keep_to_the_glossary() -> None:
    """No identifier and no file name uses a word the house does without, begins with one that says nothing, or ends in `_data`."""
    made = [(module, name) for module in modules() for name in (_defined(module) | {module.stem}) - GIVEN.keys()]
    assert len(made) > 10_000
    assert [f"{module}: {name}" for module, name in made if UNWANTED & _words(name)] == []
    assert [f"{module}: {name}" for module, name in made if name.lstrip("_").startswith(UNWANTED_STARTS)] == []
    assert [f"{module}: {name}" for module, name in made if re.search(r"\w_data$", name)] == []


def test_tables_keep_to_the_glossary() -> None:
    """No table and no column uses a word the house does without."""
    for table in Base.metadata.tables.values():
        for name in {table.name, *table.columns.keys()} - GIVEN.keys():
            assert not UNWANTED & _words(name), f"{table.name}.{name}"


@pytest.mark.parametrize(
    "word", ["Mailing", "Recipient", "Verdict", "Delivery", "Source", "Selection", "Project", "Consent", "Topic", "Person", "Company"]
)
def test_nouns_of_the_code_stand_in_the_glossary(word: str) -> None:
    """Every noun the tables are named by is explained to a newcomer."""
    assert re.search(rf"^\| \*\*{word}\b", (ROOT / "docs/reference/glossary.md").read_text(encoding="utf-8"), re.MULTILINE), word
