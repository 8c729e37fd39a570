"""Deploying again on a real server: what people paused, switched off or added there is as they left it, and everything is there once."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.deploy import main
from tests.deployments.server import PATIENCE, ROOT, Server

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("server")]

MONDAYS = {"cron": "0 9 * * 1", "timezone": "Europe/Oslo"}
WEEKLY = {"rrule": "FREQ=WEEKLY;BYDAY=FR", "timezone": "Europe/Amsterdam"}
FIVE = ("collect-statistics", "start-due-mailings", "erase-expired", "send-recurring", "report-mailing")


def asked(server: Server, method: str, path: str, json: Any = None) -> Any:
    """An answer of the API."""
    answer = server.api.request(method, path, json=json)
    return answer.raise_for_status().json() if answer.content else None


def deployment(server: Server, name: str) -> dict[str, Any]:
    """A deployment, as its page shows it."""
    shown: dict[str, Any] = asked(server, "GET", f"/deployments/name/{name}/{name}")
    return shown


def added(server: Server, name: str, schedule: dict[str, Any], **more: Any) -> None:
    """Add a schedule, as the page of a deployment does."""
    path = f"/deployments/{deployment(server, name)['id']}/schedules"
    asked(server, "POST", path, [{"schedule": schedule, "active": True} | more])


def switched(server: Server, name: str, active: bool) -> None:
    """The switch of a deployment's first schedule."""
    number, schedule = (shown := deployment(server, name))["id"], shown["schedules"][0]
    body = {"active": active, "parameters": schedule["parameters"]}
    asked(server, "PATCH", f"/deployments/{number}/schedules/{schedule['id']}", body)


def what_is_set(server: Server) -> dict[str, Any]:
    """Of each deployment whether it is paused, and what its schedules do: when, with what, whether they are active; by their ids."""
    shown = {name: deployment(server, name) for name in FIVE}
    return {
        name: (one["paused"], {each["id"]: (each["schedule"], each["parameters"], each["active"]) for each in one["schedules"]})
        for name, one in shown.items()
    }


@contextmanager
def as_people_set_it(server: Server) -> Iterator[None]:
    """People paused one deployment, switched off a schedule of ours, and added four of theirs; put right after the block."""
    before = {name: {each["id"] for each in deployment(server, name)["schedules"]} for name in FIVE}
    erase = deployment(server, "erase-expired")["id"]
    asked(server, "POST", f"/deployments/{erase}/pause_deployment")
    switched(server, "start-due-mailings", False)
    added(server, "collect-statistics", MONDAYS, parameters={"days": 7})
    added(server, "collect-statistics", {"interval": 86400, "timezone": "UTC"}, parameters={"days": 9}, active=False, slug="åses-egen")
    added(server, "start-due-mailings", WEEKLY)
    added(server, "send-recurring", MONDAYS, parameters={"template": "høst-nytt"})
    try:
        yield
    finally:
        asked(server, "POST", f"/deployments/{erase}/resume_deployment")
        for name in FIVE:
            number = (shown := deployment(server, name))["id"]
            for one in {each["id"] for each in shown["schedules"]} - before[name]:
                asked(server, "DELETE", f"/deployments/{number}/schedules/{one}")
        switched(server, "start-due-mailings", True)


def test_deploying_again_keeps_what_people_set(server: Server) -> None:
    """A paused deployment stays paused, our schedule that is off stays off, people's, with a slug or without, are the same ones."""
    with as_people_set_it(server):
        wanted = what_is_set(server)
        assert wanted["erase-expired"][0]
        assert [len(schedules) for _, schedules in wanted.values()] == [4, 2, 1, 1, 0]
        words = [sys.executable, "-m", "deployments.deploy", "--json"]
        done = subprocess.run(words, env=server.env, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        assert what_is_set(server) == wanted
    said = {(one["kind"], one["name"]): (one["did"], one["why"]) for one in json.loads(done.stdout)["done"] if one["did"] == "stays"}
    assert said[("deployment", "erase-expired")] == ("stays", "paused")
    assert said[("schedule", "start-due-mailings/every-minute")] == ("stays", "off")
    assert said[("schedule", "collect-statistics/åses-egen")] == ("stays", "added by people, off")
    assert sorted(why for _, why in said.values()) == ["added by people"] * 3 + ["added by people, off", "off", "paused"]


def test_what_cannot_be_deployed(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file Prefect cannot deploy is told with Prefect's own reason, after its whole story, and ends with 3; so does one that is none."""
    file = tmp_path / "prefect.yaml"
    with temporary_settings({PREFECT_API_URL: server.env["PREFECT_API_URL"]}):
        for text, sentence in (
            (
                "deployments: [{name: ny, entrypoint: flows.finnes_ikke.nei, work_pool: {name: mailings}}]",
                "could not deploy: .*finnes_ikke",
            ),
            ("Hei!", "names no deployments"),
        ):
            file.write_text(text, encoding="utf-8")
            assert main(["--prefect-file", str(file)]) == 3
            assert re.search(sentence, capsys.readouterr().err)
