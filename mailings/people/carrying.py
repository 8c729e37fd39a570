"""Figures by domain are carried through erasing: whose address is blanked still counts for its domain (domain.md D30)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import orjson
from sqlalchemy import insert, or_, select, text
from sqlalchemy.orm import Session

from mailings.db import among
from mailings.model import Delivery, Figure
from mailings.model.counting import AT_DOMAIN, COUNTED, KEPT, domain_sql
from mailings.model.figure import stale

_Counts = dict[int, tuple[int, str, tuple[str, ...]]]  # delivery -> its mailing, its domain, what it counts for there


@contextmanager
def domains_carried(session: Session, recipients: Sequence[int], normals: Sequence[str]) -> Iterator[None]:
    """Within the block messages of these recipients, or to these addresses, lose their address; they are locked for it.

    A domain's figures tell of nobody, so they stay. Who does not count any more, erased before anything was sent, lets the figures of
    the mailing be counted anew.
    """
    theirs = select(Delivery.id).where(or_(among(session, Delivery.recipient_id, recipients), among(session, Delivery.address, normals)))
    ids = session.scalars(theirs.where(Delivery.test.is_(False)).order_by(Delivery.id).with_for_update(key_share=True)).all()
    before = _counts(session, ids)
    yield
    session.flush()
    after = _counts(session, ids)
    carried: Counter[tuple[int, str, str]] = Counter()
    for number, (mailing_id, domain, counts) in before.items():
        if number in after:
            carried.update((mailing_id, KEPT + what, domain) for what in counts)
            carried.subtract((mailing_id, KEPT + what, after[number][1]) for what in counts)
    rows = [{"mailing_id": mailing_id, "what": what, "key": key, "n": n} for (mailing_id, what, key), n in carried.items() if n]
    if rows:
        session.execute(insert(Figure), rows)
    stale(session, {before[number][0] for number in before.keys() - after.keys()})


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
