"""How people are reached: e-mail, SMS, document. One file each, found by the mailing's type.

A channel's file holds three functions:
    address_of() -> the SQL expressions of a person's, a company's and a bare recipient's address
    problems_of(session, mailing) -> Findings: what preflight must know about the content
    compile_mailing(session, mailing, settings) -> Compiled; compiled_of(...): the same, and nothing is written
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Select

from mailings.message import Offer


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look at a mailing found, each a sentence for people: problems keep it from being sent, warnings do not."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Compiled(Protocol):
    """A mailing's content, compiled once per run. Holds no session; may be used for any number of portions."""

    #: rows for deliveries: binds `mailing_id`, `low`, `high` (delivery ids, inclusive); columns: delivery id, address, values
    select: Select[Any]

    def offer(self, row: Sequence[Any]) -> Offer:
        """The offer for one row of `select`. Rendering waits until the transport asks for the message."""
        ...
