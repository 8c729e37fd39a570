"""What `mailings up` does to its server before work begins: pool, automations and deployments, whenever they are not as they should be."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from threading import Event

import yaml

from cli.prefect_api import ask
from cli.up.place import Place
from mailings.errors import Unreachable, Unreadable
from mailings.settings import settings

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0  # seconds for deploying; 20 s mostly
MATTERS = ("deployments/*.py", "deployments/automations/*.yaml", "flows/*.py", "tasks/parameters*.py")


def prefect_file() -> Path:
    """The file that names the deployments: in the folder we stand in, else the one the package brings. Raises Unreadable."""
    for path in (Path("prefect.yaml").absolute(), ROOT / "deployments" / "prefect.yaml"):
        if path.is_file():
            return path
    raise Unreadable(f"There is no prefect.yaml, neither in {Path.cwd()} nor in {ROOT}; install the package whole, or run from a checkout.")


def named(file: Path) -> set[str]:
    """The names of the deployments in it."""
    return {str(deployment["name"]) for deployment in yaml.safe_load(file.read_text("utf-8"))["deployments"]}


def missing(api: str, file: Path) -> set[str]:
    """The names in the file that the server has no deployment of."""
    found = ask(api, "deployments/filter", {"deployments": {"name": {"any_": sorted(named(file))}}})
    return named(file) - {deployment["name"] for deployment in found}


def deploy(place: Place, api: str, env: Mapping[str, str], stop: Event) -> bool:
    """Provision and deploy, unless the server has this version already; True when it was done.

    Raises Unreachable naming the log where it cannot be, KeyboardInterrupt when `stop` is set meanwhile.
    """
    file, mark = prefect_file(), place.server / "deployed"
    wanted = fingerprint(file)
    with suppress(OSError):
        if mark.read_text() == wanted and not missing(api, file):
            return False
    log = place.log("deploy")
    log.unlink(missing_ok=True)
    _run(("deployments.deploy", "--prefect-file", str(file)), place, env, stop)
    mark.write_text(wanted)
    return True


def fingerprint(file: Path) -> str:
    """What the deployments come from: our version, Prefect's, the file, the flows' forms, the zone of their schedules."""
    parts = [version("mailings"), version("prefect"), str(Path.cwd()), settings().time_zone]
    ours = (path for pattern in MATTERS for path in sorted(ROOT.glob(pattern)))
    parts += [hashlib.sha256(path.read_bytes()).hexdigest() for path in (file, *ours)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _run(words: tuple[str, ...], place: Place, env: Mapping[str, str], stop: Event) -> None:
    """A command in a process of its own, which ends with this one; the terminal belongs to `up`. Cut off anywhere it harms nothing."""
    log = place.log("deploy")
    with log.open("a") as out:
        command = [sys.executable, "-m", "cli.guarded", "1", *words]
        child = subprocess.Popen(command, env=dict(env), stdin=subprocess.PIPE, stdout=out, stderr=out, start_new_session=True)  # noqa: S603
        with child:
            deadline = time.monotonic() + PATIENCE
            while child.poll() is None and not stop.wait(0.1) and time.monotonic() < deadline:
                pass
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)  # Prefect's own command with it
    if stop.is_set():
        raise KeyboardInterrupt
    if code := child.returncode:
        lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
        raise Unreachable(f"The deployments could not be made ({lines[-1] if lines else f'exit code {code}'}); the whole story: {log}")
