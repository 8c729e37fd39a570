"""What `mailings doctor` finds out: every setting with its value and where it comes from, and what can be reached."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from importlib import import_module
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from dotenv import dotenv_values
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from mailings.db import database
from mailings.errors import MailingsError
from mailings.plugins import transport_class
from mailings.settings import Settings, settings

LOOK_S = 2.0  # how long to wait for a machine to answer
ELSEWHERE = {"MAILINGS_TEST_DATA"}  # read by the tests alone


@dataclass(frozen=True)
class Set:
    """One setting as it is in force. `source` is environment, .env or default; secrets are starred."""

    name: str
    value: str
    source: str


@dataclass(frozen=True)
class Found:
    """What was looked at. `ok` None = in order, but worth a look; False = something needed does not work."""

    what: str
    ok: bool | None
    note: str


def settings_in_force() -> list[Set]:
    """Every setting of the installation and of its transport, secrets starred."""
    given = _dotenv()
    return [_set(name, value, given) for kind in _kinds() for name, value in _values(kind)]


def known_settings() -> set[str]:
    """The names of all settings there are, of every transport."""
    return {name for kind in _kinds(every=True) for name in _names(kind)} | ELSEWHERE


def unknown_settings() -> list[str]:
    """A sentence for each MAILINGS_* that is set but no setting: a slip of the pen would else go unnoticed."""
    known = known_settings()
    written = [name for name in {**os.environ, **_dotenv()} if name.upper().startswith("MAILINGS_")]
    return [f"{name} is no setting{_perhaps(name, known)}." for name in sorted(written) if name.upper() not in known]


def findings() -> Iterator[Found]:
    """Look at the database, the transport, Prefect and the public address, one after the other."""
    yield _database()
    yield _transport()
    if api := os.environ.get("PREFECT_API_URL"):
        yield _prefect(api)
    else:
        yield Found("prefect", True, "no PREFECT_API_URL: each run starts an engine of its own")
    yield _public_url(settings().public_url)
    if settings().demo_secret:
        yield Found("secret", None, "MAILINGS_SECRET is the demo's; only a transport that keeps mail on this machine takes it")


def _kinds(*, every: bool = False) -> list[type[BaseSettings]]:
    """The classes of settings: the installation's, and those of the transport in use (or of every transport)."""
    names = import_module("mailings.plugins").transport_names() if every else [settings().email_transport]
    kinds: list[type[BaseSettings]] = [Settings]
    for name in names:
        try:
            module = import_module(transport_class(name).__module__)
        except MailingsError:
            continue
        kinds += [
            c for c in vars(module).values() if isinstance(c, type) and issubclass(c, BaseSettings) and c not in (BaseSettings, Settings)
        ]
    return list(dict.fromkeys(kinds))


def _names(kind: type[BaseSettings]) -> list[str]:
    prefix = str(kind.model_config.get("env_prefix", ""))
    return [(prefix + name).upper() for name in kind.model_fields]


def _values(kind: type[BaseSettings]) -> Iterator[tuple[str, object]]:
    made = kind()
    for name, field in zip(_names(kind), kind.model_fields, strict=True):
        yield name, getattr(made, field)


def _set(name: str, value: object, given: dict[str, str]) -> Set:
    source = "environment" if name in os.environ else ".env" if name in given else "default"
    return Set(name, _shown(name, value), source)


def _shown(name: str, value: object) -> str:
    if name == "MAILINGS_DATABASE_URL" and isinstance(value, SecretStr):
        try:
            return make_url(value.get_secret_value()).render_as_string(hide_password=True)
        except ArgumentError:
            return "***"
    if isinstance(value, SecretStr):
        return "***" if value.get_secret_value() else ""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}"
    return "" if value is None else str(value)


def _dotenv() -> dict[str, str]:
    return {name.upper(): value for name, value in dotenv_values(".env").items() if value is not None}


def _perhaps(name: str, known: set[str]) -> str:
    near = get_close_matches(name.upper(), known, n=1)
    return f", {near[0]} is" if near else ""


def _database() -> Found:
    try:
        found = database()
        where = found.url.render_as_string(hide_password=True)
        return (
            Found("database", True, where) if found.ready() else Found("database", False, f"{where} has no tables yet; run: mailings init")
        )
    except MailingsError as error:
        return Found("database", False, str(error))


def _transport() -> Found:
    name = settings().email_transport
    try:
        problems = transport_class(name).configured().problems()
        if problems:
            return Found("transport", False, f"{name}: {' '.join(problems)}")
        own = {n.removeprefix(f"MAILINGS_{name.upper()}_"): v for kind in _kinds() for n, v in _values(kind)}
        if isinstance(own.get("HOST"), str) and isinstance(own.get("PORT"), int):
            return _answering("transport", str(own["HOST"]), int(str(own["PORT"])))
    except MailingsError as error:
        return Found("transport", False, str(error))
    return Found("transport", True, name)


def _answering(what: str, host: str, port: int) -> Found:
    try:
        with socket.create_connection((host, port), timeout=LOOK_S):
            return Found(what, True, f"{host}:{port} answers")
    except OSError as error:
        return Found(what, False, f"{host}:{port} does not answer: {error.strerror or error}")


def _prefect(api: str) -> Found:
    if urlsplit(api).scheme not in ("http", "https"):
        return Found("prefect", False, f"PREFECT_API_URL {api} is no http address")
    try:
        with urlopen(f"{api.rstrip('/')}/health", timeout=LOOK_S) as answer:  # noqa: S310  the scheme is checked above
            return Found("prefect", answer.status == 200, f"{api} answers")
    except HTTPError as error:
        return Found("prefect", False, f"{api} answers {error.code}")
    except OSError as error:
        return Found("prefect", False, f"{api} does not answer: {error}")


def _public_url(url: str) -> Found:
    if urlsplit(url).scheme == "https":
        return Found("public address", True, url)
    return Found("public address", None, f"{url} is not https; fine on this machine, not for mail to other people")
