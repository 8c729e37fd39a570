"""Figures by domain are kept through erasing: whose address is blanked still counts for its domain (domain.md D30)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import orjson
from sqlalchemy import insert, or_, select, text, update
from sqlalchemy.orm import Session

from mailings.db import among
from mailings.model import Delivery, Figure, Recipient
from mailings.model.counting import AT_DOMAIN, COUNTED, KEPT, domain_sql
from mailings.model.figure import stale

_BY_DOMAIN = (*AT_DOMAIN, *(KEPT + what for what in AT_DOMAIN))
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('mailings figures'), CAST(:mailing AS INTEGER))"
_Counts = dict[int, tuple[int, str, tuple[str, ...]]]  # delivery -> its mailing, its domain, what it counts for there


@contextmanager
def domains_kept(session: Session, recipients: Sequence[int], normals: Sequence[str]) -> Iterator[None]:
    """Within the block messages of these recipients, or to these addresses, lose their address; they are locked for it.

    A domain's figures tell of nobody, so they stay, unless nobody else of the mailing has an address there: then they are of no name any
    more. Who does not count now, erased before anything was sent, lets the figures of the mailing be counted anew.
    """
    theirs = select(Delivery.id).where(or_(among(session, Delivery.recipient_id, recipients), among(session, Delivery.address, normals)))
    ids = session.scalars(theirs.where(Delivery.test.is_(False)).order_by(Delivery.id).with_for_update(key_share=True)).all()
    before = _counts(session, ids)
    yield
    session.flush()
    after = _counts(session, ids)
    lone = _alone(session, {(mailing_id, domain) for mailing_id, domain, _ in before.values() if domain})
    kept: Counter[tuple[int, str, str]] = Counter()
    for number, (mailing_id, domain, counts) in before.items():
        if number in after and (mailing_id, domain) not in lone:
            kept.update((mailing_id, KEPT + what, domain) for what in counts)
            kept.subtract((mailing_id, KEPT + what, after[number][1]) for what in counts)
    rows = [{"mailing_id": mailing_id, "what": what, "key": key, "n": n} for (mailing_id, what, key), n in kept.items() if n]
    if rows:
        session.execute(insert(Figure), rows)
    stale(session, {before[number][0] for number in before.keys() - after.keys()})


def _alone(session: Session, domains: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of (mailing, domain) that nobody is left at; what is kept under such a name is put with the figures that have none."""
    lone = set()
    for mailing_id, domain in sorted(domains):
        others = select(Recipient.id).where(Recipient.mailing_id == mailing_id, Recipient.address.endswith(f"@{domain}", autoescape=True))
        if session.scalar(others.limit(1)) is None:
            lone.add((mailing_id, domain))
            if session.get_bind().dialect.name != "sqlite":  # whoever folds would write the name once more
                session.execute(text(_LOCK), {"mailing": mailing_id})
            theirs = update(Figure).where(Figure.mailing_id == mailing_id, Figure.key == domain, Figure.what.in_(_BY_DOMAIN))
            session.execute(theirs.values(key=""))
    return lone


def _counts(session: Session, ids: Sequence[int]) -> _Counts:
    if not ids:
        return {}
    conditions = ", ".join(f"CASE WHEN {condition} THEN 1 ELSE 0 END" for condition in AT_DOMAIN.values())
    sqlite = session.get_bind().dialect.name == "sqlite"
    domain = domain_sql(session.get_bind().dialect.name)
    listed = "IN (SELECT value FROM json_each(:ids))" if sqlite else "= ANY(:ids)"
    asked = f"SELECT delivery.id, delivery.mailing_id, {domain}, {conditions} {COUNTED} AND delivery.id {listed}"
    rows = session.execute(text(asked), {"ids": orjson.dumps(list(ids)).decode() if sqlite else list(ids)})
    return {row[0]: (row[1], row[2], tuple(what for what, is_one in zip(AT_DOMAIN, row[3:], strict=True) if is_one)) for row in rows}
