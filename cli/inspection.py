"""What `mailings doctor` finds out about settings: each with its value, and whether it comes from the environment, .env or the default."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from importlib import import_module

from dotenv import dotenv_values
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from mailings.channels.email.mailboxes import without_password
from mailings.errors import MailingsError
from mailings.plugins import transport_class, transport_names
from mailings.settings import Settings, settings

DEFAULT = str(Settings.model_fields["sms_transport"].default)
ELSEWHERE = {"MAILINGS_TEST_DATA"}  # read by the tests alone


@dataclass(frozen=True)
class Set:
    """One setting as it is in force. `source` is environment, .env or default; secrets are starred."""

    name: str
    value: str
    source: str


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


def own_settings(transport: str) -> dict[str, object]:
    """The settings of the transport in use by their own names: HOST, PORT, ..."""
    return {name.removeprefix(f"MAILINGS_{transport.upper()}_"): value for kind in _kinds() for name, value in _values(kind)}


def carriers(chosen: Settings) -> list[tuple[str, str]]:
    """What is carried, as doctor calls it, and the transport that does. Text messages only where somebody chose one for them."""
    texts = [("text messages", chosen.sms_transport)] if chosen.sms_transport != DEFAULT else []
    return [("transport", chosen.email_transport), *texts]


def _kinds(*, every: bool = False) -> list[type[BaseSettings]]:
    """The classes of settings: the installation's, and those of the transports in use (or of every transport)."""
    names = transport_names() if every else list(dict.fromkeys(name for _, name in carriers(settings())))
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
    return [str(field.validation_alias or prefix + name).upper() for name, field in kind.model_fields.items()]


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
    if name == "MAILINGS_BOUNCE_MAILBOX" and isinstance(value, SecretStr):
        return without_password(value.get_secret_value())
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
