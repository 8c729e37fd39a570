"""The engine a run needs: the Prefect API that is configured, or an embedded server for the length of one command."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from cli.door import notes
from cli.embedded import embedded_server
from cli.prefect_api import speaking_to
from cli.up.place import api_here
from mailings.errors import Unreachable

FOLDER = Path("var/prefect")  # beside the default database

#: the terminal belongs to the command's own words; the API gets every line
OUR_PROCESS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # what goes wrong is said once, by the command, in one sentence
    "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "mailings",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}


@contextmanager
def engine() -> Iterator[str]:
    """A Prefect API for the block; yields its URL. Flows called inside run in this process and are recorded there.

    PREFECT_API_URL, or the profile Prefect itself would use, decides; with none an embedded server is started, and stopped
    at the end of the block after it has written down what it was sent. Raises Unreachable when neither answers.
    """
    with _environment({name: os.environ.get(name, value) for name, value in OUR_PROCESS.items()}):
        logging.getLogger("mailings").setLevel(logging.INFO)
        if url := configured_api():
            with _environment(speaking_to(url)):
                _must_answer(url)
                with _plainly(url):
                    yield url
            return
        with ExitStack() as running:
            with notes.status("starting the engine…"), ThreadPoolExecutor(1) as aside:
                aside.submit(import_module, "prefect.flow_engine")  # 1.5 s, while the server starts
                server = running.enter_context(embedded_server(FOLDER))
                aside.shutdown()
                running.enter_context(_environment({"PREFECT_HOME": str(server.home), "PREFECT_API_URL": server.url}))
            running.callback(_written_down, server.url, datetime.now(UTC))
            with _plainly(server.url):
                yield server.url


@contextmanager
def _plainly(url: str) -> Iterator[None]:
    """A server that is gone, and stays gone while Prefect tries again for two minutes, is one sentence."""
    import httpx  # noqa: PLC0415  as slow as Prefect, which brings it

    try:
        yield
    except httpx.TransportError as error:
        raise Unreachable(f"Prefect's API at {url} stopped answering; what is sent is kept, and the same command goes on.") from error


def _written_down(api: str, since: datetime) -> None:
    from cli.records import wait_for_records  # noqa: PLC0415  it imports Prefect

    wait_for_records(api, since)


def configured_api() -> str | None:
    """The API a run is recorded by: one that is named, else that of `mailings up` in this folder. None = there is no server."""
    return named_api() or api_here()


def named_api() -> str | None:
    """The API Prefect itself would use: the environment, .env, prefect.toml, or the active profile. None = nobody named one."""
    if not _may_be_configured():
        return None  # mostly: and asking Prefect takes 1.3 s
    from prefect.settings import get_current_settings  # noqa: PLC0415  see above

    return get_current_settings().api.url


def _may_be_configured() -> bool:
    """Whether there is anything at all that Prefect could read an API from."""
    if any(name.upper() in ("PREFECT_API_URL", "PREFECT_PROFILE") for name in os.environ):
        return True
    home = Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect")
    its_own = [Path(os.environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml"), Path("prefect.toml")]
    shared = [path for path in (Path(".env"), Path("pyproject.toml")) if path.is_file()]
    return any(path.exists() for path in its_own) or any("api" in path.read_text("utf-8", "replace").lower() for path in shared)


def _must_answer(url: str) -> None:
    from prefect.client.orchestration import get_client  # noqa: PLC0415  see above

    with get_client(sync_client=True) as client:
        if error := client.api_healthcheck():
            why = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
            raise Unreachable(
                f"Prefect's API at {url} does not answer ({why}); start it, or unset PREFECT_API_URL to run without a server."
            ) from error


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """These variables for the block, seen by Prefect even where it was imported before."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    _reread()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        _reread()


def _reread() -> None:
    if "prefect" not in sys.modules:
        return  # it will read them when it is imported
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415  see above
    from prefect.logging.configuration import setup_logging  # noqa: PLC0415  see above

    refresh_global_settings_context()
    setup_logging()
