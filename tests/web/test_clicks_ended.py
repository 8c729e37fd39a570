"""A real `mailings serve` under load is told to end: every click it answered is in the database, and read."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from sqlalchemy import text

from mailings.db import Database
from mailings.tokens import Kind, Tokens
from tests.deployments.server import until
from tests.tracking.visiting import sent_mailing
from tests.warm import Warm

SECRET = "hemmelig-nøkkel-for-prøver"


@contextmanager
def serving(db: Database, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The door as a process of its own, and its port; gone with the block."""
    url = db.url.render_as_string(hide_password=False)
    ours = {"MAILINGS_DATABASE_URL": url, "MAILINGS_SECRET": SECRET, "PYTHONUTF8": "1", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    ours |= {"PYTHONPATH": str(Path(__file__).parents[2]), "MAILINGS_PUBLIC_URL": "http://127.0.0.1:8600"}
    process = Warm(["-m", "cli.main", "serve", "--port", "0"], ours, cwd=folder, stdout=subprocess.PIPE)
    try:
        said = process.stdout.readline() if process.stdout else ""
        found = re.search(r"127\.0\.0\.1:(\d+);", said)
        assert found, said
        yield process, int(found[1])
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def clicking(port: int, paths: list[str], answered: list[int]) -> None:
    """Click one link after the other until the door is closed; each answer is added to `answered`."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
            for path in paths:
                link.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 (Åse)\r\n\r\n".encode())
                answer = b""
                while b"\r\n\r\n" not in answer:
                    if not (more := link.recv(4096)):
                        return
                    answer += more
                answered.extend([1] if answer.startswith(b"HTTP/1.1 302") else [])
    except OSError:
        pass


def test_none_is_lost_on_sigterm(any_db: Database, tmp_path: Path) -> None:
    """SIGTERM in the midst of clicks ends the door with 0; what it answered is kept, and no more than what was being answered besides."""
    _, deliveries = sent_mailing(any_db, recipients=50)
    tokens, answered = Tokens(SECRET), []
    paths = [f"/c/{tokens.sign(Kind.CLICK, deliveries[n % 50])}/{1 + n % 5}" for n in range(50_000)]
    with serving(any_db, tmp_path) as (process, port):
        clients = [Thread(target=clicking, args=(port, paths[n::4], answered)) for n in range(4)]
        for client in clients:
            client.start()
        until(lambda: len(answered) > 20, what="the first answers")
        clients[0].join(1.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        for client in clients:
            client.join()
    with any_db.reading() as session:
        events, read = (session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in ("event", "event_reading"))
    assert len(answered) <= events <= len(answered) + len(clients)
    assert read == events
