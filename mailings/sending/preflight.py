"""Preflight: everything that must or should be mended before a mailing goes out (domain.md B.9). Problems block, warnings do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import plugins
from mailings.addresses import read_address
from mailings.audience.populate import populate
from mailings.channels import CHANNELS, Findings, carrier, channel_of
from mailings.channels.email.senders import ALIASES, Senders
from mailings.errors import Misconfigured
from mailings.message import Transport
from mailings.model import Associate, Form, Mailing, MailingStatus, MailingType
from mailings.sending.books import books_of
from mailings.sending.dns import spf
from mailings.sending.lifecycle import only_copied
from mailings.settings import Settings

WORDS = {"email": "e-mail", "sms": "text messages", "document": "letters"}

Rule = Callable[[Session, Mailing, Settings], Findings]


def check(session: Session, mailing: Mailing, settings: Settings, answers: Sequence[spf.Answer]) -> Findings:
    """What keeps the mailing from being sent, and what one should know before. A draft's list is made first (domain.md D28).

    `answers` = spf.look_up(sender_domains(...)), asked by the door before it opens this transaction: a DNS that does not answer
    would hold up every other writer. Touches no network.
    """
    responds = mailing.type is MailingType.FORM_RESPONSE
    if not responds and mailing.status in (MailingStatus.DRAFT, MailingStatus.SCHEDULED):
        populate(session, mailing, launch=False)
        session.flush()
    found = [*(rule(session, mailing, settings) for rule in (ANSWERING if responds else RULES)), _spf(answers, settings)]
    return Findings(
        [sentence for findings in found for sentence in findings.problems],
        [sentence for findings in found for sentence in findings.warnings],
        [sentence for findings in found for sentence in findings.notes],
    )


def _kind(_session: Session, mailing: Mailing, _settings: Settings) -> Findings:
    if not mailing.template:
        return Findings()
    return Findings([only_copied(mailing)])


def _content(session: Session, mailing: Mailing, settings: Settings) -> Findings:
    return channel_of(mailing).problems_of(session, mailing, settings)


def _recipients(session: Session, mailing: Mailing, _settings: Settings) -> Findings:
    """V8: zero sendable recipients, with what became of those there are."""
    books = books_of(session, mailing.id)
    if books.eligible:
        return Findings()
    if not books.total:
        return Findings(["Its sources name nobody; add a selection, project, person or list under `sources` in mailing.yaml."])
    why = ", ".join(f"{n} {verdict.replace('_', ' ')}" for verdict, n in sorted(books.excluded.items(), key=lambda pair: -pair[1]))
    nobody = "Its one recipient cannot" if books.total == 1 else f"None of its {books.total:,} recipients can"
    return Findings([f"{nobody} be sent to ({why}); see: mailings recipients {mailing.name}"])


def _forms(session: Session, mailing: Mailing, _settings: Settings) -> Findings:
    """A form response has no list: it goes to whoever sends a form that names it (domain.md J.5)."""
    names = list(session.scalars(select(Form.name).where(Form.response_mailing_id == mailing.id).order_by(Form.name)))
    if names or mailing.is_system:
        return Findings(notes=[f"It answers whoever sends {', '.join(names)}."] if names else [])
    return Findings(warnings=[f"No form names it yet; write `response: {mailing.name}` into a form.yaml and push that form."])


def _transport(_session: Session, mailing: Mailing, settings: Settings) -> Findings:
    """What the transport says of itself, and whether it carries the type at all: what it cannot carry is refused, never dropped."""
    try:
        transport = plugins.transport_class(carrier(mailing, settings)).configured()
    except Misconfigured as error:
        return Findings([str(error)])
    problems = [*transport.problems(), *filter(None, [transport.rehearsal()])]
    channel = CHANNELS[mailing.type]
    if channel not in transport.channels:
        setting = f"MAILINGS_{channel.upper()}_TRANSPORT"
        problems.append(f"The transport {transport.name} does not carry {WORDS[channel]}; set {setting} to one that does.")
    return Findings(problems, _public_url(transport, settings.public_url) if channel == "email" else [])


def _public_url(transport: Transport, url: str) -> list[str]:
    if not transport.leaves_machine or urlsplit(url).scheme == "https":
        return []
    return [f"Links and unsubscribing lead to {url}, which is not https; set MAILINGS_PUBLIC_URL to where your recipients reach you."]


def _spf(answers: Sequence[spf.Answer], settings: Settings) -> Findings:
    """V4 by the policy of domain.md D8: no answer is a warning under each of them."""
    problems, warnings = [], []
    for answer in answers:
        if answer.spf is spf.Spf.WRONG and settings.spf_policy == "block":
            problems.append(answer.sentence)
        elif answer.sentence:
            warnings.append(answer.sentence)
    return Findings(problems, warnings)


def sender_domains(session: Session, mailing: Mailing, settings: Settings) -> list[str]:
    """The domains to ask SPF for: the mailing's own, and those of our contacts where they stand in From (domain.md B.3).

    None when the policy is off.
    """
    if settings.spf_policy == "off" or mailing.type not in (MailingType.EMAIL, MailingType.FORM_RESPONSE):
        return []
    senders = Senders(mailing, settings)
    addresses = [read_address(senders.fallback).normal]
    if mailing.sender.get("use") in ALIASES:
        contacts = session.scalars(select(Associate.email).where(Associate.email.is_not(None)).distinct().order_by(Associate.email))
        addresses += [senders.approved(contact) for contact in contacts if contact]
    return list(dict.fromkeys(address.rpartition("@")[2] for address in addresses if address))


#: what is looked at, in the order people meet it in the wizard (domain.md B.9); SPF comes last
RULES: tuple[Rule, ...] = (_kind, _content, _recipients, _transport)
ANSWERING: tuple[Rule, ...] = (_content, _forms, _transport)
