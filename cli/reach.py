"""What `mailings doctor` can reach: database, transport, Prefect, the DNS of our domains; and whether the public address will do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from cli.found import Found
from cli.inspection import carriers, own_settings
from cli.reach_desk import desk_findings
from cli.reach_prefect import prefect_findings
from mailings.db import database
from mailings.errors import MailingsError
from mailings.plugins import transport_class
from mailings.sending.dns.believed import Line
from mailings.sending.dns.deliverability import look_at, sending_domains
from mailings.settings import settings

LOOK_S = 2.0  # how long to wait for a machine to answer


def findings() -> Iterator[Found]:
    """Look at the database, the transport, Prefect and the public address, one after the other."""
    yield _database()
    for what, name in carriers(settings()):
        yield from _transport(what, name)
    yield from _remarks()
    yield from prefect_findings()
    yield _public_url(settings().public_url)
    yield from desk_findings(settings())
    if settings().demo_secret:
        yield Found("secret", None, "MAILINGS_SECRET is the demo's; only a transport that keeps mail on this machine takes it")


def _database() -> Found:
    try:
        found = database()
        where = found.url.render_as_string(hide_password=True)
        return (
            Found("database", True, where) if found.ready() else Found("database", False, f"{where} has no tables yet; run: mailings init")
        )
    except MailingsError as error:
        return Found("database", False, str(error))


def _transport(what: str, name: str) -> list[Found]:
    try:
        transport = transport_class(name).configured()
        if problems := [*transport.problems(), *filter(None, [transport.rehearsal()])]:
            return [Found(what, False, f"{name}: {problem}") for problem in problems]
        own = own_settings(name)
        if isinstance(own.get("HOST"), str) and isinstance(own.get("PORT"), int):
            return [_answering(what, str(own["HOST"]), int(str(own["PORT"])))]
    except MailingsError as error:
        return [Found(what, False, str(error))]
    return [Found(what, True, name)]


def _remarks() -> Iterator[Found]:
    for what, name in carriers(settings()):
        with suppress(MailingsError):  # told by _transport
            yield from (Found(what, None, remark) for remark in transport_class(name).configured().remarks())


def domain_lines() -> list[Line]:
    """Whether receivers will believe the domains we send from. Nothing without a database and a transport: `findings` says so then."""
    try:
        transport, found = transport_class(settings().email_transport).configured(), database()
        if not found.ready():
            return []
        with found.reading() as session:
            domains = sending_domains(session, settings())
        return look_at(domains, transport, settings())
    except MailingsError:
        return []


def _answering(what: str, host: str, port: int) -> Found:
    try:
        with socket.create_connection((host, port), timeout=LOOK_S):
            return Found(what, True, f"{host}:{port} answers")
    except OSError as error:
        return Found(what, False, f"{host}:{port} does not answer: {error.strerror or error}")


def _public_url(url: str) -> Found:
    if urlsplit(url).scheme == "https":
        return Found("public address", True, url)
    return Found("public address", None, f"{url} is not https; fine on this machine, not for mail to other people")
