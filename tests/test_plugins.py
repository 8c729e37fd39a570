"""Transports are found by the name of their file, and by nothing else."""

from __future__ import annotations

import pytest

from mailings.errors import Misconfigured
from mailings.message import Transport
from mailings.plugins import transport_class, transport_names


def test_names_are_files() -> None:
    """Each file or package in mailings/transports is a transport of that name; an underscore in front registers nothing."""
    assert {"folder", "memory", "smtp"} <= set(transport_names())
    assert not any(name.startswith("_") for name in transport_names())
    assert all(issubclass(transport_class(name), Transport) for name in transport_names())


@pytest.mark.parametrize("name", ["fodler", "", "_source", "smtp.settings", "../smtp"])
def test_an_unknown_name(name: str) -> None:
    """A name nobody knows is answered with those there are."""
    with pytest.raises(Misconfigured, match=r"choose one of folder, memory, .*smtp"):
        transport_class(name)
