"""What doctor says of the domains we send from, against a real DNS server of the tests' own."""

from __future__ import annotations

import re
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mailings.clock import now
from mailings.db import Database
from mailings.model import Mailing, MailingStatus, MailingType
from mailings.sending.dns import deliverability, records
from mailings.sending.dns.believed import Line, record
from mailings.sending.dns.deliverability import Domain, look_at, sending_domains
from mailings.settings import Settings
from mailings.transports.sendgrid import Sendgrid
from mailings.transports.sendgrid.settings import Settings as SendgridSettings
from mailings.transports.smtp import Settings as SmtpSettings
from mailings.transports.smtp import Smtp
from mailings.transports.smtp.dkim import Signer
from tests.sending.zone import Records, zone
from tests.transports.keys import rsa_key, written

FJORD = "xn--fjordhj-n3a.no"
RSA = Signer(rsa_key(), "s1")
GOOD: dict[tuple[str, str], list[str]] = {
    (FJORD, "MX"): ["10 mx.fjord.no."],
    (FJORD, "TXT"): ['"google-site-verification=x"', '"v=spf1 mx -all"'],
    (f"s1._domainkey.{FJORD}", "TXT"): [record("x", RSA.record).partition("TXT ")[2]],
    (f"_dmarc.{FJORD}", "TXT"): ['"v=DMARC1; p=quarantine; rua=mailto:dmarc@fjord.no"'],
}


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The DNS may take its time."""
    monkeypatch.setattr(records, "LIMIT", 60.0)
    monkeypatch.setattr(deliverability, "ask_all", partial(records.ask_all, total=60.0))


def smtp(tmp_path: Path, **given: Any) -> Smtp:
    """A transport that signs, unless `dkim_key` is None."""
    key = {"dkim_key": written(rsa_key(), tmp_path / "dkim.pem"), "dkim_selector": "s1"}
    return Smtp(SmtpSettings(_env_file=None, **(key | given)))


def lines(records: Records, transport: Any, domain: str = FJORD, *, silent: bool = False, **given: Any) -> dict[str, Line]:
    """What is said of one domain, by what it is about."""
    with zone(records, silent=silent) as server:
        said = look_at([Domain(domain)], transport, Settings(dns=server.address, _env_file=None, **given))
    assert all(line.domain == domain for line in said)
    return {line.what: line for line in said}


def test_all_is_well(tmp_path: Path) -> None:
    """With MX, SPF, our own key and a policy, everything is in order, and Gmail and Yahoo take bulk mail."""
    said = lines(GOOD, smtp(tmp_path))
    assert list(said) == ["MX", "SPF", "DKIM", "DMARC", "Gmail and Yahoo"]
    assert {line.ok for line in said.values()} == {True}
    assert said["MX"].note == "mail for it goes to mx.fjord.no"
    assert "reports go to mailto:dmarc@fjord.no" in said["DMARC"].note
    assert "one-click" in said["Gmail and Yahoo"].note


def test_nothing_is_there(tmp_path: Path) -> None:
    """A domain without records: each line is a problem, with the record to paste, the key's public half among them."""
    said = lines({(FJORD, "A"): []}, smtp(tmp_path))
    assert {what: line.ok for what, line in said.items()} == dict.fromkeys(("MX", "SPF", "DKIM", "DMARC", "Gmail and Yahoo"), False)
    assert said["DMARC"].publish == f'_dmarc.{FJORD}. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@{FJORD}"'
    assert said["SPF"].publish.startswith(f'{FJORD}. IN TXT "v=spf1 ')
    name, _, text = said["DKIM"].publish.partition(". IN TXT ")
    assert name == f"s1._domainkey.{FJORD}"
    assert "".join(re.findall('"([^"]{1,255})"', text)) == RSA.record
    assert said["Gmail and Yahoo"].note.endswith("see SPF, DKIM, DMARC")


def test_what_is_published_is_found(tmp_path: Path) -> None:
    """The records as doctor prints them, put into the DNS, are what doctor then finds in order."""
    said = lines({(FJORD, "MX"): ["10 mx.fjord.no."]}, smtp(tmp_path))
    pasted = dict(GOOD)
    for line in said.values():
        if line.publish and line.what != "SPF":  # where SPF names YOUR-PROVIDER a person must write
            name, _, text = line.publish.partition(". IN TXT ")
            pasted[name, "TXT"] = [text]
    assert {line.ok for line in lines(pasted, smtp(tmp_path)).values()} == {True}


@pytest.mark.parametrize(
    ("changes", "what", "ok", "words"),
    [
        ({(FJORD, "MX"): ["0 ."]}, "MX", False, "takes no mail"),
        ({(FJORD, "TXT"): ['"v=spf1 a -all"', '"v=spf1 mx -all"']}, "SPF", False, "2 SPF records"),
        ({(f"s1._domainkey.{FJORD}", "TXT"): ['"v=DKIM1; p=MIIB"']}, "DKIM", False, "another key's"),
        ({(f"s1._domainkey.{FJORD}", "TXT"): ['"v=DKIM1; k=rsa; p="']}, "DKIM", False, "another key's"),
        ({(f"_dmarc.{FJORD}", "TXT"): ['"v=DMARC1; p=quarantin"']}, "DMARC", False, "cannot be read"),
        ({(f"_dmarc.{FJORD}", "TXT"): ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']}, "DMARC", False, "no policy"),
        ({(f"_dmarc.{FJORD}", "TXT"): ['"v=DMARC1;p=reject"']}, "DMARC", None, "add rua="),
        ({(f"_dmarc.{FJORD}", "TXT"): ['"V = nothing"']}, "DMARC", False, "no policy"),
    ],
)
def test_what_is_wrong(tmp_path: Path, changes: Records, what: str, ok: bool | None, words: str) -> None:
    """Each thing that can be wrong is told apart, in words that name it."""
    said = lines({**GOOD, **changes}, smtp(tmp_path))
    assert said[what].ok is ok
    assert words in said[what].note
    assert {line.ok for line in said.values() if line.what not in (what, "Gmail and Yahoo")} == {True}


def test_alignment(tmp_path: Path) -> None:
    """A signature for the domain above counts unless the policy is strict; returned mail elsewhere counts for nothing."""
    news, strict = f"news.{FJORD}", '"v=DMARC1; p=reject; adkim=s; aspf=s; rua=mailto:x@y.no"'
    records = {**GOOD, (news, "MX"): ["10 mx.fjord.no."], (news, "TXT"): ['"v=spf1 mx -all"'], ("other.no", "TXT"): ['"v=spf1 mx -all"']}
    above = smtp(tmp_path, dkim_domain=FJORD)
    said = lines(records, above, news, bounce_address="b@other.no")
    assert (said["DMARC"].ok, said["DMARC"].note) == (True, f"p=quarantine (from {FJORD}); reports go to mailto:dmarc@fjord.no")
    records[f"_dmarc.{news}", "TXT"] = [strict]
    said = lines(records, above, news, bounce_address="b@other.no")
    assert said["DMARC"].ok is False
    assert f"{FJORD} signs and returned mail goes to other.no" in said["DMARC"].note
    said = lines(records, above, news, bounce_address=f"b@{news}")
    assert "by SPF alone" in said["DMARC"].note


def test_somebody_else_signs(tmp_path: Path) -> None:
    """Without a key of ours nothing is claimed of DKIM: the mail server may sign, and only it knows."""
    said = lines(GOOD, smtp(tmp_path, dkim_key=None, dkim_selector=None))
    assert [(said[what].ok, said[what].known) for what in ("DKIM", "Gmail and Yahoo")] == [(None, False)] * 2
    assert "smtp does not sign" in said["DKIM"].note
    foreign = lines(GOOD, smtp(tmp_path, dkim_domain="other.no"))
    assert foreign["DKIM"].ok is None


def test_a_provider() -> None:
    """SendGrid's keys are found by their names alone; its envelope and SPF are its own affair."""
    sendgrid = Sendgrid(SendgridSettings(_env_file=None))
    names = {(f"s{n}._domainkey.{FJORD}", "CNAME"): [f"s{n}.domainkey.u1.wl1.provider.no."] for n in (1, 2)}
    said = lines({**GOOD, **names}, sendgrid, bounce_address="b@other.no")
    assert {line.ok for line in said.values()} == {True}
    del names[f"s2._domainkey.{FJORD}", "CNAME"]
    said = lines({**GOOD, **names}, sendgrid)
    assert said["DKIM"].ok is False
    assert f"no CNAME record at s2._domainkey.{FJORD}" in said["DKIM"].note


def test_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DNS that never answers: every line says so within the limit of all questions together, and nothing is called wrong."""
    monkeypatch.undo()  # no more patient than it is
    began = time.monotonic()
    said = lines(GOOD, smtp(tmp_path), silent=True)
    assert time.monotonic() - began < 12
    assert {line.ok for line in said.values()} == {None}
    assert "no answer in time" in said["SPF"].note


def test_reserved_names_are_never_asked(tmp_path: Path) -> None:
    """acme.test and its like are on no DNS: nothing is asked, and one line says why (D29)."""
    with zone({}) as server:
        said = look_at([Domain("acme.test"), Domain("b.example")], smtp(tmp_path), Settings(dns=server.address, _env_file=None))
        assert server.asked == []
    assert [(line.domain, line.ok) for line in said] == [("acme.test", None), ("b.example", None)]


def test_which_domains(any_db: Database) -> None:
    """Those mailings are written from, unless cancelled, our contacts' and the one mail comes back to; each once, in ASCII."""
    with any_db.writing() as session:
        for number, (address, status) in enumerate(
            [
                ("a@Fjordhøj.no", MailingStatus.SENT),
                ("b@fjordhøj.no", MailingStatus.DRAFT),
                ("c@gone.no", MailingStatus.CANCELLED),
                ("", "draft"),
            ]
        ):
            sender = {"name": "", "address": address, "use": "always"}
            session.add(Mailing(name=f"m{number}", type=MailingType.EMAIL, status=status, sender=sender, created_at=now()))
        session.flush()
        given = Settings(sender_domains="dal.no, ,Fjordhøj.no", bounce_address="bounces@post.dal.no", _env_file=None)
        found = sending_domains(session, given)
    fjord = "fjordhøj.no".encode("idna").decode()
    assert found == [Domain("dal.no"), Domain(fjord), Domain("post.dal.no", writes=False)]


def test_a_domain_that_only_gets_mail(tmp_path: Path) -> None:
    """Where mail only comes back to, MX and SPF are looked at and nothing else."""
    with zone(GOOD) as server:
        said = look_at([Domain(FJORD, writes=False)], smtp(tmp_path), Settings(dns=server.address, _env_file=None))
    assert [(line.what, line.ok) for line in said] == [("MX", True), ("SPF", True)]


def test_a_key_everybody_can_read(tmp_path: Path) -> None:
    """A private key that everybody on the machine can read is remarked upon, with the command that mends it."""
    transport = smtp(tmp_path)
    assert transport.remarks() == []
    (tmp_path / "dkim.pem").chmod(0o644)
    (remark,) = transport.remarks()
    assert f"chmod 640 {tmp_path / 'dkim.pem'}" in remark
