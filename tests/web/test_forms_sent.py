"""What is sent with a form, by browsers and by those who are none: files, lies about files, too much of everything. Never a 5xx."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailings.db import Database
from tests.examples import tried
from tests.web.formed import ASE, Formed, formed
from tests.web.opened import opened
from tests.web.readers import SECRET
from web.bodies import Bodies

PDF = ("tegning.pdf", b"%PDF-1.7 \xc3\xa5", "application/pdf")
MULTIPART = "multipart/form-data; boundary=grense"


def part(name: str, content: bytes, more: str = "") -> bytes:
    """One part of a multipart body."""
    return f'--grense\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content + b"\r\n"


def body(there: Formed, *more: bytes) -> bytes:
    """A whole form as multipart, with more parts behind its own."""
    own = {f"field_{name}": value for name, value in ASE.items()} | {"key": there.key()}
    return b"".join([*(part(name, value.encode()) for name, value in own.items()), *more]) + b"--grense--\r\n"


def test_files_come_along(any_db: Database) -> None:
    """Several files of one field are kept with their names and bytes."""
    there = formed(any_db)
    sent = [("field_drawing", PDF), ("field_drawing", ("C:\\skisser\\Blåtind.PNG", b"\x89PNG", "image/png"))]
    assert there.send(files=sent).status_code == 200
    assert there.files() == [("drawing", "tegning.pdf", PDF[1]), ("drawing", "Blåtind.PNG", b"\x89PNG")]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([("a.exe", b"MZ", "application/pdf")], "a.exe er av en type som ikke tas imot"),
        ([("a.pdf", b"x" * 100_001, "application/pdf")], "a.pdf er for stor"),
        ([PDF, PDF, PDF], "Det er plass til høyst 2 filer."),
        ([("<b>.exe", b"x", "text/html")], "er av en type"),
    ],
)
def test_files_the_form_does_not_take(db: Database, files: list[tuple[str, bytes, str]], says: str) -> None:
    """A sentence at the field, everything else still written, and a word that files have to be chosen once more."""
    there = formed(db)
    page = there.send(files=[("field_drawing", file) for file in files])
    assert (page.status_code, there.submissions()) == (422, [])
    assert says in page.text
    assert "Velg filene dine på nytt" in page.text
    assert 'value="Åse Ødegård"' in page.text
    assert "<b>" not in page.text


def test_a_file_is_no_text_and_a_text_is_no_file(db: Database) -> None:
    """A file in place of a name is passed over; a text in place of a file is no file. Fields nobody asked for are not kept."""
    there = formed(db)
    lies = [part("field_nickname", b"MZ", '; filename="a.exe"'), part("field_drawing", b"no file"), part("field_admin", b"yes")]
    answer = there.client.post(there.path, content=body(there, *lies), headers={"content-type": MULTIPART})
    (stored,) = there.submissions()
    assert (answer.status_code, there.files()) == (200, [])
    assert stored.values.keys() & {"nickname", "drawing", "admin"} == set()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", b'{"key": "x"}'),
        ("text/plain", "åse".encode()),
        ("", b"\x00\xff" * 100),
        ("application/x-www-form-urlencoded", b"&".join(b"field_%d=x" % number for number in range(10_000))),
        ("application/x-www-form-urlencoded", b"field_name=" + b"%F0%9F%98" * 9_000),
        ("application/x-www-form-urlencoded", b"field_email=%00%E2%80%AE&field_name=%00&field_days=" + b"[" * 5_000),
        ("multipart/form-data", b"--grense--"),
        ("multipart/form-data; boundary=", b"--grense--"),
        ('multipart/form-data; boundary="a\\"b"', b"--a"),
        ("multipart/form-data; boundary=" + "x" * 3_000, b"--x"),
        (MULTIPART, b""),
        (MULTIPART, b"no boundary anywhere"),
        (MULTIPART, part("field_name", b"never ends")),
        (MULTIPART, b"--grense\r\nContent-Disposition: form-data\r\n\r\nx\r\n--grense--"),
        (MULTIPART, b"--grense\r\n" + b"A: b\r\n" * 9_000 + b"\r\nx\r\n--grense--"),
        (MULTIPART, b"".join(part(f"field_{number}", b"x") for number in range(10_000)) + b"--grense--"),
        (MULTIPART, b"".join(part("field_drawing", b"x", '; filename="a.pdf"') for _ in range(500)) + b"--grense--"),
        (MULTIPART + "; charset=punycode", part("field_name", b"\xff-" * 60_000) + b"--grense--"),
        (MULTIPART, part("field_name", b"x" * 900_000) + b"--grense--"),
    ],
)
def test_what_is_no_form_is_no_trouble(db: Database, kind: str, content: bytes) -> None:
    """Wrong types, wrong boundaries, ten thousand fields: the form once more, and nothing stored."""
    there = formed(db)
    answer = there.client.post(there.path, content=content, headers={"content-type": kind})
    assert (answer.status_code, there.submissions()) == (422, [])
    assert 'name="field_email"' in answer.text


@pytest.mark.parametrize("promised", [True, False])
def test_a_hundred_megabytes_are_not_read(db: Database, promised: bool) -> None:
    """Refused by its length before a byte of it is read, or as soon as there is more than the form takes; the page says what to do."""
    there = formed(db)
    asked: list[bytes | None] = [b"x" * 1_000_000] * 100
    bodies = Bodies()
    with opened(db, secret=SECRET, bodies=bodies) as door:
        told = {"content_type": MULTIPART} | ({"content_length": "100000000"} if promised else {})
        answer = door.ask("POST", there.path, asked, **told)
    assert answer.status == 413
    assert "That is too large" in answer.body.decode()
    assert (there.submissions(), bodies.forms.held) == ([], 0)


def test_a_form_without_files_takes_less(db: Database) -> None:
    """What one form may be sent is no licence for others: without a field for files, a megabyte; a form that is not there, 64 kB."""
    there = formed(db, sections=[], fields=[{"kind": "email"}], name="liten")
    with opened(db, secret=SECRET) as door:
        for path, size, status in (
            (there.path, 900_000, 422),
            (there.path, 1_100_000, 413),
            ("/f/annet", 70_000, 413),
            ("/f/annet", 60_000, 404),
        ):
            assert door.ask("POST", path, b"x" * size, content_length=str(size)).status == status, (path, size)


@settings(max_examples=tried(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    fields=st.dictionaries(
        st.sampled_from(["name", "email", "mobile", "days", "guests", "arrives", "nps", "remark", "consent", "x"]), st.text()
    ),
    words=st.text(max_size=40),
)
def test_whatever_is_written_the_page_is_one(db: Database, fields: dict[str, str], words: str) -> None:
    """Any text in any field and in the address: taken or shown again, never an error, and never as markup of the page."""
    there = formed(db)
    told = {name: value.encode("utf-8", "replace").decode() for name, value in (ASE | fields).items()}
    answer = there.client.post(there.path, params={"field_name": words.encode("utf-8", "replace").decode(), "utm_x": "<i>"}, data=told)
    assert answer.status_code in (200, 422, 429)
    assert "<i>" not in answer.text
    page = there.client.get(there.path, params={f"field_{name}": value for name, value in told.items()})
    assert page.status_code == 200
    assert page.text.count("<form") == 1
