"""The law of substitution: what SendGrid puts together, in whatever order it replaces, is the message we would have written."""

from __future__ import annotations

import random
import re
from typing import Any

import orjson
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from mailings.channels.email.compiling import put_together
from mailings.channels.email.composing import CompiledEmail
from mailings.errors import BadTemplate
from mailings.message import Offer
from mailings.transports.sendgrid.recipients import MOST_SUBSTITUTED, Share
from mailings.transports.sendgrid.shapes import shape_of
from mailings.transports.sendgrid.writing import Writer
from tests.channels.made import SETTINGS, mailing
from tests.content.reference import table
from tests.content.templates import PEOPLE, TEMPLATES, VALUES
from tests.examples import tried

#: what somebody could write who had seen an earlier message and its tags
HOSTILE = st.lists(st.sampled_from(["-", "--", "{nonce}", "-{nonce}.0-", "-{nonce}.1-", "-{nonce}.", ".2-", "<b>", "\n", "é"]), max_size=5)
SUBJECTS = st.sampled_from(
    ["Hei [[ customer.firstname ]]", "[[ customer.name ]]", "høst", "-[[ customer.name ]]-[[ customer.firstname ]]-"]
)


def compiled(source: str, subject: str) -> CompiledEmail:
    """A mailing that says the same in text and HTML."""
    made = mailing(html=f"<html><body>{source}</body></html>", text=source, subject=subject)
    try:
        return put_together(made, table(), (), SETTINGS)
    except BadTemplate:
        assume(False)
        raise


def row(made: CompiledEmail, person: dict[str, Any]) -> tuple[Any, ...]:
    """The person's row, as the database would give it."""
    flat = {path: value for path, value in person.items() if path != "customer.custom"}
    flat |= {f"customer.custom.{name}": value for name, value in person["customer.custom"].items()}
    return 4711, "anna@firma.test", person["customer.name"], *(flat.get(path, "") for path in made.content.used.columns())


def replaced(said: dict[str, str], values: dict[str, str], order: random.Random | None) -> dict[str, str]:
    """Subject and contents with every tag replaced: one after the other in some order, twice over; or all at once."""
    if order is None:
        tags = re.compile("|".join(map(re.escape, sorted(values))) or "(?!)")
        return {part: tags.sub(lambda found: values[found[0]], text) for part, text in said.items()}
    for _ in range(2):
        for tag in order.sample(sorted(values), len(values)):
            said = {part: text.replace(tag, values[tag]) for part, text in said.items()}
    return said


def shown(share: Share, order: random.Random | None) -> dict[str, str]:
    """What the recipient gets of a request that holds only them."""
    body = orjson.loads(share.frame.body(share.alone or share.frame.form.said, [share.written]))
    said = {"subject": body["subject"], **{content["type"]: content["value"] for content in body["content"]}}
    return replaced(said, body["personalizations"][0].get("substitutions", {}), order)


def shares(writer: Writer, *offers: Offer) -> list[Share]:
    """What the writer makes of them."""
    made = [made for offer in offers for made in writer.take(offer)] + list(writer.rest())
    assert all(isinstance(share, Share) for share in made)
    return [share for share in made if isinstance(share, Share)]


@settings(max_examples=tried(200), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(TEMPLATES, SUBJECTS, PEOPLE, st.lists(HOSTILE.map("".join) | VALUES, min_size=4, max_size=4), st.randoms(use_true_random=False))
@example(
    "[[ customer.name ]]\n", "x", {"customer.name": "", "customer.firstname": "", "customer.email": "", "customer.custom": {}}, [], None
)
def test_what_it_puts_together(source: str, subject: str, person: dict[str, Any], hostile: list[str], order: random.Random | None) -> None:
    """For any template and any values, hostile ones too: subject, text and HTML are those of the plain render, in any order."""
    made, writer = compiled(source, subject), Writer(sandbox=False)
    (first,) = shares(writer, made.offer(row(made, person)))
    if hostile:
        names = ["customer.name", "customer.firstname", "customer.email"]
        person = person | {name: value.replace("{nonce}", first.frame.form.nonce) for name, value in zip(names, hostile, strict=False)}
    given_row = row(made, person)
    (share,) = shares(writer, made.offer(given_row))
    expected_subject, html, text = made.plain(given_row, 4711)
    for way in (order, None, random.Random(1)):
        said = shown(share, way)
        assert said.get("text/html", "") == html
        assert said.get("text/plain", "").strip() == text.strip()
        assert said.get("text/plain", text) == text
        assert said["subject"].strip() == expected_subject


@given(st.text(alphabet="aø", min_size=9_000, max_size=11_000))
@settings(max_examples=tried(20), deadline=None)
def test_no_share_is_too_large(value: str) -> None:
    """Whoever has more of their own than SendGrid takes is rendered whole, and nobody else."""
    made, writer = compiled("[[ customer.name ]]\n", "høst"), Writer(sandbox=False)
    person = {"customer.name": value, "customer.firstname": "", "customer.email": "", "customer.custom": {}}
    (share,) = shares(writer, made.offer(row(made, person)))
    substituted = orjson.loads(share.written).get("substitutions", {})
    assert sum(len(f"{tag}{said}".encode()) for tag, said in substituted.items()) <= MOST_SUBSTITUTED
    assert (share.alone is None) == bool(substituted)


LOOP = "[% for hut in ['Bjørnli', 'Ulvö'] %]<h3>[[ hut ]]</h3><p>" + "A red cabin on a shelf over the lake. " * 5
LOOP += "</p><a href='https://acme.test/[[ hut ]]/[[ customer.firstname ]]'>Les</a> til [[ customer.name ]][% endfor %]\n"


@settings(max_examples=tried(60), deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=9, max_size=40))
def test_what_is_alike_is_said_once(people: list[tuple[str, str]]) -> None:
    """Learned from the first recipients or not, and whoever comes later: each gets the plain render."""
    made, writer = compiled(LOOP, "Hei"), Writer(sandbox=False)
    rows = [
        row(made, {"customer.name": name, "customer.firstname": first, "customer.email": "", "customer.custom": {}})
        for name, first in [("Åse", "Bo"), ("Désirée", "Øy")] * 6 + people
    ]
    for share, given_row in zip(shares(writer, *map(made.offer, rows)), rows, strict=True):
        _, html, _ = made.plain(given_row, 4711)
        assert shown(share, random.Random(2)).get("text/html") == html


def test_it_is_learned() -> None:
    """Of a loop's markup nothing goes with a recipient; of what stands in it, everything."""
    made, writer = compiled(LOOP, "Hei"), Writer(sandbox=False)
    people = [{"customer.name": f"Åse{n}", "customer.firstname": f"Bo{n}", "customer.email": "", "customer.custom": {}} for n in range(12)]
    told = shares(writer, *(made.offer(row(made, person)) for person in people))
    assert b"red cabin" in told[0].frame.form.said
    assert all(b"red cabin" not in share.written and b"Bo7" not in share.frame.form.said for share in told)


@settings(deadline=None)
@given(st.lists(st.text(alphabet="aø -<", max_size=400), min_size=1, max_size=5), st.text(alphabet="aø -<", max_size=400))
@example(["x" * 150 + str(n) + " y" * 200 for n in range(5)], "x" * 150 + "7 " + " y" * 200)
@example(["a <" * 200] * 3, "a <" * 200)
def test_a_shape_loses_nothing(values: list[str], other: str) -> None:
    """Whatever values a shape was made of, a value it fits is put together from its holes to the letter."""
    shape = shape_of(values)
    for value in (*values, other) if shape else ():
        holes = shape.holes(value)
        assert holes is not None or value == other
        assert holes is None or shape.filled(holes) == value
