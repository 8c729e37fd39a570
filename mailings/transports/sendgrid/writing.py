"""Puts recipients together. The first few of a form letter wait for each other: comparing them shows what it says to everybody alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from mailings.errors import Unreadable
from mailings.letter import Filled, FormLetter
from mailings.message import Offer, Receipt
from mailings.transports.sendgrid.form import Form
from mailings.transports.sendgrid.recipients import Share, refused, share_of, unreachable
from mailings.transports.sendgrid.shapes import shape_of

SAMPLE = 32  # recipients that are compared
FEWEST = 8  # of whom something may be learned
LETTERS = 16  # form letters kept: system messages have one a language; attachments weigh


class Writer:
    """Makes shares of offers, by form letters that are taken apart once."""

    def __init__(self, *, sandbox: bool) -> None:
        self._sandbox = sandbox
        self._forms: dict[FormLetter, Form] = {}
        self._first: dict[FormLetter, list[tuple[Offer, Filled]]] = {}
        self.waiting = 0  # recipients who wait for others to be compared with

    def take(self, offer: Offer) -> Iterator[Share | Receipt]:
        """The recipient's share, or why there is none; nothing yet for the first few of a letter, then all of them."""
        try:
            receipt = unreachable(offer)
            if receipt is not None:
                yield receipt
                return
            filled = offer.message.filled()
        except Unreadable as error:
            yield refused(offer, str(error))
            return
        form = self._forms.get(filled.letter)
        if form is not None:
            yield self._write(offer, filled, form)
            return
        first = self._first.setdefault(filled.letter, [])
        first.append((offer, filled))
        self.waiting += 1
        if len(first) >= SAMPLE:
            yield from self._learn(filled.letter)

    def rest(self) -> Iterator[Share | Receipt]:
        """Those who wait, as no more are to come now."""
        for letter in list(self._first):
            yield from self._learn(letter)

    def forget(self) -> None:
        """Nobody waits: a new hand-over begins."""
        self._first.clear()
        self.waiting = 0

    def _learn(self, letter: FormLetter) -> Iterator[Share | Receipt]:
        first = self._first.pop(letter)
        self.waiting -= len(first)
        slots = [filled.slots for _, filled in first]
        shapes = {n: shape for n, values in enumerate(zip(*slots, strict=True)) if (shape := shape_of(values))} if _tells(first) else {}
        if len(self._forms) >= LETTERS:
            self._forms.clear()
        self._forms[letter] = Form(letter, len(slots[0]), shapes, sandbox=self._sandbox)
        for offer, filled in first:
            yield self._write(offer, filled, self._forms[letter])

    def _write(self, offer: Offer, filled: Filled, form: Form) -> Share | Receipt:
        try:
            while isinstance(share := share_of(offer, filled, form), int):
                # somebody for whom it is different: from here on this slot is everybody's own
                shapes = {n: shape for n, shape in form.shapes.items() if n != share}
                form = self._forms[form.letter] = Form(form.letter, form.slots, shapes, sandbox=self._sandbox)
        except orjson.JSONEncodeError:  # half of a surrogate pair: no UTF-8 can hold it
            return refused(offer, "The message holds a sign that is no letter of any language.")
        return share


def _tells(first: Sequence[object]) -> bool:
    return len(first) >= FEWEST
