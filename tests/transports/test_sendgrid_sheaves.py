"""Which recipients go in one request when a form letter turns out, on the way, to say less to everybody alike than it seemed."""

from __future__ import annotations

from mailings.transports.sendgrid import Sendgrid
from tests.doubles.sendgrid import sendgrid
from tests.transports.filled import Person
from tests.transports.letters import answers

ALIKE = "Kjære Désirée van der IJssel på Ærø, " * 12
OTHER = "Helt annerledes, hilsen Åse!" * 12


def test_an_earlier_form_takes_nobodys_room() -> None:
    """The first for whom it is different ends the requests of the form before; from then on they are full again."""
    names = {n: OTHER if n == 101 else f"{ALIKE}{n}" for n in range(1, 1301)}
    with sendgrid() as double:
        transport = Sendgrid(double.settings())
        told = answers(transport, [Person(name=name).offer(n) for n, name in names.items()])
        transport.close()
        assert len(told) == 1300
        assert sorted(len(body["personalizations"]) for body in double.bodies) == [100, 200, 1000]
        assert {int(one.custom_args["mailings_delivery"].partition(".")[0]): one.subject for one in double.taken} == {
            n: f"Hei {name}" for n, name in names.items()
        }
