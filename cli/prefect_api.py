"""Asks a Prefect server in plain HTTP: importing Prefect's own client takes a second that doctor and `up` need not wait for."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import uuid4

import orjson

from cli.up.place import api_here
from mailings.errors import MailingsError, NotFound, Unreachable, Untrusted

CLIENT = str(uuid4())  # who we are to the server that hands out tokens
LOOK_S = 3.0  # how long to wait for an answer


def ask(api: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The answer to a question: GET, or POST of `body`.

    Raises Unreachable when there is none, Untrusted when it wants to know who asks, NotFound for what it does not have.
    """
    if urlsplit(api).scheme not in ("http", "https"):
        raise Unreachable(f"{api} is no http address; PREFECT_API_URL looks like http://127.0.0.1:4200/api.")
    url, heads = f"{api.rstrip('/')}/{path}", _heads(api)
    try:
        return _answer(url, heads) if body is None else _answer(url, heads | _token(api, heads), orjson.dumps(body))
    except (OSError, ValueError) as error:
        code = getattr(error, "code", None)
        if code in (401, 403):
            raise Untrusted(f"{api} asks who we are; set PREFECT_API_AUTH_STRING to what its server was given.") from error
        if code == 404:
            raise NotFound(f"{api} has no {path}.") from error
        raise Unreachable(f"{api} answers {code}." if code else f"{api} does not answer: {getattr(error, 'reason', error)}.") from error


def healthy(api: str) -> bool:
    """Whether it answers now."""
    try:
        return bool(ask(api, "health"))
    except MailingsError:
        return False


def told(name: str) -> str:
    """A setting of Prefect's as this folder has it: the environment, else `.env`; "" where neither does."""
    from dotenv import dotenv_values  # noqa: PLC0415  most commands never ask

    return os.environ.get(name) or (dotenv_values(".env").get(name) if Path(".env").is_file() else "") or ""


def auth_string(api: str) -> str:
    """What the API is asked with, `user:password`; that of our own server is told to nobody but the one `up` started here."""
    return told("PREFECT_API_AUTH_STRING") or (told("PREFECT_SERVER_API_AUTH_STRING") if api == api_here() else "")


def speaking_to(api: str) -> dict[str, str]:
    """The environment in which Prefect's own client speaks to that API."""
    known = auth_string(api)
    return {"PREFECT_API_URL": api} | ({"PREFECT_API_AUTH_STRING": known} if known else {})


def _answer(url: str, heads: dict[str, str], body: bytes | None = None) -> Any:
    with urlopen(Request(url, body, heads), timeout=LOOK_S) as answer:  # noqa: S310  the scheme was checked
        return orjson.loads(answer.read() or b"null")


def _token(api: str, heads: dict[str, str]) -> dict[str, str]:
    """What a POST must carry to show that no foreign page sent it; nothing where the server does without, which it tells by 422."""
    try:
        token = _answer(f"{api.rstrip('/')}/csrf-token?client={CLIENT}", heads)["token"]
    except HTTPError as error:
        if error.code != 422:
            raise
        return {}
    return {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": CLIENT}


def _heads(api: str) -> dict[str, str]:
    heads = {"Content-Type": "application/json"}
    if known := auth_string(api):
        heads["Authorization"] = f"Basic {base64.b64encode(known.encode()).decode()}"
    return heads
