"""The witness by whom several machines are judged (bench/witness.py): it must see who was served, and nobody else."""

from __future__ import annotations

import smtplib
import socket
from pathlib import Path

from bench.scale_judged import Books
from bench.witness import witness

LETTER = "Subject: Høstnytt\r\n\r\nHei Åse\r\n..\r\nDésirée van der IJssel\r\n".encode()


def test_it_names_whom_it_took_a_message_for_as_often_as_it_did(tmp_path: Path) -> None:
    """Two messages to one and one to another are three lines; a body with a line of dots is one message."""
    with witness(tmp_path / "served") as seen, smtplib.SMTP("127.0.0.1", seen.port, local_hostname="host-1", timeout=60) as line:
        for to in ("ase@fjord.test", "desiree@ijssel.test", "ase@fjord.test"):
            line.sendmail("news@fjord.test", [to], LETTER, ["BODY=8BITMIME"])
        served = seen.served()
    assert [(host, to) for _, host, to in served] == [
        ("host-1", "ase@fjord.test"),
        ("host-1", "desiree@ijssel.test"),
        ("host-1", "ase@fjord.test"),
    ]


def test_a_message_that_broke_off_is_nobodys(tmp_path: Path) -> None:
    """A sender that dies before the end of the body has served nobody, however much of it has arrived; what came before it counts."""
    with witness(tmp_path / "served") as seen:
        with socket.create_connection(("127.0.0.1", seen.port), timeout=60) as line:
            said = b"EHLO host-2\r\nMAIL FROM:<news@fjord.test>\r\nRCPT TO:<jurgen@gross.test>\r\nDATA\r\nHei\r\n.\r\n"
            line.sendall(said + b"MAIL FROM:<news@fjord.test>\r\nRCPT TO:<ase@fjord.test>\r\nDATA\r\nHei Ase\r\n.")
            answers = b""
            while answers.count(b"354 ") < 2:
                answers += line.recv(4096)
        assert [to for _, _, to in seen.served()] == ["jurgen@gross.test"]


def test_the_judge_finds_twice_lost_and_strangers() -> None:
    """Who was served twice, who is sent in the ledger and was never served, who was left queued, whom nobody knows: each is counted."""
    ledger = {"a@x.test": "sent", "b@x.test": "sent", "c@x.test": "in_doubt", "d@x.test": "queued"}
    found = Books.of(ledger, ["a@x.test", "a@x.test", "c@x.test", "z@x.test"]).figures
    assert (found["twice"], found["lost"], found["strangers"]) == (1, 2, 1)
    assert (found["in_doubt"], found["in_doubt_and_served"]) == (1, 1)
    balanced = Books.of({"a@x.test": "sent", "c@x.test": "in_doubt"}, ["a@x.test"]).figures
    assert (balanced["twice"], balanced["lost"], balanced["strangers"]) == (0, 0, 0)
