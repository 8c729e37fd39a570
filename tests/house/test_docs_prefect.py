"""What the pages say of Prefect holds: its commands and their options, our deployments, the parameters they take."""

from __future__ import annotations

import re
import shlex
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from prefect import Flow
from prefect.cli import app as prefect

from tests.deployments.test_compose import ended
from tests.house.prose import read, run_by
from tests.house.tree import pages

DOCS = [page for page in pages() if page.name != "CHANGELOG.md"]
DEPLOYED = {one["name"]: one for one in yaml.safe_load(read(Path("prefect.yaml")))["deployments"]}
GIVEN = sorted({given for page in DOCS for given in run_by("prefect", page) if not given.startswith(("--version", "["))})


def _path(words: list[str]) -> list[str]:
    """The words that name a command of Prefect's: up to its first option, or its first argument."""
    named = []
    for word in words:
        if not re.fullmatch(r"[a-z-]+", word) or word.startswith("-"):
            break
        named.append(word)
    return named


@pytest.mark.parametrize("given", GIVEN)
def test_a_command_of_prefect_exists(given: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A `prefect ...` of a page names a command, with options that it takes."""
    words = [word for word in shlex.split(re.sub(r'"\$\([^)]*\)"', "FILE", given), comments=True) if word != "--no-prompt"]
    path = _path(words)
    if path[:2] == ["variable", "set"]:
        path = path[:2]
    monkeypatch.setattr(sys, "argv", ["prefect", *path, "--help"])
    assert not ended(prefect)
    told = capsys.readouterr().out
    assert f"Usage: prefect {' '.join(path)}" in told
    for option in [word for word in words if re.match(r"--?[a-z]", word)]:
        assert option in told, f"{option} of prefect {given}"


@pytest.mark.parametrize("given", [given for given in GIVEN if given.startswith("deployment run ")])
def test_a_deployment_takes_what_it_is_given(given: str) -> None:
    """`prefect deployment run FLOW/NAME --param KEY=VALUE` names a deployment of prefect.yaml and parameters of its flow."""
    words = shlex.split(given, comments=True)
    flow, _, name = words[2].partition("/")
    module, _, function = DEPLOYED[name]["entrypoint"].rpartition(".")
    run = getattr(import_module(module), function)
    assert isinstance(run, Flow)
    assert run.name == flow
    parameters = run.parameters.properties
    for key in [word.partition("=")[0] for before, word in pairwise(words) if before == "--param"]:
        assert key in parameters, given


def test_every_deployment_is_on_its_page() -> None:
    """docs/reference/deployments.md has a line for each deployment of prefect.yaml, and for nothing else."""
    table = read(Path("docs/reference/deployments.md")).split("## What runs, and when")[1].split("##")[0]
    assert set(re.findall(r"^\| ([a-z-]+) \|", table, re.MULTILINE)) == set(DEPLOYED)
