"""`mailings init` and `mailings doctor`, typed as a person would."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from mailings.transports.smtp.dkim import Signer
from tests.cli.typed import type_in
from tests.sending.zone import zone
from tests.transports.keys import ed_key, written


def test_init_may_be_repeated(tmp_path: Path) -> None:
    """The first init makes the database with the default topics, the second changes nothing; both say what they did."""
    first, second = type_in(tmp_path, "init"), type_in(tmp_path, "init")
    assert (first.returncode, second.returncode) == (0, 0)
    assert "is made" in first.stdout
    assert "is up to date" in second.stdout
    topics = type_in(tmp_path, "topics", "list").stdout
    assert topics.count("News") == 1
    assert "Invitations" in topics


def test_init_says_when_the_database_is_not_there(tmp_path: Path) -> None:
    """A server that does not answer is one sentence on standard error, without the password, and exit code 3."""
    told = type_in(tmp_path, "init", MAILINGS_DATABASE_URL="postgresql+psycopg://me:kodeord@127.0.0.1:1/x")
    assert told.returncode == 3
    assert told.stdout == ""
    assert len(told.stderr.strip().splitlines()) == 1
    assert "kodeord" not in told.stderr


def test_a_command_before_init_says_what_to_do(tmp_path: Path) -> None:
    """Without tables every command answers with `mailings init`, exit code 3, and never a traceback."""
    told = type_in(tmp_path, "topics", "list")
    assert told.returncode == 3
    assert "mailings init" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_setting_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    """A wrong value is named on standard error with exit code 2."""
    told = type_in(tmp_path, "init", MAILINGS_RATE="snail")
    assert told.returncode == 2
    assert told.stderr.strip().splitlines() == [
        "✗ MAILINGS_RATE cannot be read: input should be a valid number, unable to parse string as a number."
    ]


def test_doctor_says_what_is_set_and_from_where(tmp_path: Path) -> None:
    """Each setting is shown with its source: environment, .env or default; secrets are starred, passwords too."""
    type_in(tmp_path, "init")
    (tmp_path / ".env").write_text("MAILINGS_LANGUAGE=da\nMAILINGS_SMTP_HOTS=mail.test\n", encoding="utf-8")
    told = type_in(tmp_path, "doctor", "--json", MAILINGS_SECRET="blåbærsyltetøy", MAILINGS_RATE="600")
    assert told.returncode == 0, told.stdout
    document = json.loads(told.stdout)
    found = {s["name"]: (s["value"], s["source"]) for s in document["settings"]}
    assert found["MAILINGS_LANGUAGE"] == ("da", ".env")
    assert found["MAILINGS_RATE"] == ("600.0", "environment")
    assert found["MAILINGS_SECRET"] == ("***", "environment")
    assert found["MAILINGS_FOLDER_PATH"] == ("var/outbox", "default")
    assert "blåbær" not in told.stdout
    assert document["unknown"] == ["MAILINGS_SMTP_HOTS is no setting, MAILINGS_SMTP_HOST is."]


def test_doctor_tells_whether_the_mail_server_answers(tmp_path: Path) -> None:
    """A listening server is in order; with the same port closed the exit code is 3 and the port is named."""
    type_in(tmp_path, "init")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))  # a port that is ours and closed until we listen: nobody else can come to listen there
        port = str(server.getsockname()[1])
        smtp = {"MAILINGS_EMAIL_TRANSPORT": "smtp", "MAILINGS_SECRET": "a-secret-of-the-tests", "MAILINGS_SMTP_PORT": port}
        gone = type_in(tmp_path, "doctor", MAILINGS_SMTP_HOST="127.0.0.1", **smtp)
        server.listen()
        there = type_in(tmp_path, "doctor", MAILINGS_SMTP_HOST="127.0.0.1", **smtp)
    assert there.returncode == 0, there.stdout
    assert f"127.0.0.1:{port} answers" in there.stdout
    assert gone.returncode == 3
    assert f"127.0.0.1:{port} does not answer" in gone.stdout


def test_doctor_writes_domains_as_people_do(tmp_path: Path) -> None:
    """bücher.test, though the DNS has it as xn--bcher-kva.test; programs get that."""
    type_in(tmp_path, "init")
    told = type_in(tmp_path, "doctor", MAILINGS_SENDER_DOMAINS="bücher.test")
    assert ("! bücher.test, not looked at" in told.stdout, "xn--" in told.stdout) == (True, False)
    told = type_in(tmp_path, "doctor", "--json", MAILINGS_SENDER_DOMAINS="bücher.test")
    assert [line["domain"] for line in json.loads(told.stdout)["domains"]] == ["xn--bcher-kva.test"]


def test_doctor_finds_everything_that_is_wrong_at_once(tmp_path: Path) -> None:
    """A database without tables, an unknown transport and a Prefect that is down are all named in one go."""
    told = type_in(tmp_path, "doctor", "--json", MAILINGS_EMAIL_TRANSPORT="pigeon", PREFECT_API_URL="http://127.0.0.1:1/api")
    wrong = {f["what"]: f["note"] for f in json.loads(told.stdout)["found"] if f["ok"] is False}
    assert told.returncode == 3
    assert wrong.keys() == {"database", "transport", "prefect"}
    assert "mailings init" in wrong["database"]
    assert "folder" in wrong["transport"]


def test_doctor_does_not_let_the_demos_secret_out(tmp_path: Path) -> None:
    """With smtp the demo's secret is a problem, and the sentence has the command that makes another."""
    type_in(tmp_path, "init")
    told = type_in(tmp_path, "doctor", MAILINGS_EMAIL_TRANSPORT="smtp")
    assert told.returncode == 3
    assert "token_urlsafe" in told.stdout


def test_doctor_gives_each_problem_a_line(tmp_path: Path) -> None:
    """What keeps a transport from carrying is one line each: some sentences end with a command to copy."""
    told = type_in(tmp_path, "doctor", MAILINGS_EMAIL_TRANSPORT="sendgrid")
    wrong = [line for line in told.stdout.splitlines() if line.startswith("✗ transport: sendgrid: ")]
    assert [("token_urlsafe" in line, "MAILINGS_SENDGRID_API_KEY is not set" in line) for line in wrong] == [(True, False), (False, True)]


def test_doctor_says_whether_receivers_will_believe_us(tmp_path: Path) -> None:
    """Each domain we send from is looked up; what to publish is printed whole, and the exit code stays 0."""
    type_in(tmp_path, "init")
    smtp = {"MAILINGS_SMTP_DKIM_KEY": str(written(ed_key(), tmp_path / "dkim.pem")), "MAILINGS_SMTP_DKIM_SELECTOR": "host1"}
    record = Signer(ed_key(), "s").record
    with zone({("fjord.no", "MX"): ["10 mx.fjord.no."]}) as server, socket.create_server(("127.0.0.1", 0)) as answering:
        smtp |= {"MAILINGS_EMAIL_TRANSPORT": "smtp", "MAILINGS_SMTP_HOST": "127.0.0.1", "MAILINGS_SECRET": "a-secret-of-the-tests"}
        smtp |= {"MAILINGS_SMTP_PORT": str(answering.getsockname()[1]), "MAILINGS_SENDER_DOMAINS": "fjord.no, acme.test"}
        shown = type_in(tmp_path, "doctor", **smtp, MAILINGS_DNS=server.address)
        told = type_in(tmp_path, "doctor", "--json", **smtp, MAILINGS_DNS=server.address)
    assert (shown.returncode, told.returncode) == (0, 0), shown.stdout
    lines = {(line["domain"], line["what"]): line for line in json.loads(told.stdout)["domains"]}
    assert lines["fjord.no", "MX"]["ok"] is True
    assert lines["fjord.no", "DKIM"]["publish"] == f'host1._domainkey.fjord.no. IN TXT "{record}"'
    assert lines["acme.test", "not looked at"]["note"] == "a reserved name, which is on no DNS"
    assert f'host1._domainkey.fjord.no. IN TXT "{record}"' in shown.stdout
    assert "fjord.no, DMARC" in shown.stdout
