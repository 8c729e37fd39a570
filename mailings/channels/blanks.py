"""Variables that are empty for some recipients and stand in the text without anything to take their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from jinja2 import nodes
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from mailings.content.names import Used
from mailings.content.variables import ADDRESS, EMPTY, column, joined
from mailings.model import Mailing, Recipient, Verdict
from mailings.readable import counted

EXAMPLES = 3
_FALLBACKS = ("default", "d")


class Templates(Protocol):
    """A mailing's templates, whichever channel made them."""

    @property
    def used(self) -> Used:
        """The variables used."""
        ...

    def trees(self) -> list[nodes.Template]:
        """The syntax trees of all parts, variables by the names of their values."""
        ...


#: where a channel reads a variable from
ColumnOf = Callable[[str], Any]


def blank_variables(session: Session, mailing: Mailing, content: Templates, column_of: ColumnOf = column) -> list[str]:
    """A sentence for each variable that is empty for eligible recipients: how many, and three of them."""
    columns = _columns(content, column_of)
    if not columns:
        return []
    paths = list(columns)
    counts = [func.sum(case((one == EMPTY, 1), else_=0)) for one in columns.values()]
    eligible = (Recipient.mailing_id == mailing.id) & (Recipient.verdict == Verdict.ELIGIBLE)
    found = session.execute(joined(select(*counts).select_from(Recipient), columns.values()).where(eligible)).one()
    return [
        f"{path} is empty for {counted(count, 'recipient')}, for example {', '.join(_examples(session, columns[path], eligible))}; "
        f"give it something to fall back on: [[ {path} or 'friend' ]]."
        for path, count in zip(paths, found, strict=True)
        if count
    ]


def blank_for(session: Session, content: Templates, recipient_id: int) -> list[str]:
    """The variables that stand in the text, are empty for this recipient and have nothing to fall back on."""
    columns = _columns(content, column)
    if not columns:
        return []
    asked = joined(select(*columns.values()).select_from(Recipient), columns.values()).where(Recipient.id == recipient_id)
    values = session.execute(asked).one_or_none() or ()
    return [path for path, value in zip(columns, values, strict=False) if value == ""]


def _columns(content: Templates, column_of: ColumnOf) -> dict[str, Any]:
    """Variable -> its column, of those that are put out with nothing to fall back on."""
    named = {name: path for path, name in content.used.columns().items()}
    paths = sorted({named[name] for tree in content.trees() for name in _unguarded(tree, frozenset()) if name in named})
    return {path: column_of(path) for path in paths}


def _examples(session: Session, one: Any, eligible: Any) -> list[str]:
    statement = joined(select(ADDRESS).select_from(Recipient), [one, ADDRESS])
    return list(session.scalars(statement.where(eligible, one == EMPTY).order_by(Recipient.id).limit(EXAMPLES)))


def _unguarded(node: nodes.Node, guarded: frozenset[str]) -> Iterator[str]:
    """Names of values that are put out where nothing stands in for an empty one and nothing asked for it before."""
    if isinstance(node, nodes.Name) and node.name not in guarded:
        yield node.name
    if isinstance(node, nodes.If | nodes.CondExpr):
        guarded |= {name.name for name in (node.test, *node.test.find_all(nodes.Name)) if isinstance(name, nodes.Name)}
    for child in _put_out(node):
        yield from _unguarded(child, guarded)


def _put_out(node: nodes.Node) -> Iterator[nodes.Node]:
    if isinstance(node, nodes.Or):  # [[ customer.firstname or "friend" ]]: only the last must hold by itself
        return iter((node.right,))
    if isinstance(node, nodes.Filter) and node.name in _FALLBACKS:
        return iter(())
    return node.iter_child_nodes(exclude=("test",))
