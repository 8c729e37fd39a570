"""Reads a mailing's folder as people write it: `mailing.yaml` checked key by key, and the files it names, none from outside."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from mailings.audience.folder_parts import MailingPart
from mailings.audience.type_features import fitted, lacking
from mailings.audience.yaml_read import read_yaml
from mailings.content.actions import Actions
from mailings.errors import Unreadable

P = TypeVar("P", bound=BaseModel)

FILE = "mailing.yaml"
LONGEST = 1_000_000  # bytes of mailing.yaml; what is longer is no such file
LARGEST = 100_000_000  # bytes of one file that travels along; preflight refuses messages far below that


def read_folder(folder: Path) -> MailingPart:
    """What `folder/mailing.yaml` says. Raises Unreadable with every problem of the file, one line each."""
    try:
        part = read_part(folder / FILE, MailingPart, "a mailing: write keys and values, beginning with name: and type:")
    except FileNotFoundError as error:
        raise Unreadable(f"There is no {FILE} in {folder}; a mailing is a folder with a {FILE} in it.") from error
    if problems := lacking(part):
        raise Unreadable(together(folder / FILE, problems))
    return fitted(part)


def read_actions(path: Path) -> Actions:
    """The actions of a link, from a YAML file (domain.md E.3). Raises Unreadable with every problem of the file, one line each."""
    try:
        return read_part(path, Actions, "actions: write keys and values, as in docs/reference/links.md")
    except FileNotFoundError as error:
        raise Unreadable(f"There is no file {path}.") from error


def read_part(path: Path, part: type[P], what: str) -> P:
    """What a YAML file says, checked key by key. Raises Unreadable with every problem of it, FileNotFoundError where there is none."""
    if path.exists() and not path.is_file():
        raise Unreadable(f"{path} is no file.")  # a pipe would be waited for, for ever
    try:
        raw = path.read_bytes()
        written = read_yaml(raw.decode("utf-8-sig")) if len(raw) <= LONGEST else None
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(f"{path} is no YAML{_yaml_place(error)}.") from error
    if not isinstance(written, dict):
        raise Unreadable(f"{path} does not hold {what}.")
    try:
        return part.model_validate(written)
    except ValidationError as error:
        raise Unreadable(together(path, [_sentence(e["type"], e["loc"], (e, part)) for e in error.errors(include_url=False)])) from error


def together(path: Path, problems: list[str]) -> str:
    """Every problem of a file as one message: the file once, then one line each when there are several."""
    if len(problems) == 1:
        return f"{path}: {problems[0]}"
    return f"{path} has {len(problems)} problems:\n" + "\n".join(f"  - {problem}" for problem in problems)


def inside(folder: Path, named: str) -> Path:
    """The path of a file in the folder. Raises Unreadable when it is missing or lies outside."""
    path = folder / named
    if "\0" in named or not path.resolve().is_relative_to(folder.resolve()):
        raise Unreadable(f"{named!r} lies outside of the folder {folder}; copy it into the folder.")
    if not path.is_file():
        raise Unreadable(f"{named!r} is named in {FILE} but is not in {folder}.")
    return path


def file_of(folder: Path, named: str) -> bytes:
    """The bytes of a file the folder holds. Raises Unreadable when it is missing, too large or outside of the folder."""
    path = inside(folder, named)
    try:
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"{named!r} is larger than {LARGEST // 1_000_000} MB; no mail server takes that.")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{named!r} cannot be read: {error.strerror}.") from error


def text_of(folder: Path, named: str) -> str:
    """The text of a file the folder holds, as UTF-8, line ends as they are. Raises Unreadable."""
    try:
        return file_of(folder, named).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{named!r} is not UTF-8 text (byte {error.start + 1}); save it as UTF-8.") from error


def _yaml_place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1}, character {mark.column + 1}: {getattr(error, 'problem', '')})" if mark else ""


def _sentence(kind: str, loc: tuple[int | str, ...], told: tuple[Any, type[BaseModel]]) -> str:
    where, (error, part) = _written(loc), told
    match kind:
        case "extra_forbidden":
            return _unknown_key(loc, part)
        case "missing":
            return f"{where} is missing."
        case "literal_error" | "enum":
            return f"{where} is {error['input']!r}; it can be {error['ctx']['expected']}."
        case "string_pattern_mismatch" if loc == ("name",):
            return f"name is {error['input']!r}; use letters, digits and hyphens only."
        case "value_error":
            return f"{where or 'mailing'}: {error['ctx']['error']}."
    return f"{where} is {error['input']!r}: {error['msg'][0].lower()}{error['msg'][1:]}."


def _written(loc: tuple[int | str, ...]) -> str:
    words = ""
    for step in loc:
        if isinstance(step, int):
            words += f" number {step + 1}"
        elif step not in {"bool", "ApprovalPart"}:
            words += f".{step}" if words else step
    return words


def _unknown_key(loc: tuple[int | str, ...], part: type[BaseModel]) -> str:
    key, known = str(loc[-1]), _keys_beside(loc, part)
    near = difflib.get_close_matches(key, known, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}."
    return f"unknown key {_written(loc)!r}; {hint}"


def _keys_beside(loc: tuple[int | str, ...], part: type[BaseModel]) -> list[str]:
    for step in loc[:-1]:
        if isinstance(step, int):
            continue
        found = next((f for n, f in part.model_fields.items() if step in {n, f.alias}), None)
        part = next((p for p in _parts_in(found.annotation) if found), part) if found else part
    return [field.alias or name for name, field in part.model_fields.items()]


def _parts_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for inner in getattr(annotation, "__args__", ()) for part in _parts_in(inner)]
