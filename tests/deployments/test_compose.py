"""deployments/compose.yaml, read without Docker: what it names is there, nothing is open to others, no secret in it."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.cli import app as prefect
from prefect.settings import Settings as PrefectSettings
from pydantic import AliasChoices
from pydantic_settings import BaseSettings

from cli.inspection import known_settings
from cli.main import main as mailings
from deployments.provision import POOL
from deployments.steps import PREFECT_FILE
from mailings.settings import Settings as MailingsSettings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deployments"
TEXT = (FOLDER / "compose.yaml").read_text()
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
SECRETS = (FOLDER / "compose.env.example").read_text()  # what the file itself asks for
GIVEN = (FOLDER / "mailings.env.example").read_text()  # what every process of ours is given
EXAMPLE = SECRETS + GIVEN
#: read by Prefect's server, though it is none of its settings (prefect/server/utilities/encryption.py)
BESIDE = {"PREFECT_SERVER_ENCRYPTION_KEY"}
#: of the package prefect-redis, which only a server with Redis has (the extra `scale`)
OF_REDIS = {"PREFECT_REDIS_MESSAGING_URL", "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL"}
ASKED = re.compile(r"\$\{(\w+)(?::([-?])((?:[^{}]|\$\{[^}]*\})*))?\}")


def prefects() -> Iterator[str]:
    """Every environment variable that Prefect knows a setting by."""

    def below(model: type[Any], name: str) -> Iterator[str]:
        for field, info in model.model_fields.items():
            if isinstance(info.annotation, type) and issubclass(info.annotation, BaseSettings):
                yield from below(info.annotation, f"{name}_{field}")
                continue
            yield f"{name}_{field}".upper()
            choices = info.validation_alias.choices if isinstance(info.validation_alias, AliasChoices) else []
            yield from (choice.upper() for choice in choices if isinstance(choice, str))

    return below(PrefectSettings, "prefect")


def named() -> set[str]:
    """Every variable that a process of ours is given by name."""
    return {name for service in OURS.values() for name in service["environment"]}


def test_every_setting_exists() -> None:
    """A name Prefect or we do not know would be passed over in silence; so would a typing mistake in the example of the environment."""
    written = named() | set(re.findall(r"^#? ?((?:MAILINGS|PREFECT)_\w+)=", EXAMPLE, re.MULTILINE))
    known = {*prefects(), *known_settings(), *BESIDE, *OF_REDIS, "DO_NOT_TRACK"}
    assert written - known == set()
    assert any(name.startswith("MAILINGS_") for name in written)


@pytest.mark.parametrize("name", OURS)
def test_every_value_can_be_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect's settings and ours take what a process is given: a duration that is none would end it as it starts."""
    for variable, value in OURS[name]["environment"].items():
        monkeypatch.setenv(variable, ASKED.sub(lambda m: ASKED.sub("secret", m[3] or "") if m[2] == "-" else "secret", value))
    assert PrefectSettings().server.analytics_enabled is False
    assert MailingsSettings(_env_file=None).database_url.get_secret_value().startswith(("postgresql+psycopg://mailings:secret@", "sqlite"))


@pytest.mark.parametrize("name", OURS)
def test_every_command_exists(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process of ours is started by a command that `mailings` or `prefect` has, with options it takes."""
    words = OURS[name]["command"]
    for command in [words] if words[0] != "sh" else [shlex.split(part) for part in words[2].split("&&")]:
        given = [word for word in command if word != "--no-prompt"]
        if given[0] == "python":
            assert find_spec(given[2]), f"python -m {given[2]}"
            continue
        monkeypatch.setattr(sys, "argv", [*_path(given), "--help"])
        monkeypatch.setattr(sys.modules["__main__"], "__package__", None)  # `python -m pytest` would be told as the program's name
        assert not ended({"mailings": mailings, "prefect": prefect}[given[0]])
        told = capsys.readouterr().out
        assert f"Usage: {' '.join(_path(given))} " in told
        for option in [word for word in given if word.startswith("--")]:
            assert option in told, f"{option} of {' '.join(command)}"


def ended(program: Callable[[], object]) -> object:
    """What a program says by its end; nothing, or 0, where it went well."""
    try:
        program()
    except SystemExit as end:
        return end.code
    return None


def _path(words: list[str]) -> list[str]:
    """The command without its options and what follows them."""
    options = [at for at, word in enumerate(words) if word.startswith("-")]
    return words[: options[0]] if options else words


@pytest.mark.parametrize("name", SERVICES)
def test_waits_for_what_is_there(name: str) -> None:
    """What a service waits for exists, and can become that: healthy has a health check, completed ends and is not started again."""
    for wanted, how in SERVICES[name].get("depends_on", {}).items():
        assert wanted in SERVICES
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[wanted]
        if how["condition"] == "service_completed_successfully":
            assert SERVICES[wanted]["restart"] == "on-failure"


def test_only_this_machine_reaches_what_is_published() -> None:
    """Without LISTEN every published port is on 127.0.0.1; neither Redis nor a worker publishes any."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"postgres", "prefect-server", "door"}
    for ports in published.values():
        for port in ports:
            assert ASKED.sub(lambda m: m[3], port).startswith("127.0.0.1:")


def test_no_secret_is_in_the_file() -> None:
    """Passwords and keys come from the environment, and without them nothing starts: there is no default."""
    secret = {"POSTGRES_PASSWORD", "ENGINE_AUTH", "ENGINE_KEY", "MAILINGS_SECRET"}
    asked = [(found[1], found[2]) for found in ASKED.finditer(TEXT)] + [
        (inner[1], inner[2]) for found in ASKED.finditer(TEXT) for inner in ASKED.finditer(found[3] or "")
    ]
    assert {name for name, _ in asked} >= secret
    assert {how for name, how in asked if name in secret} == {"?"}
    for name in secret:
        assert re.search(rf"^{name}=$", EXAMPLE, re.MULTILINE), f"{name} has its line in the example, and no value there"


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_asked_for_is_explained(name: str) -> None:
    """Each variable a service takes from the environment has its line in the example, or a default."""
    for found in ASKED.finditer(yaml.safe_dump(SERVICES[name])):
        assert found[2] == "-" or re.search(rf"^#? ?{found[1]}=", EXAMPLE, re.MULTILINE), found[1]


def test_only_who_speaks_to_prefect_has_its_keys() -> None:
    """The door, which the public reaches, and whoever else needs no Prefect, has neither its password nor its key: by no file either."""
    keys, speaks = {"ENGINE_AUTH", "ENGINE_KEY"}, {"prefect-server", "prefect-services", "deploy", "worker"}
    asked = {name: {found[1] for found in ASKED.finditer(yaml.safe_dump(service))} for name, service in SERVICES.items()}
    assert {name for name in SERVICES if asked[name] & keys} == speaks
    assert {name for name in SERVICES if "ENGINE_KEY" in asked[name]} == {"prefect-server", "prefect-services"}
    assert {service["env_file"] for service in OURS.values()} == {"mailings.env"}
    assert set(re.findall(r"^#? ?([A-Z]+)_\w+=", GIVEN, re.MULTILINE)) == {"MAILINGS"}


def test_only_its_own_pages_ask_the_server() -> None:
    """Pages of others are refused by the server: the one origin that may ask is where its pages are, and a POST takes a token."""
    given = OURS["prefect-server"]["environment"]
    assert given["PREFECT_SERVER_UI_API_URL"] == given["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] + "/api"
    assert given["PREFECT_SERVER_CSRF_PROTECTION_ENABLED"] == "true"


def test_images_are_pinned() -> None:
    """Every image of others is named with its full version, in the Dockerfile too."""
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    images += re.findall(r"^FROM (\S+)", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    for image in images:
        assert re.search(r":\d+\.\d+(\.\d+)?-", image), image


def test_the_image_holds_what_the_package_needs() -> None:
    """What setuptools packs is let into the image's building by .dockerignore, with the pins; the extra that is installed exists."""
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packed = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert let_in >= packed | {"pyproject.toml", "constraints.txt", "README.md", "prefect.yaml"}
    assert PREFECT_FILE.exists()
    extras = re.findall(r'"\.\[(\w+)\]"', (FOLDER / "Dockerfile").read_text())
    assert extras
    assert set(extras) <= set(project["project"]["optional-dependencies"])


def test_workers_look_at_our_pool() -> None:
    """The workers poll the pool that provisioning makes, and are given time to finish what is in hand."""
    worker = SERVICES["worker"]
    assert worker["command"][worker["command"].index("--pool") + 1] == POOL
    assert worker["stop_grace_period"] == "2m"


def test_every_volume_is_declared() -> None:
    """A named volume that is mounted is declared; a folder that is mounted is there."""
    for service in SERVICES.values():
        for source in (str(volume).split(":")[0] for volume in service.get("volumes", [])):
            assert (FOLDER / source).exists() if source.startswith(".") else source in FILE["volumes"]
