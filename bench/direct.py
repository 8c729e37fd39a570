"""The verbs of flows/send_mailing.py without Prefect, one after another: what is left of a run's wall time is Prefect's share."""

from __future__ import annotations

import sys

from sqlalchemy.orm import Session

from mailings.audience.populate import populate
from mailings.db import database
from mailings.model import Mailing
from mailings.sending import closing, lifecycle, preflight
from mailings.sending.deliver import deliver_portion
from mailings.sending.finding import mailing_named
from mailings.sending.preparing import prepare
from mailings.sending.run import Run, conducting
from mailings.settings import settings


def main(name: str) -> None:
    """Send the mailing as the flow does."""
    with conducting(database(), name, settings()) as run:
        _prepare(name, run)
        while deliver_portion(database(), run, run.portion).more:
            pass
        with database().writing() as session:
            print(closing.close(session, _mailing(session, name)).sentence)


def _prepare(name: str, run: Run) -> None:
    with database().writing() as session:
        lifecycle.pick_up(_mailing(session, name))
    with database().writing() as session:
        populate(session, _mailing(session, name), launch=True)
    with database().writing() as session:
        problems = preflight.check(session, _mailing(session, name), settings(), []).problems  # the demo's domains are on no DNS
        if problems:
            raise SystemExit("; ".join(problems))
        lifecycle.begin_sending(session, _mailing(session, name))
    with database().writing() as session:
        prepare(session, run, _mailing(session, name), settings())


def _mailing(session: Session, name: str) -> Mailing:
    return mailing_named(session, name, locked=True)


if __name__ == "__main__":
    main(sys.argv[1])
