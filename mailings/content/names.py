"""Which names a template uses: unknown ones become problems with their place, known ones become plain values of the rendering."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.visitor import NodeTransformer

from mailings.content.environment import sandbox
from mailings.content.variables import COLUMNS, CUSTOM
from mailings.errors import BadTemplate

CONFIG = ("config.companyName", "config.companyAddress", "config.defaultMail", "config.cgiUrl")  # domain.md D.5
#: special link -> the name it is kept by; the right-hand ones are the domain's older words (E.1, E.9)
SPECIAL_LINKS = {name: name for name in ("unsubscribe", "preferences", "confirm", "confirm_submission", "online", "open")} | {
    "subscription": "preferences",
    "viewShipmentMessage": "online",
}
WHERE_SHOWN = ("isWebPage", "InEmailClient")
FUNCTIONS = ("urlEncode", "range")
NO_LINK = "{} is not a variable: it stands neither under `links` in mailing.yaml nor in `mailings links list`"
_ROOTS = frozenset({"customer", "company", "ourContact", "config", "link"})
_RESERVED = _ROOTS | {*WHERE_SHOWN, *FUNCTIONS, "makeSalutation"}


#: variables of form responses: `submission.dish`, `form.name`; and the block with everything that was sent
OF_FORMS, RECEIPT = frozenset({"submission", "form"}), "receipt"


def of_a_form(path: str) -> bool:
    """True for a variable that a submission or its form says."""
    return path == RECEIPT or path.partition(".")[0] in OF_FORMS


def _none(_name: str) -> bool:
    return False


@dataclass
class Used:
    """The variables of a mailing's templates. `names`: variable (`customer.firstname`) -> the name its value has in the rendering.

    `alone`: whether a name is a variable without a root before it, as those of letters are. `written`: name -> a template of variables
    that stands wherever the name does, as `our_ref` of a letter. `answers`: which variables of a submission are known, where there is one.
    """

    links: Collection[str] = ()  # names of registered links
    alone: Callable[[str], bool] = _none
    written: Mapping[str, str] = field(default_factory=dict)
    answers: Callable[[str], bool] | None = None
    names: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def name(self, path: str) -> str:
        """The name the value of `path` has in the rendering."""
        return self.names.setdefault(path, f"_v{len(self.names)}")

    def columns(self) -> dict[str, str]:
        """Of `names`, those read from the database."""
        return {path: name for path, name in self.names.items() if not path.startswith(("link.", "config.")) and not of_a_form(path)}

    def answered(self) -> dict[str, str]:
        """Of `names`, those a submission says."""
        return {path: name for path, name in self.names.items() if of_a_form(path)}

    @property
    def roots(self) -> frozenset[str]:
        """What stands before the dot of a variable."""
        return _ROOTS if self.answers is None else _ROOTS | OF_FORMS

    def stands_alone(self, name: str) -> bool:
        """Whether a name is a variable without anything before it."""
        return self.alone(name) or (self.answers is not None and name == RECEIPT)


def parsed(environment: Environment, source: str, part: str) -> nodes.Template:
    """The syntax tree of one part's template. Raises BadTemplate with the place."""
    try:
        return environment.parse(source)
    except TemplateSyntaxError as error:
        raise BadTemplate((error.message or "this is no template").rstrip(".") + ".", f"{part} line {error.lineno}") from error


def flattened(tree: nodes.Template, used: Used, part: str) -> nodes.Template:
    """`tree` with every variable a plain name; fills `used.names` and, for what is not known, `used.problems`."""
    try:
        undeclared = find_undeclared_variables(tree)
    except TemplateSyntaxError as error:
        used.problems.append(f"{part} line {error.lineno}: {(error.message or '').rstrip('.')}.")
        return tree
    # Jinja2 calls a name undeclared too that only one branch of a condition sets
    given = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    own = {name for name in undeclared - given if name not in _RESERVED | used.roots and (used.stands_alone(name) or name in used.written)}
    for name in sorted(undeclared - _RESERVED - used.roots - given - own):
        line = next((n.lineno for n in tree.find_all(nodes.Name) if n.name == name), 0)
        used.problems.append(f"{part} line {line}: {name} is not a variable{_meant(name, used)}.")
    flat = _Flattening(used, part, own).visit(tree)
    assert isinstance(flat, nodes.Template)
    return flat


class _Flattening(NodeTransformer):
    def __init__(self, used: Used, part: str, own: Collection[str]) -> None:
        self.used, self.part, self.own = used, part, own  # own: names that are variables here, and not set by the template itself

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802  Jinja2 finds visitors by the node's name
        return self._variable(node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802  Jinja2 finds visitors by the node's name
        return self._variable(node)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  Jinja2 finds visitors by the node's name
        if isinstance(node.node, nodes.Name) and node.node.name == "makeSalutation":
            if [_dotted(argument) for argument in node.args] != ["customer.id"] or node.kwargs:
                self._problem(node, "makeSalutation takes customer.id and nothing else")
            return nodes.Name(self.used.name("makeSalutation"), "load", lineno=node.lineno)
        return self.generic_visit(node)

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802  Jinja2 finds visitors by the node's name
        if node.ctx != "load" and (node.name in _RESERVED | self.used.roots or node.name.startswith("_")):
            self._problem(node, f"{node.name} cannot be set, the name is taken")
        elif node.name in self.used.roots:
            self._problem(node, f"{node.name} needs a name behind it, as in {_example(node.name)}")
        elif node.name == "makeSalutation":
            self._problem(node, "makeSalutation is written makeSalutation(customer.id)")
        elif node.ctx == "load" and node.name in self.own:
            written = node.name in self.used.written
            return self._written(node) if written else nodes.Name(self.used.name(node.name), "load", lineno=node.lineno)
        return node

    def _written(self, node: nodes.Name) -> nodes.Node:
        """What stands in place of a name that says something with variables of its own."""
        used, part = replace(self.used, written={}), f"{node.name} in mailing.yaml,"
        tree = flattened(parsed(sandbox(), self.used.written[node.name], part), used, part)
        if any(not isinstance(one, nodes.Output) for one in tree.body):
            self._problem(node, f"{node.name} in mailing.yaml may hold variables, and no statements")
        return nodes.Concat([_as_value(one) for output in tree.find_all(nodes.Output) for one in output.nodes], lineno=node.lineno)

    def _variable(self, node: nodes.Getattr | nodes.Getitem) -> nodes.Node:
        path = _dotted(node)
        if path is None or path.partition(".")[0] not in self.used.roots:
            return self.generic_visit(node)
        if (known := self._known(path)) is not None:
            return nodes.Name(self.used.name(known), "load", lineno=node.lineno)
        shorter, _, last = path.rpartition(".")
        if self._known(shorter) is not None and hasattr(str, last) and not last.startswith("_"):
            return self.generic_visit(node)  # customer.name.upper()
        what = NO_LINK.format(path) if path.startswith("link.") else f"{path} is not a variable"
        self._problem(node, f"{what}{_meant(path, self.used)}")
        return nodes.Const("", lineno=node.lineno)

    def _known(self, path: str) -> str | None:
        root, _, rest = path.partition(".")
        if root == "link":
            special = SPECIAL_LINKS.get(rest)
            return f"link.{special}" if special else path if rest in self.used.links else None
        if root in OF_FORMS and self.used.answers is not None:
            return path if rest and self.used.answers(path) else None
        custom = any(path.startswith(prefix) and len(path) > len(prefix) for prefix in CUSTOM)
        return path if custom or path in COLUMNS or path in CONFIG else None

    def _problem(self, node: nodes.Node, sentence: str) -> None:
        self.used.problems.append(f"{self.part} line {node.lineno}: {sentence}.")


def _as_value(node: nodes.Expr) -> nodes.Expr:
    return nodes.Const(node.data, lineno=node.lineno) if isinstance(node, nodes.TemplateData) else node


def _dotted(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        inner, last = _dotted(node.node), node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        inner, last = _dotted(node.node), node.arg.value
    else:
        return None
    return None if inner is None else f"{inner}.{last}"


def _meant(path: str, used: Used) -> str:
    near = get_close_matches(path, [*_every(used)], n=2, cutoff=0.7)
    near = near or [known for known in _every(used) if known.rpartition(".")[2] == path][:2]
    return f"; did you mean {' or '.join(near)}?"[:-1] if near else ""


def _every(used: Used) -> Iterator[str]:
    yield from (*COLUMNS, *CONFIG, *WHERE_SHOWN)
    yield from (f"link.{name}" for name in (*SPECIAL_LINKS, *used.links) if name != "open")


def _example(root: str) -> str:
    return {"customer": "customer.name", "company": "company.name", "ourContact": "ourContact.name"}.get(root, f"{root}.NAME")
