"""Delivery reports say what became of our messages; everything else in the mailbox says nothing, and nothing in it can do harm."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.channels.email.mailboxes.letters import LARGEST
from mailings.channels.email.returned import SKEW, returned, words_of
from mailings.errors import Misconfigured, Unreadable
from mailings.message import Word
from mailings.settings import Settings
from tests.channels.reports import GENUINE, Believing, Looking, with_fields


def read(report: str | bytes) -> list[Word]:
    """What one file says."""
    return list(words_of(report.encode() if isinstance(report, str) else report, Looking()))


def verdicts(report: str) -> list[tuple[int, str]]:
    """Who, and what."""
    return [(word.delivery, word.verdict) for word in read(report)]


def test_a_genuine_report() -> None:
    """What Postfix sent back is bounced, with its own words."""
    assert read(GENUINE) == [
        Word(17, "bounced", "delivery report", "Action: failed; Status: 5.1.1; Diagnostic-Code: smtp; 550 5.1.1 User unknown")
    ]
    assert read(GENUINE.replace("\n", "\r\n")) == read(GENUINE)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (["Action: delivered", "Status: 2.0.0"], ["delivered"]),
        (["Action: relayed"], ["sent"]),
        (["action:  Expanded (mailing list)"], ["sent"]),
        (["Action: delayed", "Status: 4.4.1"], []),
        (["Action: failed", "Status: 4.4.1", "Diagnostic-Code: X-Postfix; too old"], ["bounced"]),
        (["Action: failed", "Status: 5.0.0"], ["bounced"]),
        (["Action: expired"], ["bounced"]),
        (["Status: 5.3.0"], ["bounced"]),
        (["Status: 4.3.0"], []),
        (["Action:"], []),
        (["Action: failed", "", "Final-Recipient: rfc822; nina@firma.test", "Action: delivered"], ["bounced", "delivered"]),
    ],
)
def test_what_each_action_means(fields: list[str], told: list[str]) -> None:
    """Delivered is delivered, relayed is sent, failed came back whatever its status says, delayed says nothing yet."""
    assert verdicts(with_fields(*fields)) == [(17, verdict) for verdict in told]


def test_only_headers_given_back() -> None:
    """A report that gives back the headers alone names its message as well, in either spelling, also encoded or as UTF-8."""
    head = GENUINE.replace("Content-Type: message/rfc822", "Content-Type: text/rfc822-headers")
    for kind in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
        assert verdicts(head.replace("text/rfc822-headers", kind)) == [(17, "bounced")], kind
    assert verdicts(GENUINE.replace("message/rfc822", "message/global").replace("message/delivery", "message/global-delivery")) == [
        (17, "bounced")
    ]


def test_an_encoded_report() -> None:
    """A report in base64, against its standard, is read."""
    status = GENUINE.partition("message/delivery-status\n\n")[2].partition("\n\n--")[0]
    encoded = b64encode(status.encode()).decode()
    report = GENUINE.replace("message/delivery-status\n\n", "message/delivery-status\nContent-Transfer-Encoding: base64\n\n")
    assert verdicts(report.replace(status, encoded)) == [(17, "bounced")]


def test_the_envelope_id() -> None:
    """Where nothing is given back the envelope's id names the message; the id of the report itself, or an answer's, never does."""
    bare = GENUINE.partition("--0080B9B5F83.1795321381/mx.firma.test\nContent-Description: Undelivered")[0]
    bare += "--0080B9B5F83.1795321381/mx.firma.test--\n"
    assert verdicts(bare) == []
    assert verdicts(bare.replace("Reporting-MTA:", "Original-Envelope-Id: <17.ours@acme.test>\nReporting-MTA:")) == [(17, "bounced")]
    for answer in ("In-Reply-To", "References", "Message-ID", "X-Failed-Message"):
        assert verdicts(f"{answer}: <17.ours@acme.test>\n{bare}") == []


def test_a_message_quoted_deeper_down() -> None:
    """When somebody forwards our message and that comes back, it is theirs that came back, not ours."""
    forwarded = (
        "Message-ID: <theirs@firma.test>\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
        "Message-ID: <17.ours@acme.test>\n\nBlåbær\n--b--\n"
    )
    before, _, after = GENUINE.partition("Return-Path: <bounces@acme.test>")
    assert verdicts(before + forwarded + "\n--0080B9B5F83" + after.partition("--0080B9B5F83")[2]) == []


def test_what_is_no_report() -> None:
    """An answer, a read receipt, our own message: nothing, however often they name our Message-ID."""
    plain = "Subject: Re: Blåbær\nIn-Reply-To: <17.ours@acme.test>\n\nAction: failed\nMessage-ID: <17.ours@acme.test>\n"
    receipt = GENUINE.replace("message/delivery-status", "message/disposition-notification")
    for written in (plain, receipt, GENUINE.replace("multipart/report", "text/plain"), "", "\n\n", "Content-Type: multipart/report\n\n"):
        assert verdicts(written) == []


@given(st.data())
def test_rubbish_says_nothing(data: st.DataObject) -> None:
    """Whatever a file holds, also a report cut and stirred, reading it ends, and says no more than of the one message."""
    genuine = GENUINE.encode()
    junk = data.draw(st.binary(max_size=60))
    at, to = sorted(data.draw(st.tuples(*[st.integers(0, len(genuine))] * 2)))
    assert {word.delivery for word in read(junk)} == set()
    assert len({word.delivery for word in read(genuine[:at] + junk + genuine[to:])}) <= 1


def test_nested_a_thousand_deep() -> None:
    """A message built to exhaust its reader says nothing."""
    deep = "".join(f"Content-Type: multipart/report; boundary=b{n}\n\n--b{n}\n" for n in range(3000))
    assert verdicts(deep + GENUINE) == []


def told_by(mailbox: str, looking: Looking) -> list[Word]:
    """What the mailbox says."""
    return list(returned(Settings(bounce_mailbox=mailbox, _env_file=None), looking))


def a_maildir(folder: Path) -> Path:
    """An empty one."""
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir()
    return folder


def test_the_mailbox(tmp_path: Path) -> None:
    """Reports that were read by somebody and those that were not are found; what arrived before the doubt is not opened; files stay."""
    box = a_maildir(tmp_path)
    (box / "new" / "1").write_text(GENUINE)
    (box / "cur" / "2:2,S").write_text(GENUINE.replace("<17.", "<18."))
    (box / "cur" / "3:2,S").write_text(GENUINE.replace("<17.", "<19."))
    (box / "tmp" / "4").write_text(GENUINE.replace("<17.", "<20."))
    looking = Looking()
    looking.since = 1_000_000_000.0
    os.utime(box / "cur" / "3:2,S", (looking.since - SKEW - 1,) * 2)
    assert sorted(word.delivery for word in told_by(f"maildir:{box}", looking)) == [17, 18]
    assert len(list(box.rglob("*"))) == 7


def test_what_lies_about_in_a_mailbox(tmp_path: Path) -> None:
    """A pipe, a folder, a link to a device, and a file of gigabytes hold nothing up."""
    box = a_maildir(tmp_path)
    os.mkfifo(box / "new" / "pipe")
    (box / "new" / "folder").mkdir()
    (box / "new" / "device").symlink_to("/dev/zero")
    with (box / "new" / "huge").open("wb") as huge:
        huge.write(GENUINE.encode())
        huge.truncate(5 << 30)
    late = GENUINE.replace("This is the mail system", "x" * LARGEST)
    (box / "new" / "late").write_text(late.replace("<17.", "<18."))
    assert [word.delivery for word in told_by(f"maildir:{box}", Looking())] == [17]


WRONG = ["imap://bounces@mx.test", "imaps://mx.test/", "imaps://a:b@mx.test:x/", "/var/mail/bounces", "maildir:", ""]
NEXT = "(write maildir:PATH, or imaps:.*|set MAILINGS_BOUNCE_PASSWORD)"


@pytest.mark.parametrize("mailbox", WRONG)
def test_other_mailboxes(mailbox: str) -> None:
    """A mailbox that is none, or lacks its user or password, is one sentence naming the setting and what to write."""
    with pytest.raises(Misconfigured, match=rf"^MAILINGS_BOUNCE_MAILBOX: .*; {NEXT}\.$"):
        told_by(mailbox, Looking())


def test_no_maildir(tmp_path: Path) -> None:
    """A folder that is no Maildir is named."""
    with pytest.raises(Unreadable, match=re.escape(f"{tmp_path}/gone is no Maildir")):
        told_by(f"maildir:{tmp_path}/gone", Looking())


def test_real_ones(test_data: Path) -> None:
    """Of real reports that name the message they give back nearly all are read, as their labels have it; of what is no bounce, none."""
    files = [file.read_bytes() for file in sorted((test_data / "bounces" / "eml").glob("*.eml"))]
    named = [file for file in files if re.search(rb"(?im)^content-type:\s*message/delivery-status", file)]
    named = [file for file in named if len(re.findall(rb"(?im)^message-id:\s*<", file)) > 1]
    told = [{word.verdict for word in words_of(file, Believing())} for file in named]
    assert len(named) > 180
    assert sum(verdict == {"bounced"} for verdict in told) / len(named) >= 0.9
    assert all(verdict <= {"bounced"} for verdict in told)
    others = sorted((test_data / "bounces" / "not-bounce").iterdir())
    assert others
    assert not [word for file in others for word in words_of(file.read_bytes(), Believing())]
