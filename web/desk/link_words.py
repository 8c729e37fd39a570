"""What a click on a link does, in the reader's words (domain.md E.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from web.desk.at import Desk

GROUPS = ("interests", "selections", "projects")


def does(desk: Desk, actions: Mapping[str, Any]) -> list[str]:
    """A sentence for each thing a click does besides leading on."""
    return [desk.say(text, **values) for text, values in _told(actions)]


def _told(actions: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    answer = actions.get("response", {})
    for way in ("url", "text", "form"):
        if way in answer:
            yield f"does_{way}", {"what": str(answer[way])[:200]}
    if field := actions.get("set_field"):
        yield "does_set_field", {"what": field["name"], "value": field["value"]}
    yield from _memberships(actions)
    if made := actions.get("follow_up"):
        yield f"does_{'meeting' if made.get('kind') == 'meeting' else 'to_do'}", {"what": made["description"]}
    if asked := actions.get("request"):
        yield "does_request", {"what": asked["title"]}
    if script := actions.get("script"):
        yield "does_script", {"what": script["name"]}


def _memberships(actions: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for group in GROUPS:
        for way in ("add", "remove"):
            if names := actions.get(group, {}).get(way):
                yield f"does_{group}_{way}", {"what": ", ".join(names)}
