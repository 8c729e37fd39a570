"""The mailbox where returned mail arrives, opened as the setting says: a Maildir, or a folder of an IMAP server."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

from mailings.channels.email.mailboxes.letters import SETTING, Letter, Mailbox
from mailings.channels.email.mailboxes.maildir import Maildir
from mailings.errors import Misconfigured
from mailings.settings import Settings

__all__ = ["Letter", "Mailbox", "open_mailbox", "without_password"]

FORMS = "write maildir:PATH, or imaps://USER@HOST/FOLDER"


def open_mailbox(settings: Settings) -> Mailbox:
    """The mailbox that MAILINGS_BOUNCE_MAILBOX names; no server is asked yet. Raises Misconfigured where it names none."""
    written = settings.bounce_mailbox.get_secret_value().strip() if settings.bounce_mailbox else ""
    if not written:
        raise Misconfigured(f"{SETTING}: it is not set, so nobody knows where returned mail arrives; {FORMS}.")
    kind, _, rest = written.partition(":")
    if kind.lower() == "maildir" and rest:
        return Maildir(rest)
    if kind.lower() not in ("imap", "imaps"):
        raise Misconfigured(f"{SETTING}: it names no mailbox; {FORMS}.")
    return _imap(settings, written)


def without_password(written: str) -> str:
    """The setting as it may be shown: `imaps://bounces:***@mx.test/INBOX`."""
    scheme, slashes, rest = written.partition("://")
    who, at, where = rest.rpartition("@")
    user, colon, _ = who.partition(":")
    return f"{scheme}{slashes}{user}{':***' if colon else ''}{at}{where}"


def _imap(settings: Settings, written: str) -> Mailbox:
    from mailings.channels.email.mailboxes.imap import Account, Imap  # noqa: PLC0415  TLS: 3 MB that a sender need not hold

    parts, port = _split(written)
    password = settings.bounce_password.get_secret_value() if settings.bounce_password else unquote(parts.password or "")
    missing = "no server" if not parts.hostname else "no user" if not parts.username else ""
    if missing:
        raise Misconfigured(f"{SETTING}: it names {missing}; {FORMS}.")
    if not password:
        raise Misconfigured(f"{SETTING}: {parts.username} at {parts.hostname} has no password; set MAILINGS_BOUNCE_PASSWORD.")
    secure = parts.scheme.lower() == "imaps"
    folder = unquote(parts.path.strip("/")) or "INBOX"
    where = Account(str(parts.hostname), port or (993 if secure else 143), unquote(str(parts.username)), folder, secure)
    return Imap(where, password, settings.bounce_ca_file)


def _split(written: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise Misconfigured(f"{SETTING}: its server or port cannot be read; {FORMS}.") from None
    return parts, port
