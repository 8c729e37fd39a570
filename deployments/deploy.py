"""All a Prefect server needs of us, in one go and safe to repeat: pool, variable, deployments, automations. `python -m deployments.deploy`.

What people set stays: paused deployments, schedules that are switched off, schedules they added.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.settings import get_current_settings

from deployments import automating
from deployments.kept import keep, there
from deployments.made import Made
from deployments.provision import at_server, provision
from deployments.steps import PREFECT_FILE
from mailings.errors import Unreachable, Unreadable

PATIENCE = 170.0  # seconds for all deployments; 20 s mostly. Less than `mailings up` has for this command (cli/up/deploying.py)
NEXT = "prefect worker start --pool mailings"


def deploy(client: SyncPrefectClient, file: Path = PREFECT_FILE, limit: int | None = None) -> list[Made]:
    """Bring the server up to `file`, whatever stands on it; what became of each thing. Runs go on meanwhile.

    `limit` as in `provision`. Raises Unreadable for the file, Unreachable where Prefect could not deploy, NotAllowed as `provision`.
    """
    plan = _read(file)
    before = provision(client, limit)
    found = there(client, plan["deployments"])
    kept = [one for each in plan["deployments"] if each["name"] in found for one in keep(client, each, found[each["name"]])]
    _deploy(plan)
    deployed = [Made("deployment", each["name"], "updated" if each["name"] in found else "made") for each in plan["deployments"]]
    waited = {one.name for one in before if one.did == "waiting"}
    automations = [one._replace(did="made") for one in automating.put(client) if one.name in waited]
    return [one for one in before if one.name not in waited] + deployed + kept + automations


def _read(file: Path) -> dict[str, Any]:
    try:
        plan: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Unreadable(f"The deployments of {file} cannot be read: {error}") from error
    if not isinstance(plan, dict) or not isinstance(plan.get("deployments"), list):
        raise Unreadable(f"{file} names no deployments; it should be a prefect.yaml.")
    return plan


def _deploy(plan: dict[str, Any]) -> None:
    """By Prefect's own command, from the folder we stand in: its place and its .env go into the deployments."""
    env = os.environ | {"PREFECT_API_URL": str(get_current_settings().api.url), "COLUMNS": "200"}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "prefect.yaml"
        file.write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8")
        words = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
        try:
            done = subprocess.run(  # noqa: S603  our own words
                words, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Unreachable(f"Prefect did not deploy within {PATIENCE:g} seconds; try again when its server is less busy.") from error
    if done.returncode:
        print(done.stdout, done.stderr, sep="", file=sys.stderr)
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise Unreachable(f"Prefect could not deploy: {lines[-1] if lines else f'exit code {done.returncode}'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy to the server that is configured, and say what was done. 0 done, 1 not allowed, 3 no server, or Prefect could not deploy."""
    words = argparse.ArgumentParser("python -m deployments.deploy", description="Brings a Prefect server up to our deployments.")
    words.add_argument("--prefect-file", type=Path, default=PREFECT_FILE, metavar="FILE", help="another prefect.yaml than the package's")
    words.add_argument("--limit", type=int, metavar="RUNS", help="runs at the same time in the pool; otherwise it stays as it is")
    words.add_argument("--json", action="store_true", dest="as_json", help="say what was done as JSON, on standard output")
    asked = words.parse_args(arguments)
    return at_server(lambda client: deploy(client, asked.prefect_file, asked.limit), NEXT, as_json=asked.as_json)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that Prefect's command ends with this one
    sys.exit(main())
