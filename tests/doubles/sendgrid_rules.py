"""What SendGrid's mail/send refuses (spec/sendgrid.md 1), each with the place it would name; and what it puts together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Fault = tuple[str | None, str]
RESERVED = {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"} | {
    *("to", "from", "subject", "reply-to", "cc", "bcc")
}
ADDRESS = re.compile(r"[!-~]+@[!-~]+\.[!-~]+")
OFF = ("click_tracking", "open_tracking", "subscription_tracking", "ganalytics")


@dataclass(frozen=True)
class Taken:
    """One message as its recipient gets it. `headers` = the message's and the recipient's own."""

    address: str
    name: str
    sender: str
    reply_to: str | None
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    custom_args: Mapping[str, str]
    categories: tuple[str, ...]
    request_id: str
    attachments: tuple[Mapping[str, str], ...] = ()


def faults(body: dict[str, Any], weight: int) -> Iterator[Fault]:
    """Everything that is wrong with a request; none = it is taken. A type that is wrong is refused without a word about where."""
    many = body.get("personalizations") or []
    if weight >= 30_000_000:
        yield None, "The total size of your email must be less than 30MB"
    if not 1 <= len(many) <= 1000:
        yield "personalizations", f"The personalization block is limited to 1000 personalizations per API request; got {len(many)}."
    if not all(_strings(one.get(name, {})) for one in (body, *many) for name in ("substitutions", "custom_args", "headers")):
        yield None, "Bad Request"
        return
    yield from _message(body)
    for number, one in enumerate(many):
        for place, message in _recipient(one):
            yield f"personalizations.{number}.{place}", message


def _message(body: dict[str, Any]) -> Iterator[Fault]:
    if not ADDRESS.fullmatch(body.get("from", {}).get("email", "")):
        yield "from.email", "The from email does not contain a valid address."
    if not body.get("subject"):
        yield "subject", "The subject is required."
    if "substitutions" in body:
        yield "substitutions", "Unknown property."
    if any(body.get("tracking_settings", {}).get(name, {}).get("enable") is not False for name in OFF):
        yield "tracking_settings", "This double takes nothing that SendGrid would track: our links are the only ones."
    if any(len(name) > 255 for name in body.get("categories") or []):
        yield "categories", "A category is limited to 255 characters."
    yield from _content(body)


def _content(body: dict[str, Any]) -> Iterator[Fault]:
    kinds = [one["type"] for one in body.get("content") or []]
    if not kinds or kinds != sorted(kinds, reverse=True):  # text/plain, then text/html
        yield "content", "If present, text/plain must be first, followed by text/html."
    for number, one in enumerate(body.get("content") or []):
        if not one["value"]:
            yield f"content.{number}.value", "The content value must be a string at least one character in length."


def _recipient(one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for number, to in enumerate(one.get("to") or [{}]):
        if not ADDRESS.fullmatch(to.get("email", "")):
            yield f"to.{number}.email", "Does not contain a valid address."
        if set(to.get("name", "")) & set(",;"):
            yield f"to.{number}.name", "The name may not contain a comma or a semicolon."
    if sum(len(name.encode()) + len(value.encode()) for name, value in one.get("substitutions", {}).items()) > 10_000:
        yield "substitutions", "The total collective size of your substitutions may not exceed 10000 bytes."
    if sum(len(name) + len(value) for name, value in one.get("custom_args", {}).items()) > 10_000:
        yield "custom_args", "This may not exceed 10000 bytes."
    if RESERVED & {name.lower() for name in one.get("headers", {})}:
        yield "headers", "This header cannot be overwritten."


def _strings(values: dict[str, Any]) -> bool:
    return all(isinstance(value, str) for value in values.values())


def put_together(body: dict[str, Any], number: str) -> Iterator[Taken]:
    """The messages of a request. Tags are replaced one after the other, wherever they stand, from the last to the first."""
    said = {content["type"]: content["value"] for content in body["content"]}
    for one in body["personalizations"]:
        shown = [body["subject"], said.get("text/plain", ""), said.get("text/html", "")]
        for tag, value in reversed(one.get("substitutions", {}).items()):
            shown = [text.replace(tag, value) for text in shown]
        yield Taken(
            one["to"][0]["email"],
            one["to"][0].get("name", ""),
            one.get("from", body["from"])["email"],
            body.get("reply_to", {}).get("email"),
            *shown,
            body.get("headers", {}) | one.get("headers", {}),
            body.get("custom_args", {}) | one.get("custom_args", {}),
            tuple(body.get("categories", ())),
            number,
            tuple(body.get("attachments", ())),
        )
