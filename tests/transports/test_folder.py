"""The Maildir: what stands in it, what happens twice, and what happens when the disk says no."""

from __future__ import annotations

import mailbox
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailings.errors import Misconfigured
from mailings.message import Outcome
from mailings.transports.folder import TOGETHER, Folder
from tests.transports.letters import Written, answers, offer, offers


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "new").iterdir())


def test_any_mail_program_can_read_it(tmp_path: Path) -> None:
    """The outbox is a Maildir as the standard library, and with it every mail program, reads one; nothing stays in tmp."""
    answers(Folder(tmp_path / "outbox"), [offer(7, message=Written(subject="Hoest"))])
    (message,) = mailbox.Maildir(tmp_path / "outbox", create=False)
    assert message["Subject"] == "Hoest"
    assert "Blåbærsyltetøy, IJsselmeer" in message.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert list((tmp_path / "outbox" / "tmp").iterdir()) == []


def test_the_same_delivery_twice_is_seen(tmp_path: Path) -> None:
    """A delivery handed over twice stands there twice: nothing is overwritten, and the name shows it."""
    for text in ("først", "så"):
        assert answers(Folder(tmp_path), [offer(42, message=Written(text))])[42].outcome is Outcome.ACCEPTED
    assert _names(tmp_path) == ["d0000000042.1", "d0000000042.2"]
    assert [b"f=C3=B8rst" in (tmp_path / "new" / name).read_bytes() for name in _names(tmp_path)] == [True, False]


def test_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MAILINGS_FOLDER_PATH names the outbox; without it, it is var/outbox."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILINGS_FOLDER_PATH", str(tmp_path / "utboks"))
    assert Folder.configured().path == tmp_path / "utboks"
    monkeypatch.delenv("MAILINGS_FOLDER_PATH")
    assert Folder.configured().path == Path("var/outbox")


def test_receipts_come_while_offers_are_still_taken(tmp_path: Path) -> None:
    """Deliveries are answered for every 200, not at the end: what a crash leaves in doubt stays small."""
    taken = 0

    def counted() -> Iterator[object]:
        nonlocal taken
        for one in offers(TOGETHER * 3):
            taken += 1
            yield one

    sending = Folder(tmp_path).send(counted())  # type: ignore[arg-type]  # they are offers
    next(sending)
    assert taken == TOGETHER


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """An outbox that cannot be made is one sentence naming it and the setting."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match=r"outbox .*/file/outbox cannot be written to .*MAILINGS_FOLDER_PATH"):
        answers(Folder(tmp_path / "file" / "outbox"), offers(1))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 kB, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = shutil.which("mount") and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True)
    if not made or made.returncode:
        pytest.skip("this user may not mount a small disk: the test of a full one is left out")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_the_disk_gets_full(small_disk: Path) -> None:
    """When the disk gets full midway, what is whole is accepted, the rest is untouched with one sentence, and nothing half is shown."""
    told = answers(Folder(small_disk / "outbox"), [offer(n, message=Written("æ" * 10_000)) for n in range(100)])
    accepted = [n for n, receipt in told.items() if receipt.outcome is Outcome.ACCEPTED]
    untouched = [receipt for receipt in told.values() if receipt.outcome is Outcome.UNTOUCHED]
    assert accepted
    assert len(accepted) + len(untouched) == len(told) < 100
    assert _names(small_disk / "outbox") == [f"d{n:010}.1" for n in sorted(accepted)]
    assert all(len((small_disk / "outbox" / "new" / name).read_bytes()) > 60_000 for name in _names(small_disk / "outbox"))
    assert "the disk is full); make room." in (untouched[0].reason or "")
    assert list((small_disk / "outbox" / "tmp").iterdir()) == []


def test_a_disk_full_from_the_start(small_disk: Path) -> None:
    """A disk that is full before the first message is one error, and nothing was taken."""
    (small_disk / "ballast").write_bytes(b"")
    with pytest.raises(OSError, match="No space"):
        (small_disk / "ballast").write_bytes(os.urandom(1_000_000))
    with pytest.raises(Misconfigured, match="the disk is full"):
        answers(Folder(small_disk / "outbox"), offers(3))
