"""`mailings serve` as a process: where it listens, what it refuses, and that its end loses nothing it has acknowledged."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailings.db import Database
from mailings.model import Base, Event, OptOut
from mailings.settings import DEMO_SECRET
from mailings.tokens import Kind
from tests.cli.typed import type_in
from tests.web.opened import a_delivery, address
from tests.web.process import Served, served, until_closed

UP = "GET /up HTTP/1.1"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A door for tests that only ask; at its end it has said nothing on standard error."""
    folder = tmp_path_factory.mktemp("serving")
    db = Database(f"sqlite:///{folder}/mailings.db")
    Base.metadata.create_all(db.engine)
    with served(db, folder) as door:
        yield door
        assert door.end() == 0
        assert door.process.stderr
        assert door.process.stderr.read() == ""


def test_it_says_where_it_listens_and_ends_on_sigterm(db: Database, tmp_path: Path) -> None:
    """One line says the port and the public address; SIGTERM ends it with exit code 0 and nothing on standard error."""
    with served(db, tmp_path, cold=True, MAILINGS_PUBLIC_URL="https://post.test") as door:
        assert door.said.strip() == f"✓ Listening on http://127.0.0.1:{door.port}; readers come by https://post.test"
        answer = door.ask(UP)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nserver:" not in answer.lower()
        assert door.end() == 0
        assert door.process.stderr
        assert door.process.stderr.read() == ""


def test_ctrl_c_ends_it_as_any_command(db: Database, tmp_path: Path) -> None:
    """SIGINT ends it as gracefully, with exit code 130."""
    with served(db, tmp_path) as door:
        assert door.ask(UP)
        assert door.end(signal.SIGINT) == 130


def test_nothing_acknowledged_is_lost_at_the_end(any_db: Database, tmp_path: Path) -> None:
    """SIGTERM amid clicks and an unsubscribe: each click that was answered is in the database, and so is the opt-out."""
    delivery = a_delivery(any_db)
    click, leave = address(Kind.CLICK, delivery), address(Kind.UNSUBSCRIBE, delivery)
    answered: list[int] = []
    with served(any_db, tmp_path, MAILINGS_PUBLIC_URL="https://post.test") as door:
        form = b"List-Unsubscribe=One-Click"
        head = f"POST {leave} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}"
        assert door.ask(head, form).startswith(b"HTTP/1.1 200")
        crowd = [threading.Thread(target=follow, args=(door, click, answered)) for _ in range(4)]
        for one in crowd:
            one.start()
        while len(answered) < 50:
            time.sleep(0.01)
        assert door.end() == 0
        for one in crowd:
            one.join(60)
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event).where(Event.kind == "clicked")) >= len(answered)
        assert session.scalar(select(func.count()).select_from(OptOut)) == 1


def follow(door: Served, target: str, answered: list[int]) -> None:
    """Follow a link again and again on one connection, until the door is closed; each answer is counted."""
    with door.connect() as line:
        try:
            while True:
                line.sendall(f"GET {target} HTTP/1.1\r\nHost: post.test\r\n\r\n".encode())
                if not line.recv(65536).startswith(b"HTTP/1.1 302"):
                    return
                answered.append(1)
        except OSError:
            return


def test_a_unix_socket_is_opened_for_the_group_and_removed(db: Database, tmp_path: Path) -> None:
    """Behind nginx: owner and group may connect, a socket left by a dead process is taken over, at the end it is gone."""
    path = tmp_path / "door.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with served(db, tmp_path, "--unix-socket", str(path)) as door:
        assert str(path) in door.said
        assert path.stat().st_mode & 0o777 == 0o660
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(path))
            line.sendall(f"{UP}\r\nHost: post.test\r\nX-Forwarded-For: 203.0.113.7\r\nConnection: close\r\n\r\n".encode())
            assert until_closed(line).startswith(b"HTTP/1.1 200 OK\r\n")
        again = type_in(tmp_path, "serve", "--unix-socket", str(path), MAILINGS_DATABASE_URL=str(db.url), MAILINGS_SECRET="x" * 40)
        assert again.returncode == 1
        assert "is taken" in again.stderr
        assert door.end() == 0
    assert not path.exists()


def test_a_taken_port_is_one_sentence(db: Database, tmp_path: Path) -> None:
    """Somebody listens there already: one line on standard error, exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        told = type_in(tmp_path, "serve", "--port", port, MAILINGS_DATABASE_URL=str(db.url))
    assert told.returncode == 1
    assert told.stderr.strip() == f"✗ Port {port} of 127.0.0.1 is taken; end what listens there, or choose another with --port."


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        (["--host", "0.0.0.0"], {}, (1, "token_urlsafe")),
        (["--unix-socket", "door.sock"], {}, (1, "token_urlsafe")),
        ([], {"MAILINGS_PUBLIC_URL": "https://post.test"}, (1, "token_urlsafe")),
        (["--host", "nobody.invalid"], {"MAILINGS_SECRET": "x" * 40}, (2, "no address nobody.invalid")),
        ([], {"MAILINGS_TRUSTED_PROXIES": "nginx"}, (2, "MAILINGS_TRUSTED_PROXIES")),
        ([], {"MAILINGS_DATABASE_URL": "sqlite:///empty.db"}, (3, "mailings init")),
    ],
)
def test_it_does_not_open_where_it_should_not(
    db: Database, tmp_path: Path, words: list[str], environment: dict[str, str], expected: tuple[int, str]
) -> None:
    """The demo's secret towards strangers, an address there is not, a setting or database that will not do: one sentence each."""
    told = type_in(tmp_path, "serve", *(words or ["--port", "0"]), **({"MAILINGS_DATABASE_URL": str(db.url)} | environment))
    assert (told.returncode, told.stdout) == (expected[0], "")
    assert expected[1] in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


def test_a_head_without_end_is_refused(db: Database, tmp_path: Path) -> None:
    """Headers beyond 64 kB end the connection with 431, and the door lives on."""
    with served(db, tmp_path) as door:
        with door.connect() as line:
            line.sendall(b"GET /up HTTP/1.1\r\nHost: post.test\r\nX-Long: ")
            try:
                for _ in range(100):
                    line.sendall(b"a" * 1024)
                assert until_closed(line).startswith(b"HTTP/1.1 431 ")
            except ConnectionError:  # the answer is dropped where more was under way
                pass
        assert door.ask(UP).startswith(b"HTTP/1.1 200")
        assert door.ask("POST /u/x HTTP/1.1\r\nTransfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (70_000, b"a" * 70_000)).startswith(
            b"HTTP/1.1 413"
        )
        assert door.ask("GET /\xff\x00 HTTP/1.1").startswith(b"HTTP/1.1 400")
        assert door.end() == 0


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET http://evil.example/up HTTP/1.1", b"200"),
        ("GET /up HTTP/1.0", b"200"),
        ("GET //evil.example/%2e%2e/up HTTP/1.1", b"404"),
        ("OPTIONS * HTTP/1.1", b"404"),
        ("TRACE /up HTTP/1.1", b"404"),
        ("CONNECT evil.example:443 HTTP/1.1", b"400"),
        ("PRI * HTTP/2.0", b"400"),
        ("POST /u/x HTTP/1.1\r\nContent-Length: -5", b"400"),
        ("POST /u/x HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding: chunked", b"400"),  # what two servers would read differently
        ("GET /up HTTP/1.1\r\nX: a\0b", b"400"),
    ],
)
def test_odd_requests_are_answered_and_leave_no_line(serving: Served, head: str, status: bytes) -> None:
    """What scanners send all day is answered without a word on standard error, and the door lives on."""
    assert serving.ask(head).split(b" ", 2)[1] == status
    assert serving.ask(UP).startswith(b"HTTP/1.1 200")


def test_two_processes_serve_one_installation(any_db: Database, tmp_path: Path) -> None:
    """They share nothing but the database: whichever answers, every click is in it once."""
    delivery = a_delivery(any_db)
    head = f"GET {address(Kind.CLICK, delivery)} HTTP/1.1"
    with served(any_db, tmp_path) as one, served(any_db, tmp_path) as other:
        for door in (one, other) * 20:
            assert door.ask(head).startswith(b"HTTP/1.1 302")
        assert (one.end(), other.end()) == (0, 0)
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event).where(Event.kind == "clicked")) == 40


def test_it_listens_on_ipv6_too(db: Database, tmp_path: Path) -> None:
    """The loopback of IPv6 is one like the other: the demo's secret will do there."""
    with served(db, tmp_path, "--host", "::1", "--port", "0", MAILINGS_SECRET=DEMO_SECRET) as door:
        assert door.said.startswith("✓ Listening on http://[::1]:")
