"""What people type at the terminal, and the line each leaves in the log of changes; None = none."""

from __future__ import annotations

from typing import Any

Line = tuple[str, str, dict[str, Any]]  #: what, of what, details; `...` stands for a moment or a revision

PEOPLE = "name;email\nÅse Ødegård;ase@fjord.test\nDésirée van der IJssel;desiree@ijssel.test\n"
SALES = "Nummer;Titel;Beløb;Valuta;Dato\nS-7;Lænestol;1.250,50;dkk;22.11.2026\n"
#: of whom nothing may stand in the log: names, addresses, files that are named after somebody
NOBODY = ("Åse", "Ødegård", "Désirée", "IJssel", "ijssel", "ase@", "desiree@", "Jürgen", "jurgen", "juergen", "folk.csv")

LOOKED_AT: list[tuple[str, Line | None]] = [
    ("people show ase@fjord.test", None),
    ("selections list", None),
    ("recipients høst-nytt", None),
    ("explain høst-nytt ase@fjord.test", None),
    ("preview høst-nytt --to ase@fjord.test", None),
    ("status høst-nytt", None),
    ("limits", None),
    ("people report ase@fjord.test --out ase.json", None),
]
SOMEBODY: list[tuple[str, Line | None]] = [
    ("people consent ase@fjord.test --basis contract", ("consent", "person 1", {"basis": "contract"})),
    ("people consent ase@fjord.test --basis contract", None),  # in force already
    ("people correct ase@fjord.test jurgen@fjord.test", ("correct address", "person 1", {"address": 1, "shared": 0})),
    ("people correct jurgen@fjord.test jurgen", None),  # refused
    ("people ask desiree@ijssel.test", ("ask to confirm", "person 2", {})),
    ("people erase jurgen@fjord.test --yes", ("erase", "person 1", {"cancelled": 0, "until": ...})),
    ("people erase jurgen@fjord.test --undo", ("take back erasing", "person 1", {"since": ...})),
    ("people erase jurgen@fjord.test --undo", None),  # refused
    ("people erase jurgen@fjord.test --now --yes", ("erase", "person 1", {"cancelled": 0, "until": ...})),
    ("people erase ingen@fjord.test --yes", None),  # nobody
    ("people import folk.csv --dry-run", None),
    (
        "people import folk.csv --consent consent --unknown skip",
        (
            "import a list",
            "",
            {"basis": "consent", "unknown": "skip", "selection": None, "rows": 2, "created": 0, "matched": 1, "skipped": 1},
        ),
    ),
]
GROUPS: list[tuple[str, Line | None]] = [
    ("selections create Båtfolk", ("create selection", "", {"name": "Båtfolk", "kind": "static", "number": 2})),
    ("selections create Båtfolk", None),  # taken
    (
        "selections add Båtfolk ase@fjord.test desiree@ijssel.test",
        ("add people", "selection 2", {"name": "Båtfolk", "new": 2, "there": 0}),
    ),
    ("selections add Båtfolk ase@fjord.test", None),  # in it already
    ("selections remove Båtfolk ase@fjord.test", ("remove people", "selection 2", {"name": "Båtfolk", "removed": 1})),
    ("selections remove Båtfolk ase@fjord.test", None),
    (
        "selections create Norge --where 'email = \"ase@fjord.test\"'",
        ("create selection", "", {"name": "Norge", "kind": "dynamic", "number": 3}),
    ),
    ("selections freeze Norge", ("freeze selection", "selection 3", {"name": "Norge", "n": 1})),
    ("projects create Høstmesse", ("create project", "", {"name": "Høstmesse", "number": 1})),
    (
        "projects set Høstmesse --leader 'Jürgen Groß' --status åpent",
        ("describe project", "project 1", {"name": "Høstmesse", "changed": ["leader", "status"]}),
    ),
    ("projects set Høstmesse", None),  # nothing said
    ("projects add Høstmesse ase@fjord.test", ("add people", "project 1", {"name": "Høstmesse", "new": 1, "there": 0})),
    ("projects remove Høstmesse ase@fjord.test", ("remove people", "project 1", {"name": "Høstmesse", "removed": 1})),
    ("projects remove Høstmesse ase@fjord.test", None),
    ("sales import salg.csv", ("import sales", "", {"rows": 1, "new": 1, "there": 0})),
]
SETTINGS: list[tuple[str, Line | None]] = [
    ("topics add Nyheiter", ("add topic", "topic Nyheiter", {})),
    ("topics add nyheiter", None),  # taken
    ("topics describe nyheiter 'Hva som skjer på fjorden'", ("describe topic", "topic Nyheiter", {})),
    ("topics describe Ingen x", None),
    (
        "limits set sender:jurgen@fjord.test --rate 60 --burst 2",
        ("set limit", "limit sender:…@fjord.test", {"rate": 60.0, "burst": 2}),
    ),
    ("limits set domain:Bücher.test --quiet 21:00-07:00", ("set limit", "limit domain:xn--bcher-kva.test", {"quiet": "21:00-07:00"})),
    ("limits set installation", None),  # to nothing
    ("limits remove sender:jurgen@fjord.test", ("remove limit", "limit sender:…@fjord.test", {})),
    ("limits remove sender:jurgen@fjord.test", None),
    ("forms push skjema", ("push form", "form pamelding", {"version": 1})),
    ("forms push skjema", None),  # as it is
    ("forms deactivate pamelding", ("deactivate form", "form pamelding", {})),
    ("forms deactivate pamelding", None),
    ("forms activate pamelding", ("activate form", "form pamelding", {})),
    ("forms delete pamelding", ("delete form", "form pamelding", {})),
    ("forms delete pamelding", None),
]
LINKS: list[tuple[str, Line | None]] = [
    ("links create messe https://fjord.test/mässe", ("create link", "link messe", {"url": "https://fjord.test/mässe"})),
    ("links create messe https://fjord.test/", None),  # taken
    (
        "links edit messe --url https://fjord.test/ny --no-actions",
        ("edit link", "link messe", {"before": "https://fjord.test/mässe", "after": "https://fjord.test/ny", "changed": ["actions"]}),
    ),
    ("links edit messe --url ingenting", None),  # no address
    ("links delete messe", ("delete link", "link messe", {})),
    ("links delete messe", None),
    ("links edit messe --restore", ("restore link", "link messe", {})),
    ("links edit messe --restore", None),
    ("links reset messe", ("reset link", "link messe", {})),
    ("links reset 1 --mailing høst-nytt", None),  # it has none yet
    ("links show messe --add-to-selection Varme", ("add link", "link messe", {"into": "Varme", "new": 0, "strangers": 0})),
    ("links show messe", None),
]
MAILINGS: list[tuple[str, Line | None]] = [
    ("push høst-nytt", ("push", "mailing høst-nytt", {"kind": "email"})),
    ("push ingen", None),
    ("check høst-nytt", ("check", "mailing høst-nytt", {"problems": 0, "warnings": ...})),
    ("copy høst-nytt vår-nytt", ("copy", "mailing høst-nytt", {"new_name": "vår-nytt"})),
    ("copy høst-nytt vår-nytt", None),  # taken
    ("delete vår-nytt", ("delete", "mailing vår-nytt", {})),
    ("delete vår-nytt", None),
    ("test høst-nytt --to 'jurgen@fjord.test; ase@fjord.test'", ("send test", "mailing høst-nytt", {"addresses": 2})),
    ("test høst-nytt --to jurgen", None),  # no address
    ("pause høst-nytt", None),  # a draft
    ("resume høst-nytt", None),
    ("send høst-nytt --at 2058-02-03T09:30+01:00", ("schedule", "mailing høst-nytt", {"at": "2058-02-03T08:30+00:00"})),
    ("send høst-nytt --at 'i morgen'", None),
    ("approve høst-nytt --yes", None),  # nobody asked
    ("cancel høst-nytt", ("cancel", "mailing høst-nytt", {"cancelled": 0})),
    ("cancel høst-nytt", None),
    ("restored --yes", ("restored", "", {"drafts": 0, "held": 0, "in_doubt": 0})),
    ("init", None),  # up to date
]
CHAINS = {
    "looked at": LOOKED_AT,
    "somebody": SOMEBODY,
    "groups": GROUPS,
    "settings": SETTINGS,
    "links": LINKS,
    "mailings": MAILINGS,
}
