"""What words in cells mean: languages, countries, and yes or no to being written to."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from babel import Locale

from mailings.model import Basis
from mailings.people.heads import plain

TONGUES = ("en", "nl", "da", "nb", "sv", "de")  #: the languages lists are written in

_YES = "yes y ja j jo si oui true sann sant wahr waar 1 x ok v ✓ ✔ ☑ given gegeven gitt givet gegeben erteilt opt-in optin on på an aan"
_NO = "no n nei nej nee nein non false usann usant falsk falsch onwaar 0 - none ingen geen kein keine ✗ ✘ ☐ off av uit aus opt-out optout"
_WITHDRAWN = """withdrawn, withdrawn consent, ingetrokken, trukket tilbake, trukket, tilbagetrukket, tilbakekalt, återkallat, återkallad,
    widerrufen, unsubscribed, avmeldt, afmeldt, afgemeld, avregistrerad, abgemeldet"""
_BASES: dict[Basis, str] = {
    Basis.CONSENT: "consent, toestemming, samtykke, samtycke, einwilligung",
    Basis.CONTRACT: "contract, overeenkomst, kontrakt, avtale, aftale, avtal, vertrag",
    Basis.LAW: """law, required by law, legal obligation, wettelijk, wettelijke verplichting, lov, lovpålagt, retlig forpligtelse, lag,
        gesetz""",
    Basis.VITAL: "vital, protect vital interests, vital interests, vitale belangen, vitale interesser, vitala intressen, lebenswichtig",
    Basis.PUBLIC: "public, public interest, algemeen belang, offentlig interesse, allmän intresse, öffentliches interesse",
    Basis.LEGITIMATE_INTEREST: """legitimate interest, legitimate interests, gerechtvaardigd belang, berettiget interesse,
        legitim interesse, berättigat intresse, berechtigtes interesse""",
    Basis.WITHDRAWN: _WITHDRAWN,
}
_SIGNS = {"✓": Basis.CONSENT, "✔": Basis.CONSENT, "☑": Basis.CONSENT, "✗": Basis.WITHDRAWN, "✘": Basis.WITHDRAWN, "-": Basis.WITHDRAWN}


@lru_cache(maxsize=4096)
def basis_of(word: str) -> Basis | None:
    """The legal basis a cell names; yes is consent, no is withdrawn (domain.md C.7). None when it says neither."""
    return _SIGNS.get(word.strip()) or _bases().get(plain(word))


def said_yes(word: str) -> bool:
    """True for a yes in one of `TONGUES`, a one or a tick; everything else is none."""
    return word.strip() in ("✓", "✔", "☑") or plain(word) in _yes()


@lru_cache(maxsize=4096)
def language_of(word: str) -> str | None:
    """Two letters for a language given by code (`nb`, `nb-NO`, `NO`) or by its name in one of `TONGUES`. None when unknown."""
    code = re.split(r"[-_]", word.strip().casefold(), maxsplit=1)[0]
    return code if code in _languages().values() else _languages().get(plain(word))


@lru_cache(maxsize=4096)
def country_of(word: str) -> str | None:
    """Two letters for a country given by code or by its name in one of `TONGUES`. None when unknown."""
    code = word.strip().upper()
    return code if code in _countries().values() else _countries().get(plain(word).removeprefix("the"))


@cache
def _yes() -> frozenset[str]:
    return frozenset(plain(word) for word in _YES.split() if plain(word))


@cache
def _bases() -> dict[str, Basis]:
    table = {plain(word): basis for basis, words in _BASES.items() for word in words.split(",")}
    table.update({plain(word): Basis.CONSENT for word in _YES.split() if plain(word)})
    table.update({plain(word): Basis.WITHDRAWN for word in _NO.split() if plain(word)})
    return table


@cache
def _languages() -> dict[str, str]:
    return {plain(name): code for tongue in TONGUES for code, name in Locale(tongue).languages.items() if len(code) == 2}


@cache
def _countries() -> dict[str, str]:
    known = {"uk": "GB", "usa": "US", "holland": "NL"}
    for tongue in TONGUES:
        known |= {plain(name): code for code, name in Locale(tongue).territories.items() if len(code) == 2 and code.isalpha()}
    return known
