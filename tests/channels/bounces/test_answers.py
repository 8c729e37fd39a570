"""What is no bounce is none: answers, challenges, letters about bounces, parcels that could not be delivered; complaints are complaints."""

from __future__ import annotations

import pytest

from mailings.channels.email.bounces import ReadKind, read_bounce

NULL = "Return-Path: <>\n"
QUOTED = "> Delivery has failed to these recipients\n> ola@hav.test\n> 550 5.1.1 user unknown"

NOTHING = [
    "From: Posten <no-reply@posten.test>\nSubject: Delivery failed: your parcel\n\nWe were unable to deliver your parcel 550 5.1.1.",
    f"From: Åse <ase@hav.test>\nIn-Reply-To: <x@y>\nSubject: Re: Undeliverable: Nye hytter\n\nWhy this?\n\n{QUOTED}",
    "From: News <news@fjord.test>\nSubject: Your bounce rate\n\nA bounce with 550 5.1.1 user unknown means the mailbox is unknown.",
    "From: Per <postmaster@hav.test>\nSubject: Spørsmål om levering\n\nHei, kan dere sende en faktura til ola@hav.test?",
    "From: noreply-dmarc@hav.test\nSubject: Report domain: fjord.test Submitter: hav.test\nContent-Type: application/zip\n\nUEsDB",
    "From: Per <per@hav.test>\nSubject: Read: Nye hytter\n"
    "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
    "--b\n\nYour message was read.\n\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;per@hav.test\n\n--b--",
    "",
]
ANSWERS = [
    f"{NULL}From: Kari <kari@hav.test>\nSubject: På ferie\nAuto-Submitted: auto-replied\n\nJeg er på ferie. Ring 555 12 345.",
    f"{NULL}From: Kari <kari@hav.test>\nSubject: Nye hytter\n\nI am out of the office until Monday. Call 550 Main office.",
    "From: Désirée van der IJssel <desiree@zee.test>\nSubject: Afwezig: Nieuwe hutten\n\nIk ben afwezig.",
    "From: Jens <jens@meer.test>\nSubject: Abwesenheitsnotiz: Neue Hütten\n\nIch bin nicht im Büro.",
    f"{NULL}From: ole@hav.test\nAuto-Submitted: auto-replied\nSubject: Re: Nye hytter\n\nOle no longer works here: user unknown.",
    "From: Wall <no-reply@wall.test>\nSubject: Nye hytter (Action Required)\n\nPlease confirm that you are a human. Click to deliver it.",
    "From: Support <support@hav.test>\nSubject: [#550123] Request received\nAuto-Submitted: auto-generated\n\nThank you for contacting us.",
]
ARF = (
    "From: feedback@hav.test\nSubject: FW: Nye hytter\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
    "--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
    "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {}\nVersion: 1\nOriginal-Rcpt-To: <søren@hav.test>\n\n"
    "--b\nContent-Type: message/rfc822\n\nMessage-ID: <17.aabbccddeeff@fjord.test>\nTo: redacted@hav.test\n\nHei\n--b--"
)


@pytest.mark.parametrize("message", NOTHING)
def test_letters_are_no_bounces(message: str) -> None:
    """People and programs that write about deliveries are no mail servers."""
    assert (read_bounce(message.encode()).kind, read_bounce(message.encode()).recipients) == (ReadKind.NOTHING, ())


@pytest.mark.parametrize("message", ANSWERS)
def test_answers_are_no_bounces(message: str) -> None:
    """Vacation notices and challenges in several languages, also where they have words and numbers of a server (domain.md D27)."""
    assert (read_bounce(message.encode()).kind, read_bounce(message.encode()).recipients) == (ReadKind.AUTO_REPLY, ())


@pytest.mark.parametrize("feedback", ["abuse", "opt-out", "auth-failure", "not-spam"])
def test_a_complaint_names_who_complained(feedback: str) -> None:
    """RFC 5965: the address as the provider gives it, the message's id, and of which kind the feedback is."""
    read = read_bounce(ARF.format(feedback).encode())
    assert (read.kind, read.feedback, [one.address for one in read.recipients]) == (ReadKind.COMPLAINT, feedback, ["søren@hav.test"])
    assert read.message_ids == ("<17.aabbccddeeff@fjord.test>",)
    assert read.recipients[0].kind is None


def test_an_answer_keeps_what_it_answers() -> None:
    """The delivery of an answer is found by what it refers to."""
    message = f"{NULL}From: k@hav.test\nSubject: Autosvar: Hytter\nIn-Reply-To: <17.aabbccddeeff@fjord.test>\n\nBorte."
    assert read_bounce(message.encode()).message_ids == ("<17.aabbccddeeff@fjord.test>",)
