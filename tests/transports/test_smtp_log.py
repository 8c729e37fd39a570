"""What a Postfix log proves of a message, and what it does not. The lines are Postfix 3.7's own, names and numbers ours."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from mailings.errors import Misconfigured, Unreadable
from mailings.message import Word
from mailings.transports.smtp import Smtp
from mailings.transports.smtp.log import LONGEST, words_of

AT = "Nov 22 04:23:01 mx postfix"


class Looking:
    """Looks for `<N.ours@acme.test>`."""

    since = 0.0

    def delivery_of(self, message_id: str) -> int | None:
        """The number in front."""
        number, _, rest = message_id.strip("<>").partition(".")
        return int(number) if rest == "ours@acme.test" else None


def received(number: int, name: str = "F14B79B5F84") -> list[str]:
    """A message of ours while it is being received."""
    return [f"{AT}/smtpd[16947]: {name}: client=localhost[127.0.0.1]", f"{AT}/cleanup[16950]: {name}: message-id=<{number}.ours@acme.test>"]


def active(name: str = "F14B79B5F84") -> str:
    """The queue manager has it."""
    return f"{AT}/qmgr[16945]: {name}: from=<bounces@acme.test>, size=315, nrcpt=1 (queue active)"


def status(what: str, name: str = "F14B79B5F84", program: str = "smtp") -> str:
    """What became of it at the next server."""
    more = f"relay=mx.fjord.test[127.0.0.1]:25, delay=0.1, dsn=2.0.0, status={what} (host said: blåbær)"
    return f"{AT}/{program}[16952]: {name}: to=<åse@fjord.test>, {more}"


def read(folder: Path, *lines: str | bytes, before: list[str] | None = None) -> list[Word]:
    """What a log of these lines says; `before` = the one rotated away."""
    (folder / "mail.log").write_bytes(b"".join((x if isinstance(x, bytes) else x.encode()) + b"\n" for x in lines))
    if before is not None:
        (folder / "mail.log.1").write_text("\n".join(before) + "\n")
    return list(words_of(folder / "mail.log", Looking()))


def verdicts(words: list[Word]) -> list[tuple[int, str]]:
    """Who, and what."""
    return [(word.delivery, word.verdict) for word in words]


def test_senders_that_name_their_delivery(tmp_path: Path) -> None:
    """A message whose envelope sender is its own is followed like any other: by its Message-ID and its name in the queue."""
    own = active().replace("bounces@", "bounces+2f1-9c41d07be2aa@")
    assert verdicts(read(tmp_path, *received(7), own, status("sent"))) == [(7, "sent")]
    assert verdicts(read(tmp_path, *received(7), own, status("bounced"))) == [(7, "bounced")]


def test_a_client_that_vanished_proves_nothing(tmp_path: Path) -> None:
    """Receiving a message, with its Message-ID, is not having it: the client may have gone before the end."""
    gone = "postfix/smtpd[16947]: lost connection after DATA (937 bytes) from localhost[127.0.0.1]"
    assert read(tmp_path, *received(7), gone) == []


def test_in_the_queue_is_taken(tmp_path: Path) -> None:
    """Once the queue manager has it the server took it, whether or not anything more is known."""
    assert verdicts(read(tmp_path, *received(7), active())) == [(7, "sent")]
    assert verdicts(read(tmp_path, *received(7), active(), f"{AT}/qmgr[1]: F14B79B5F84: removed")) == [(7, "sent")]


@pytest.mark.parametrize(
    ("what", "verdict"),
    [("sent", "sent"), ("deferred", "sent"), ("bounced", "bounced")],
)
def test_what_became_of_it(tmp_path: Path, what: str, verdict: str) -> None:
    """The line that names the recipient is quoted as it stands: a relay's `sent` is sent, what came back is bounced."""
    (word,) = read(tmp_path, *received(7), active(), status(what), f"{AT}/qmgr[1]: F14B79B5F84: removed")
    assert (word.delivery, word.verdict, word.source) == (7, verdict, "postfix log")
    assert f"status={what} (host said: blåbær)" in word.said


def test_given_up_in_the_queue(tmp_path: Path) -> None:
    """A message that waited for days and went back to its sender has come back."""
    expired = f"{AT}/qmgr[16945]: F14B79B5F84: from=<bounces@acme.test>, status=expired, returned to sender"
    assert verdicts(read(tmp_path, *received(7), active(), status("deferred"), expired)) == [(7, "sent"), (7, "bounced")]


def test_other_names_of_the_same_program(tmp_path: Path) -> None:
    """Long queue names, instances and services of other names, and times as RFC 3339 writes them are read as well."""
    name = "4XfQzT0Bvcz9sRk"
    lines = [line.replace("Nov 22 04:23:01", "2026-11-22T04:23:01.123456+01:00") for line in [*received(7, name), active(name)]]
    lines.append(status("bounced", name, "relay/smtp").replace("postfix/", "postfix-out/"))
    assert verdicts(read(tmp_path, *lines)) == [(7, "bounced")]


def test_a_queue_name_used_again(tmp_path: Path) -> None:
    """A short queue name that a later message has is no longer ours, with a Message-ID of its own or with none."""
    for other in ("<somebody@else.test>", "<>", "torn"):
        foreign = f"{AT}/cleanup[16950]: F14B79B5F84: message-id={other}"
        assert read(tmp_path, *received(7), foreign, active(), status("sent")) == []


def test_across_a_rotation(tmp_path: Path) -> None:
    """A message received in the log of yesterday and delivered in today's is one story."""
    assert verdicts(read(tmp_path, status("bounced"), before=[*received(7), active()])) == [(7, "bounced")]


def test_a_rotated_log_from_before(tmp_path: Path) -> None:
    """The rotated log is not opened when it ended long before anything was handed over."""
    log = tmp_path / "mail.log"
    read(tmp_path, "", before=[*received(7), active()])
    os.utime(tmp_path / "mail.log.1", (1000, 1000))
    looking = Looking()
    looking.since = 9000.0
    assert list(words_of(log, looking)) == []


def test_torn_files(tmp_path: Path) -> None:
    """Holes of NULs, half lines, foreign bytes and lines without end are passed over, and what follows them is read."""
    rubbish = [
        b"\0" * 100_000,
        b"\xff\xfe: : ]: [",
        status("sent", "NOTOURS")[:50],
        b"]: : message-id=<",
        b"]: AB12345: message-id=<" + b"x" * 99_000,
    ]
    assert verdicts(read(tmp_path, *rubbish, *received(7), b"\0\0" + active().encode(), *rubbish)) == [(7, "sent")]


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """A log of 20 MB, some of it on one line, and thousands of foreign messages costs less than a megabyte."""
    foreign = "".join(f"{AT}/cleanup[1]: {n:011X}: message-id=<{n}@else.test>\n{active(f'{n:011X}')}\n" for n in range(40_000))
    log = tmp_path / "mail.log"
    log.write_text(foreign * 2 + "x" * 8_000_000 + "\n" + "\n".join([*received(7), active()]))
    tracemalloc.start()
    found = verdicts(list(words_of(log, Looking())))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [(7, "sent")]
    assert peak < 500_000 + LONGEST


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without a .env."""
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def test_the_setting(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without MAILINGS_SMTP_LOG there is no evidence; with it there is; a file that is not there is a sentence naming it."""
    assert list(Smtp.evidence(Looking())) == []
    read(tmp_path, *received(7), active())
    environment.setenv("MAILINGS_SMTP_LOG", str(tmp_path / "mail.log"))
    assert verdicts(list(Smtp.evidence(Looking()))) == [(7, "sent")]
    environment.setenv("MAILINGS_SMTP_LOG", str(tmp_path / "gone.log"))
    with pytest.raises(Unreadable, match=r"MAILINGS_SMTP_LOG: .*gone\.log cannot be read \(no such file or directory\)"):
        list(Smtp.evidence(Looking()))
    environment.setenv("MAILINGS_SMTP_PORT", "many")
    with pytest.raises(Misconfigured):
        list(Smtp.evidence(Looking()))
