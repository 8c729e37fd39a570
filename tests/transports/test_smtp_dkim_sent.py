"""DKIM on its way: a signature holds at the other end; the key is read, or refused in one sentence that does not show it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mailings.errors import Misconfigured
from mailings.transports.smtp import Settings, Smtp
from mailings.transports.smtp.dkim import Signer, key_in
from tests.channels.made import compiled, mailing, row
from tests.servers.mailbox import mailbox
from tests.servers.sink import open_folder, program, sink
from tests.transports.keys import holds, rsa_key, written
from tests.transports.letters import SENDER, Written, answers, offer

SIGNER = Signer(rsa_key(), "host1")


def smtp(port: int, tmp_path: Path) -> Smtp:
    """A transport that signs."""
    key = written(rsa_key(), tmp_path / "dkim.pem")
    return Smtp(Settings(host="127.0.0.1", port=port, timeout=60, dkim_key=key, dkim_selector=SIGNER.selector, _env_file=None))


@pytest.mark.parametrize("words", [("PIPELINING", "SIZE 100000", "8BITMIME"), ("PIPELINING",), ()])
def test_it_holds_at_the_other_end(words: tuple[str, ...], tmp_path: Path) -> None:
    """After the trip, dots doubled and taken off again, 8bit or quoted-printable, the signature holds."""
    with mailbox(offers=words) as box:
        answers(smtp(box.port, tmp_path), [offer(1), offer(2, message=Written(".\r\n..a\r\n.b æøå\r\n\r\n", "A  b\r\n\tc"))])
        assert [holds(SIGNER, taken.content, SENDER.partition("@")[2]) for taken in box.taken] == [True, True]


@pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink is not installed")
def test_it_holds_in_a_sink(tmp_path: Path) -> None:
    """Postfix's own smtp-sink keeps what verifies."""
    with open_folder() as folder, sink(dump=folder / "taken") as server:
        made = compiled(mailing(subject="Blåbær"))
        carried = smtp(server.port, tmp_path)
        answers(carried, [made.offer(row(made, 17, "ase@fjord.test", name="Åse"))])
        carried.close()
        dumped = (folder / "taken").read_bytes()
    message = dumped[dumped.index(b"DKIM-Signature") :].rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r\n"
    assert holds(SIGNER, message)


def test_the_size_counts_the_signature(tmp_path: Path) -> None:
    """SIZE= is of the message as it leaves, and what is too large only by its signature is refused by us."""
    with mailbox(offers=("SIZE 5000",)) as box:
        told = answers(smtp(box.port, tmp_path), [offer(1), offer(2, message=Written("x" * 4500))])
        assert told[2].code == "552 5.3.4"
        (taken,) = box.taken
        assert f" SIZE={len(taken.content)}" in taken.mail


def test_keys_that_cannot_be_used(tmp_path: Path) -> None:
    """A key that is missing, of another kind or none at all is one sentence that names the file, never what is in it."""
    short, other, rubbish = tmp_path / "short.pem", tmp_path / "other.pem", tmp_path / "blåbær.pem"
    written(rsa_key(1024), short)
    assert key_in(short)
    written(ec.generate_private_key(ec.SECP256R1()), other)  # type: ignore[arg-type]
    rubbish.write_text("-----BEGIN PRIVATE KEY-----\nhemmelig\n-----END PRIVATE KEY-----\n")
    for file, said in ((tmp_path / "none.pem", "no such file"), (other, "neither RSA nor Ed25519"), (rubbish, "no private key in PEM")):
        with pytest.raises(Misconfigured, match=said) as error:
            Settings(dkim_key=file, dkim_selector="s1", _env_file=None).signer()
        assert "MAILINGS_SMTP_DKIM_KEY" in str(error.value)
        assert "hemmelig" not in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"DKIM_KEY": "dkim.pem"}, "must both be set"),
        ({"DKIM_SELECTOR": "s1"}, "must both be set"),
        ({"DKIM_DOMAIN": "acme.test"}, "there is no key"),
        ({"DKIM_KEY": "dkim.pem", "DKIM_SELECTOR": "s 1; p=x"}, "MAILINGS_SMTP_DKIM_SELECTOR"),
        ({"DKIM_KEY": "dkim.pem", "DKIM_SELECTOR": "s1", "DKIM_DOMAIN": "acme"}, "MAILINGS_SMTP_DKIM_DOMAIN"),
    ],
)
def test_half_a_setting(given_: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key without a selector, or the other way round, and names that are none are said before anything is sent."""
    for name, value in given_.items():
        monkeypatch.setenv(f"MAILINGS_SMTP_{name}", value)
    with pytest.raises(Misconfigured, match=said):
        Settings.read()


def test_the_key_is_not_shown() -> None:
    """A signer's repr holds no key."""
    assert "key" not in repr(SIGNER).lower()
