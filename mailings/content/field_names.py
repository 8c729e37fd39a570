"""What a field of a form is called where a person reads what was sent: its label, else what every form means by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml


def name_of(field: Mapping[str, Any], language: str) -> str:
    """The field's label, else the name of its kind in the language (English where we do not speak it), else its identifier in words."""
    if label := field.get("label"):
        return str(label)
    names = known().get(str(field["kind"]), {})
    return names.get(language) or names.get("en") or str(field["identifier"]).replace("_", " ").capitalize()


@cache  # it came along and changes with us alone
def known() -> dict[str, dict[str, str]]:
    """kind of field -> language -> what it is called."""
    names: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return names
