"""A folder of a real IMAP server is read in order, from where the last look ended, and left as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailings.channels.email.mailboxes import Mailbox, open_mailbox, without_password
from mailings.channels.email.mailboxes.imap import _folder
from mailings.channels.email.returned import returned
from mailings.errors import MailingsError, Misconfigured, Unreachable
from mailings.settings import Settings
from tests.channels.reports import GENUINE, Looking
from tests.servers.dovecot import PASSWORD, Dovecot, dovecot, may_run
from tests.servers.mailbox import SILENCE, mailbox, nobody_listens

needs_dovecot = pytest.mark.skipif(
    not may_run(), reason="dovecot-imapd is not installed: the tests against a real IMAP server are left out"
)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A Maildir with three letters."""
    made = tmp_path / "retur"
    for part in ("new", "cur", "tmp"):
        (made / part).mkdir(parents=True)
    for number in (1, 2, 3):
        arrives(made, number)
    return made


@pytest.fixture
def server(box: Path) -> Iterator[Dovecot]:
    """A server over it."""
    with dovecot(box) as running:
        yield running


def arrives(box: Path, number: int) -> None:
    """A letter comes in."""
    file = box / "new" / f"17950{number:05}.V1.mx"
    file.write_text(f"Subject: Blåbær {number}\n\nHei\n", encoding="utf-8")
    file.chmod(0o666)


def opened(url: str, server: Dovecot | None = None, password: str = PASSWORD) -> Mailbox:
    """The mailbox as an installation's settings open it."""
    return open_mailbox(Settings(bounce_mailbox=url, bounce_password=password, bounce_ca_file=server and server.ca_file, _env_file=None))


def read(found: Mailbox, after: str | None = None) -> tuple[list[str], list[bytes]]:
    """The names of what is new, and their subjects."""
    names, subjects = [], []
    with found:
        for some in found.names(after):
            names += some
            subjects += [(letter.content or b"").splitlines()[0] for letter in found.letters(some)]
    return names, subjects


@needs_dovecot
@pytest.mark.parametrize("secure", [True, False], ids=["tls", "loopback"])
def test_a_folder(box: Path, server: Dovecot, secure: bool) -> None:
    """All messages, then those behind the last; unread ones stay unread, and none is moved; a password may have any letters."""
    url = server.url(secure=secure)
    names, subjects = read(opened(url, server))
    assert subjects == ["Subject: Blåbær 1".encode(), "Subject: Blåbær 2".encode(), "Subject: Blåbær 3".encode()]
    assert len({name.partition(".")[0] for name in names}) == 1
    arrives(box, 4)
    assert read(opened(url, server), names[-1])[1] == ["Subject: Blåbær 4".encode()]
    assert read(opened(url, server), read(opened(url, server))[0][-1]) == ([], [])
    validity, _, last = names[-1].partition(".")
    assert len(read(opened(url, server), f"{int(validity) + 1}.{last}")[0]) == 4  # numbered anew: all are read again
    flags = [file.name.partition(":2,")[2] for file in box.glob("*/*") if "V1" in file.name]
    assert (len(flags), set(flags)) == (4, {""})


@needs_dovecot
def test_since_a_moment(server: Dovecot) -> None:
    """What arrived since, for those who look for something; nothing where that lies in the future."""
    with opened(server.url(), server) as found:
        assert len(list(found.since(0))) == 3
        assert list(found.since(4_000_000_000)) == []


@needs_dovecot
def test_it_settles_doubt(box: Path, server: Dovecot) -> None:
    """A delivery report found over IMAP is evidence as one in a Maildir is."""
    (box / "new" / "1795100000.V1.mx").write_text(GENUINE)
    (box / "new" / "1795100000.V1.mx").chmod(0o666)
    asked = Settings(bounce_mailbox=server.url(), bounce_password=PASSWORD, bounce_ca_file=server.ca_file, _env_file=None)
    assert [(word.delivery, word.verdict) for word in returned(asked, Looking())] == [(17, "bounced")]


@needs_dovecot
def test_a_message_that_is_gone(box: Path, server: Dovecot) -> None:
    """One that is deleted between its name and its content is left out, and the rest is read."""
    with opened(server.url(), server) as found:
        (names,) = found.names()
        assert [letter.name for letter in found.letters([*names, f"{names[0].partition('.')[0]}.99"])] == names


@needs_dovecot
def test_other_folders(server: Dovecot) -> None:
    """A folder that is not there is named, with letters of any kind."""
    with pytest.raises(Misconfigured, match=r"retur@acme\.test has no folder Tilbake/sendt på at localhost"):
        read(opened(server.url("Tilbake/sendt%20p%C3%A5"), server))


@needs_dovecot
def test_logins(box: Path, server: Dovecot) -> None:
    """A wrong password is one sentence that says what to check, and does not repeat it."""
    with pytest.raises(
        Misconfigured, match=r"localhost refuses the login of retur@acme.test .*check MAILINGS_BOUNCE_PASSWORD\."
    ) as refused:
        read(opened(server.url(), server, "feil-passord"))
    assert "feil-passord" not in str(refused.value)


@needs_dovecot
def test_strangers_certificates(server: Dovecot) -> None:
    """A server whose certificate nobody vouches for gets no password."""
    with pytest.raises(Misconfigured, match="has a certificate that is not to be trusted"):
        read(opened(server.url()))


def test_servers_that_do_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody there, or somebody who never says a word: one sentence, in time."""
    with pytest.raises(Unreachable, match=r"^MAILINGS_BOUNCE_MAILBOX: the mail server 127.0.0.1:\d+ cannot be read"):
        read(opened(f"imap://retur@127.0.0.1:{nobody_listens()}/"))
    monkeypatch.setattr("mailings.channels.email.mailboxes.imap.TIMEOUT", 0.3)
    with mailbox(told={"CONNECT": SILENCE}) as silent, pytest.raises(Unreachable, match=r"it does not answer in time\.$"):
        read(opened(f"imap://retur@127.0.0.1:{silent.port}/"))


def test_something_else_answers() -> None:
    """A server that speaks another protocol is one sentence."""
    with mailbox() as other, pytest.raises(MailingsError, match=r"^MAILINGS_BOUNCE_MAILBOX: "):
        read(opened(f"imap://retur@127.0.0.1:{other.port}/"))


@pytest.mark.parametrize(
    ("name", "written"),
    [("INBOX", "INBOX"), ("Søppel", "S&APg-ppel"), ("A&B", "A&-B"), ('Re"tur\\', 'Re\\"tur\\\\'), ("台北/日本語", "&U,BTFw-/&ZeVnLIqe-")],
)
def test_names_of_folders(name: str, written: str) -> None:
    """Letters of all kinds, as RFC 3501 writes them."""
    assert _folder(name) == written


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("imaps://retur:hemmelig@mx.test/INBOX", "imaps://retur:***@mx.test/INBOX"),
        ("imaps://retur@acme.test:hem@melig@mx.test", "imaps://retur@acme.test:***@mx.test"),
        ("imaps://retur@mx.test/", "imaps://retur@mx.test/"),
        ("maildir:/var/mail/a@b:c", "maildir:/var/mail/a@b:c"),
    ],
)
def test_a_password_is_never_shown(written: str, shown: str) -> None:
    """Neither by the doctor, nor in the settings' own text, nor in the name the mailbox is remembered by."""
    assert without_password(written) == shown
    assert "hem" not in repr(Settings(bounce_mailbox=written, bounce_password="hemmelig", _env_file=None))
    if written.startswith("imap"):
        assert "hem" not in opened(written).shown
