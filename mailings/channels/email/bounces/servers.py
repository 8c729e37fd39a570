"""Tells whether a message without report fields was written by a mail server, and whether it only warns of a delay."""

from __future__ import annotations

import re

from mailings.channels.email.bounces.causes import why_by_words
from mailings.channels.email.bounces.codes import reply_in, status_in
from mailings.channels.email.bounces.parts import Part
from mailings.channels.email.bounces.phrases import words
from mailings.reported import BounceWhy

_FROM, _SUBJECT, _WORDS = words("server from"), words("server subject"), words("server words")
_WARNING, _GIVEN_UP = words("warning"), words("given up")
_ANSWERS = re.compile(r"auto-replied", re.IGNORECASE)
_LISTS = ("x-mlserver", "x-ml-info", "x-ml-name")  # mailing list programs sign their refusals as the list's owner
_SIGNED = re.compile(r"mailer-?daemon|mail delivery (?:sub)?system", re.IGNORECASE)


def is_server(message: Part, text: str) -> bool:
    """Whether a mail server speaks. What it says is not enough, for people quote it: the sender must be a mail system too.

    A program that calls itself an answer (RFC 3834) is one unless it also shows a server's reply, or signs as MAILER-DAEMON.
    """
    if message.header("x-failed-recipients") or message.parameters.get("report-type", "").lower() == "delivery-status":
        return True
    said, subject = _WORDS.search(text[:8000]) is not None, _SUBJECT.search(message.header("subject")) is not None
    code = bool(status_in(text[:8000]) or reply_in(text[:8000]))
    if _FROM.search(message.header("from")):
        shown = code or _SIGNED.search(message.header("from"))
        told = said or code or (subject and why_by_words(text) is not BounceWhy.UNKNOWN)
        return told and bool(shown or not _ANSWERS.match(message.header("auto-submitted").strip()))
    if _ANSWERS.match(message.header("auto-submitted").strip()):
        return False
    if message.header("return-path").strip() in ("<>", "<MAILER-DAEMON>"):
        return said and (subject or code)
    return subject and said and any(message.header(name) for name in _LISTS)


def is_warning(message: Part, text: str) -> bool:
    """Whether the server is still trying."""
    said = f"{message.header('subject')}\n{text[:6000]}"
    return _WARNING.search(said) is not None and _GIVEN_UP.search(said) is None
