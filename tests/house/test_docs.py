"""Whatever a page names is there: links, pictures, commands and their options, settings, targets of make, files, addresses."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pytest
from starlette.routing import Route

from cli.inspection import known_settings
from cli.main import COMMANDS, GROUPS, Commands
from tests.deployments.test_compose import BESIDE, OF_REDIS, prefects
from tests.house.prose import anchors, blocks, inline, is_form, links, named, read, run_by, typed, words
from tests.house.tree import NOT_OURS, ROOT, pages
from tests.transports.acme_stage import paged
from web.app import DESK, ROUTERS

#: read elsewhere than by the settings: where a worker finds the installation (prefect.yaml)
BESIDE_OURS = {"MAILINGS_ROOT"}
#: begins the names of the settings that a page invents, and those its own example reads
INVENTED = {"MAILINGS_ACME_"}
EXAMPLE = {f"MAILINGS_ACME_{name.upper()}" for name in paged().Settings.model_fields}
#: in a folder that the page's reader has made
MADE = {"mailings/autumn-news/"}
#: hosts under which the pages show our own door
OURS = r"https?://(?:127\.0\.0\.1:8600|mail\.example\.com|post\.acme\.example|door)"
ROOMS = sorted(
    {p.name for p in ROOT.iterdir() if p.is_dir() and p.name not in NOT_OURS and not p.name.startswith(".")} - {"mailings.egg-info"}
)
CHANGES = Path("CHANGELOG.md")  # tells of what was, too
EVERY = pytest.mark.parametrize("page", [page for page in pages() if page != CHANGES], ids=str)


@EVERY
def test_links_and_pictures_are_there(page: Path) -> None:
    """A link or picture finds its file, and the heading that it names, on another page or on its own."""
    for target in links(page):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, heading = target.partition("#")
        there = (ROOT / page).parent / name if name else ROOT / page
        assert there.exists(), f"{page} links to {target}"
        assert not heading or heading in anchors(there.resolve().relative_to(ROOT)), f"{page} links to {target}"


def test_every_picture_is_shown() -> None:
    """No picture lies in docs/pictures that no page shows."""
    shown = {(page.parent / target).name for page in pages() for target in links(page)}
    assert {picture.name for picture in (ROOT / "docs/pictures").iterdir()} <= shown


def test_every_page_can_be_found() -> None:
    """docs/README.md leads to every tutorial, how-to, concept and reference page; docs/decisions/README.md to every decision."""
    for index, under in (("docs/README.md", "[!.d]*"), ("docs/decisions/README.md", "decisions")):
        led = {(ROOT / index).parent.joinpath(target.partition("#")[0]).resolve() for target in links(Path(index))}
        for page in (ROOT / "docs").glob(f"{under}/*.md"):
            assert page.resolve() in led or page.name == "README.md", f"{index} does not lead to {page.name}"


@EVERY
def test_commands_and_options_exist(page: Path) -> None:
    """Every `mailings ...` that a page shows is a command, with options that it takes."""
    for given in (*typed(page), *named(page)):
        command, _ = _found(given)
        taken = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
        for word in given:
            assert not word.startswith("--") or word.split("=")[0] in taken, f"{page}: mailings {' '.join(given)}: {word}"


@EVERY
def test_commands_can_be_given(page: Path) -> None:
    """Every command in a block has all it needs, and values that its options take."""
    for given in typed(page):
        if is_form(given):
            continue
        command, rest = _found(given)
        try:
            command.make_context("mailings", list(rest))
        except click.UsageError as refused:
            pytest.fail(f"{page}: mailings {' '.join(given)}: {refused.format_message()}")


def test_every_option_is_explained() -> None:
    """docs/reference/cli.md names every option of every command in its row."""
    page = read(Path("docs/reference/cli.md")).replace("\\|", "|")
    for name in COMMANDS:
        group = Commands().get_command(None, name)
        for words_, command in {f"{name} {w}": c for w, c in group.commands.items()}.items() if name in GROUPS else [(name, group)]:
            rows = "".join(re.findall(rf"^\| `mailings {words_}\b.*", page, re.MULTILINE))
            for option in [o for o in command.params if o.param_type_name == "option" and not o.hidden]:
                assert set(option.opts) & set(re.findall(r"--[\w-]+", rows)), f"mailings {words_} {option.opts}"


@EVERY
def test_settings_are_settings(page: Path) -> None:
    """Every MAILINGS_ and PREFECT_ name on a page is read by somebody; a name that is only begun begins one that is."""
    known = known_settings() | BESIDE_OURS | EXAMPLE | set(prefects()) | BESIDE | OF_REDIS | {"PREFECT_HOME"}
    for name in set(re.findall(r"(?<!import )\b(?:MAILINGS|PREFECT)_[A-Z_]+\b", read(page))):
        if name.endswith("_"):
            assert name in INVENTED or any(one.startswith(name) for one in known), f"{page}: {name}"
        else:
            assert name in known, f"{page}: {name}"


@EVERY
def test_targets_of_make_exist(page: Path) -> None:
    """Every `make TARGET` is in the Makefile, and so is every variable given to it."""
    makefile = read(Path("Makefile"))
    for given in run_by("make", page):
        target, *rest = re.sub(r"  .*", "", given).split()
        if not all("=" in word for word in rest):
            continue  # a sentence that begins with the word
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page}: make {given}"
        for variable in re.findall(r"\b([A-Z]+)=", " ".join(rest)):
            assert re.search(rf"^{variable} \?=", makefile, re.MULTILINE), f"{page}: make {given}"


@EVERY
def test_modules_can_be_run(page: Path) -> None:
    """Every `python -m MODULE --option` of ours names a module, and an option that stands in it."""
    for given in (*run_by("python -m", page), *run_by("python3 -m", page)):
        module, *rest = given.split()
        assert find_spec(module), f"{page}: python -m {given}"
        if module.partition(".")[0] not in ROOMS:
            continue
        said = _strings(module)
        for option in re.findall(r"(?<!\S)--[\w-]+", " ".join(rest)):
            assert option in said or option in PASSED_ON.get(module, ()), f"{page}: python -m {given}"


@EVERY
def test_files_are_there(page: Path) -> None:
    """Every path of the house that a page names exists: from the root, or within mailings/ as ARCHITECTURE.md writes them."""
    for path in _paths(page) - MADE:
        assert any((ROOT / room / path).exists() for room in ("", "mailings")), f"{page} names {path}"


@EVERY
def test_addresses_lead_somewhere(page: Path) -> None:
    """Every address of the door or the desk on a page is one that the door answers; what is begun (`/c/`) begins one."""
    for address in _addresses(page):
        assert any(_fits(address, route) for route in _routes()), f"{page} names {address}"


PASSED_ON = {"deployments.mending": ("--no-services", "--host")}  # to Prefect's own command


def _found(given: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """The command that these words begin with, and the words it is given."""
    command = Commands().get_command(None, given[0])
    assert command is not None, f"mailings {given[0]}"
    rest = given[1:]
    if given[0] in GROUPS and rest and not rest[0].startswith("-"):
        command, rest = command.commands.get(rest[0]), rest[1:]
        assert command is not None, f"mailings {' '.join(given)}"
    return command, rest


def _strings(module: str) -> set[str]:
    origin = Path(getattr(find_spec(module), "origin", None) or "")
    files = origin.parent.glob("*.py") if origin.name == "__init__.py" else [origin]
    trees = [ast.walk(ast.parse(file.read_text(encoding="utf-8"))) for file in files]
    return {node.value for tree in trees for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _paths(page: Path) -> set[str]:
    rooms = "|".join(ROOMS)
    plain = "\n".join((*inline(page), *(block.text for block in blocks(page))))
    return {found.rstrip(".") for found in re.findall(rf"(?<![\w/.~=@:{{}}-])(?:{rooms})/[\w./-]*\w/?(?![\w<{{*…])", plain)}


def _addresses(page: Path) -> set[str]:
    """Whole addresses under hosts that stand for ours, and addresses without a host where their first part is one of the door's."""
    first = "|".join(sorted({re.escape(route.split("/")[1]) for route in _routes()} - {""}))
    code = "\n".join((*inline(page), *(block.text for block in blocks(page))))
    whole = re.findall(rf"{OURS}(/[^\s`)\"'?#>…]*)", words(page) + code)
    return set(whole) | set(re.findall(rf"(?<![\w./<>~*\"-])(/(?:{first})(?![\w-])[^\s`)\"'?#;,|]*)", code)) - {"/"}


@cache
def _routes() -> tuple[str, ...]:
    """The paths that the door answers, as they are written in code: `/desk/mailings/{name}`."""
    public = [route.path for router in ROUTERS for route in router.routes if isinstance(route, Route)]
    return (*public, *(f"/desk{route.path}" for router in DESK for route in router.routes if isinstance(route, Route)))


def _fits(address: str, route: str) -> bool:
    """Whether the door's path answers the address, or is begun by it: `/c/` by `/c/{token}/{number}`."""
    begun, parts = address.rstrip("/").split("/"), route.split("/")
    fits = len(begun) <= len(parts) if address.endswith("/") else len(begun) == len(parts)
    return fits and all(re.fullmatch(re.sub(r"\\?\{\w+\\?\}", ".+", part), there) for there, part in zip(begun, parts, strict=False))
