"""Which program opened a message, by what it says of itself; what it does not say is not guessed."""

from __future__ import annotations

from functools import lru_cache

LONGEST = 400  # characters looked at: a visitor may write 1,024, and every pattern walks them all
#: names of ua-parser's families that people know by another; both image proxies fetch at the moment of reading, for a person
KNOWN_AS = {
    "GmailImageProxy": "Gmail",
    "YahooMailProxy": "Yahoo Mail",
    "Mobile Safari UI/WKWebView": "iPhone or iPad app",  # Apple Mail writes so, and so does every other program there
    "Outlook-iOS": "Outlook mobile",
    "Mobile Safari": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Chrome Mobile WebView": "Android app",
    "Android": "Android app",
}
SAID = {"outlook-android": "Outlook mobile", "em client": "eM Client", "k-9 mail": "K-9 Mail"}  # whom ua-parser does not know


@lru_cache(maxsize=4096)
def program_of(agent: str) -> str | None:
    """The program's name as people know it, such as `Apple Mail` or `Outlook`; None where the agent does not tell."""
    from ua_parser import parse_user_agent  # noqa: PLC0415  a quarter of a second at its first use, which no command should wait for

    low = agent[:LONGEST].lower()
    if named := next((name for word, name in SAID.items() if word in low), None):
        return named
    found = parse_user_agent(agent[:LONGEST])
    return None if found is None or found.family == "Other" else KNOWN_AS.get(found.family, found.family)
