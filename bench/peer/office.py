"""django-post-office, set up as it is at its best: five threads, batches of a thousand, failures logged only, WAL on SQLite.

`python office.py prepare TEMPLATE | queue RECIPIENTS | send PROCESSES FIGURES`, with the environment of bench/peers.py. It runs with the
peer's own Python. Rendered at delivery from its own template, or, with PEER_RENDERED_BEFORE, when queued (which is not measured).
"""
# ruff: noqa: PLC0415  Django's models can only be imported once its settings stand

from __future__ import annotations

import json
import os
import resource
import sys
import time
from itertools import islice
from pathlib import Path

import django
from django.conf import settings

CHUNK = 1_000
SETTINGS = {
    "INSTALLED_APPS": ["post_office"],
    "USE_TZ": True,
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    "POST_OFFICE": {"BATCH_SIZE": 1_000, "THREADS_PER_PROCESS": 5, "LOG_LEVEL": 1, "BATCH_DELIVERY_TIMEOUT": 3_600},
}
SQLITE = {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", "transaction_mode": "IMMEDIATE", "timeout": 60}


def main(command: str, *words: str) -> None:
    """One command."""
    settings.configure(DATABASES={"default": _database()}, EMAIL_HOST="127.0.0.1", EMAIL_PORT=int(os.environ["PEER_SMTP_PORT"]), **SETTINGS)
    django.setup()
    {"prepare": prepare, "queue": queue, "send": send}[command](*words)


def prepare(file: str) -> None:
    """Its tables, and the newsletter as its template. `file`: JSON with subject, text and html."""
    from django.core.management import call_command
    from post_office.models import EmailTemplate

    call_command("migrate", verbosity=0)
    said = json.loads(Path(file).read_text("utf-8"))
    EmailTemplate.objects.create(name="newsletter", subject=said["subject"], content=said["text"], html_content=said["html"])


def queue(file: str) -> None:
    """Queue a message for each line of `file`: JSON with address, headers and context."""
    from post_office import mail
    from post_office.models import EmailTemplate

    template = EmailTemplate.objects.get(name="newsletter")
    fixed = {"sender": "Vindheim <news@vindheim.test>", "template": template}
    fixed["render_on_delivery"] = "PEER_RENDERED_BEFORE" not in os.environ
    with Path(file).open(encoding="utf-8") as lines:
        rows = map(json.loads, lines)
        while chunk := list(islice(rows, CHUNK)):
            mail.send_many([fixed | {"recipients": r["address"], "headers": r["headers"], "context": r["context"]} for r in chunk])


def send(processes: str, figures: str) -> None:
    """Send everything queued as its own command does; seconds, CPU and peak memory, its children's too, as JSON to the file `figures`."""
    from post_office.mail import send_queued_mail_until_done
    from post_office.models import STATUS, Email

    queued, size = Email.objects.filter(status=STATUS.queued).count(), _size()
    began, used = time.perf_counter(), _cpu()
    send_queued_mail_until_done(os.environ["PEER_LOCK"], int(processes))
    seconds, used = time.perf_counter() - began, _cpu() - used
    left = Email.objects.exclude(status=STATUS.sent).count()
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    told = {"sent": queued - left, "left": left, "seconds": seconds, "cpu_s": used, "peak_rss_mb": peaks, "message_bytes": size}
    Path(figures).write_text(json.dumps(told), "utf-8")


def _database() -> dict[str, object]:
    if "PEER_SQLITE" in os.environ:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["PEER_SQLITE"], "OPTIONS": SQLITE}
    host, port = os.environ["PEER_POSTGRES"].split(":")
    return {"ENGINE": "django.db.backends.postgresql", "NAME": "bench", "USER": "postgres", "HOST": host, "PORT": port}


def _cpu() -> float:
    return sum(os.times()[:4])


def _size() -> int:
    """Bytes of the next message to leave."""
    from post_office.models import STATUS, Email

    return len(Email.objects.filter(status=STATUS.queued).first().email_message().message().as_bytes(linesep="\r\n"))


if __name__ == "__main__":
    main(*sys.argv[1:])
