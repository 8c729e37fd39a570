"""The consumer domains of the big mailbox providers: who receives for them is known without asking the DNS."""

from __future__ import annotations

from sqlalchemy import Connection

from mailings.clock import milliseconds
from mailings.db import driver_sql

_DOMAINS = {
    "google.com": "gmail.com googlemail.com",
    "outlook.com": "outlook.com hotmail.com live.com msn.com hotmail.co.uk hotmail.fr hotmail.de hotmail.no hotmail.se hotmail.dk"
    " hotmail.nl live.no live.se live.dk live.nl live.co.uk outlook.de outlook.fr outlook.dk",
    "yahoodns.net": "yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.no yahoo.se yahoo.dk ymail.com rocketmail.com aol.com",
    "icloud.com": "icloud.com me.com mac.com",
    "gmx.net": "gmx.net gmx.de gmx.at gmx.ch",
    "web.de": "web.de",
    "mail.ru": "mail.ru inbox.ru list.ru bk.ru",
    "yandex.ru": "yandex.ru yandex.com ya.ru",
    "protonmail.ch": "proton.me protonmail.com pm.me",
    "zoho.com": "zoho.com zohomail.com",
}
#: domain -> the provider, named by the domain its MX are in
CONSUMERS = {domain: provider for provider, domains in _DOMAINS.items() for domain in domains.split()}

KNOWN = "INSERT INTO mail_domain (name, provider, looked_up_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING"


def keep_known(connection: Connection) -> None:
    """Put the table where statements over recipients find it. A second time it adds nothing."""
    at = milliseconds()
    rows = [(domain, provider, at) for domain, provider in sorted(CONSUMERS.items())]
    connection.exec_driver_sql(driver_sql(connection, KNOWN), rows)
