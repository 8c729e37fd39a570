"""The rules that tell people's visits from machines': one rule a test, and what holds of all of them whatever the visits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailings.reported import EventKind
from mailings.tracking.reading import Message, Reading, Seen, read, what_of
from tests.tracking.visiting import FIREFOX, OFFICE

HOUR = 3_600_000
CLICKED, OPENED = EventKind.CLICKED, EventKind.OPENED
SCANNER = "203.0.113.0/24"


def seen(number: int, at: int, kind: EventKind = CLICKED, link: int | None = 1, **facts: str | None) -> Seen:
    """A visit `at` ms after the message was sent, of a person at the office unless it says otherwise."""
    told = {"url": None, "method": None, "agent": FIREFOX, "network": OFFICE} | facts
    return Seen(number, at, kind, link if kind is CLICKED else None, told["url"], told["method"], told["agent"], told["network"])


def whys(*visits: Seen, links: int = 5, sent_at: int | None = 0) -> list[str | None]:
    """Why each is a machine's, in order."""
    found = read(visits, Message(sent_at, links))
    return [found[visit.id].machine for visit in visits]


def test_nobody_reads_before_the_message_is_there() -> None:
    """Before sending, and two seconds after, it is the mail gateway; later it may be a person, and where no time is known too."""
    assert whys(seen(1, -500), seen(2, 1_999), seen(3, 2_000)) == ["too soon", "too soon", None]
    assert whys(seen(1, -500), seen(2, 100), sent_at=None) == [None, None]


def test_all_links_within_seconds() -> None:
    """Four of five links within ten seconds is a scanner, three is somebody in a hurry; the same link again and again is neither."""
    four = [seen(n, HOUR + n * 2_000, link=n) for n in range(1, 5)]
    assert whys(*four) == ["burst"] * 4
    assert whys(*four[:3]) == [None] * 3
    assert whys(*(seen(n, HOUR + n * 100) for n in range(9))) == [None] * 9
    assert whys(*(seen(n, HOUR + n * 4_000, link=n) for n in range(1, 5))) == [None] * 4


def test_few_links_are_no_burst() -> None:
    """Of a message with two links a quick reader may follow both; with three, all three within seconds are a scanner's."""
    assert whys(seen(1, HOUR), seen(2, HOUR + 900, link=2), links=2) == [None, None]
    assert whys(*(seen(n, HOUR + n * 900, link=n) for n in (1, 2, 3)), links=3) == ["burst"] * 3


def test_a_person_after_the_burst_is_a_person() -> None:
    """Who clicks some seconds after a scanner, from elsewhere, is not taken for it; the last links of the scanner are."""
    burst = [seen(n, HOUR + n * 100, link=n, network=SCANNER, agent="Mozilla/5.0 (Windows NT 6.1)") for n in range(1, 6)]
    assert whys(*burst, seen(9, HOUR + 8_000, link=2)) == ["burst"] * 5 + [None]


def test_the_trap_gives_its_visitor_away() -> None:
    """No person sees link 0: who follows it is a machine, and so is what the same agent from the same network did a minute around it."""
    trap = seen(3, HOUR, link=0)
    around = [seen(1, HOUR - 59_000), seen(2, HOUR - 10, OPENED), seen(4, HOUR + 61_000), seen(5, HOUR + 10, network=SCANNER)]
    assert whys(*around[:2], trap, *around[2:]) == ["company", "company", "trap", None, None]


def test_first_is_the_first_of_a_person() -> None:
    """The first open, and the first click of each link, of people; machines take nothing away."""
    visits = [
        seen(1, HOUR, OPENED, agent="Mozilla/5.0"),
        seen(2, HOUR + 1, OPENED),
        seen(3, HOUR + 2, OPENED),
        seen(4, HOUR + 3, link=1),
        seen(5, 2 * HOUR, link=2),
        seen(6, 2 * HOUR + 1, link=1),
        seen(7, 3 * HOUR, link=None, url="https://fjord.test/åse"),
        seen(8, 4 * HOUR, link=None, url="https://fjord.test/åse"),
        seen(9, 4 * HOUR, EventKind.ONLINE),
    ]
    found = read(visits, Message(0, 5))
    assert [visit.id for visit in visits if found[visit.id].first] == [2, 4, 5, 7, 9]


def test_an_erased_visitor_stays_as_read() -> None:
    """What is not known any more is not judged anew; but a burst is still one."""
    blank = [
        Seen(1, HOUR, CLICKED, 1, None, None, None, None, Reading("scanner", False)),
        Seen(2, HOUR + 20_000, CLICKED, None, None, None, None, None, Reading(None, True)),  # two links of the person's own,
        Seen(3, HOUR + 40_000, CLICKED, None, None, None, None, None, Reading(None, True)),  # whose addresses are gone too
        Seen(4, HOUR + 60_000, CLICKED, None, None, None, None, None, Reading(None, False)),
    ]
    assert list(read(blank, Message(0, 5)).values()) == [one.was for one in blank]
    assert whys(*(Seen(n, HOUR + n, CLICKED, n, None, None, None, None, Reading(None, True)) for n in range(1, 6))) == ["burst"] * 5


visits = st.lists(
    st.builds(
        seen,
        st.just(0),
        st.integers(-5_000, 90_000),
        st.sampled_from([CLICKED, OPENED, EventKind.ONLINE]),
        st.integers(0, 6),
        agent=st.sampled_from([FIREFOX, "Mozilla/5.0", "", "curl/8", "Mozilla/5.0 (Åse)"]),
        network=st.sampled_from([OFFICE, SCANNER, None]),
        method=st.sampled_from([None, "HEAD"]),
    ),
    max_size=25,
).map(lambda found: [one._replace(id=n) for n, one in enumerate(sorted(found, key=lambda one: one.at), 1)])


@given(visits, st.integers(0, 6))
def test_what_holds_of_all_readings(found: list[Seen], links: int) -> None:
    """Every visit is read; a first is a person's, one of each kind where there is a person at all; the same visits read the same."""
    readings = read(found, Message(0, links))
    assert readings.keys() == {one.id for one in found}
    people = [one for one in found if readings[one.id].machine is None]
    firsts = [one for one in found if readings[one.id].first]
    assert {what_of(one) for one in firsts} == {what_of(one) for one in people}
    assert len(firsts) == len({what_of(one) for one in firsts})
    assert all(readings[one.id].machine is None for one in firsts)
    kept = [one._replace(was=readings[one.id]) for one in found]
    assert read(kept, Message(0, links)) == readings


@given(visits)
def test_the_obvious_machines_are_never_people(found: list[Seen]) -> None:
    """HEAD, no agent, the trap, and what came too soon is a machine's in whatever company."""
    readings = read(found, Message(0, 5))
    for one in found:
        if one.method == "HEAD" or not one.agent or one.at < 2_000 or (one.kind is CLICKED and one.link == 0):
            assert readings[one.id].machine is not None
