"""Vercel's `emulate` in Twilio's place: a stand-in with a memory of its own, whose callbacks are signed."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from mailings.transports.twilio.settings import Settings
from tests.doubles.twilio import ACCOUNT, SENDER, TOKEN
from tests.house.tree import ROOT
from tests.servers.sink import free_port

PATIENCE = 60  # seconds: a busy machine takes a while to start Node


def program() -> Path | None:
    """Where `make packages` put it; None = nowhere."""
    ready = sorted(ROOT.glob(".tools/emulate-*/.ready"))
    return ready[0].parent / "node_modules/emulate/dist/index.js" if ready else None


@dataclass(frozen=True)
class Emulate:
    """A running one."""

    port: int

    def settings(self, **facts: Any) -> Settings:
        """How to speak to it."""
        known = {"account": ACCOUNT, "token": TOKEN, "host": f"http://127.0.0.1:{self.port}", "timeout": 60, "_env_file": None}
        return Settings(**(known | facts))

    def messages(self, to: str = "") -> list[dict[str, Any]]:
        """What it took, the latest first; to one number, where one is given."""
        asked = urlencode({"PageSize": 1000} | ({"To": to} if to else {}))
        return list(self._said(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?{asked}")["messages"])

    def becomes(self, sid: str, status: str) -> None:
        """A message comes to that status; who asked for it is told, before this returns."""
        self._said("/_twilio/simulate/message-status", MessageSid=sid, Status=status)

    def writes(self, number: str, text: str) -> None:
        """Somebody answers by text message; we are told, before this returns."""
        self._said("/_twilio/simulate/inbound-message", From=number, To=SENDER, Body=text)

    def _said(self, path: str, **form: str) -> dict[str, Any]:
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", urlencode(form).encode() if form else None)
        asked.add_header("Authorization", "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode())
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return dict(json.loads(answer.read()))


@contextmanager
def emulate(folder: Path, inbound: str = "http://127.0.0.1:9/") -> Iterator[Emulate]:
    """A running one, ended with the block. `inbound` = where it is told what readers write."""
    found = program()
    assert found is not None
    port, seed = free_port(), folder / "emulate.json"
    number = {"phone_number": SENDER, "friendly_name": "Fjord & Søn", "sms_url": inbound, "sms_method": "POST"}
    seed.write_text(json.dumps({"twilio": {"account": {"sid": ACCOUNT, "auth_token": TOKEN}, "phone_numbers": [number]}}))
    command = ["node", str(found), "start", "--service", "twilio", "--port", str(port), "--seed", str(seed)]
    log = folder / "emulate.log"
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=folder) as running:
        try:
            _wait(port, running, log)
            yield Emulate(port)
        finally:
            running.terminate()


def _wait(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert running.poll() is None, log.read_text("utf-8", "replace")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text("utf-8", "replace"))
