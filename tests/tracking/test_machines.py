"""Scanners, previews and crawlers are known by what they say of themselves; readers' programs and the proxies they read through are not."""

from __future__ import annotations

import pytest

from mailings.reported import EventKind
from mailings.tracking.machines import telling

OPENED, CLICKED = EventKind.OPENED, EventKind.CLICKED

READERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; ms-office; MSOffice 16)",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
    "Outlook-iOS/709.2226530.prod.iphone (3.24.1)",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/139.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
    "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A)",
    "Mozilla/5.0 (X11; CrOS x86_64) CamScanner/6.0",
]
MACHINES = [
    "Barracuda Sentinel (EE)",
    "Mozilla/5.0 (compatible; Mimecast-Scanner/1.0)",
    "proofpoint-urldefense/2",
    "Mozilla/5.0 Microsoft Office Existence Discovery",
    "Microsoft Office Protocol Discovery",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; BingPreview/1.0b)",
    "SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "WhatsApp/2.23.20.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; YandexBot/3.0)",
    "python-requests/2.32.3",
    "curl/8.5.0",
    "Wget/1.21",
    "Go-http-client/2.0",
    "Java/17.0.2",
    "Apache-HttpClient/4.5.14 (Java/17)",
    "node-fetch/1.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/139.0.0.0 Safari/537.36",
    "AHC/2.1",
    "HubSpot Connect 2.0 (http://dev.hubspot.com/)",
]


@pytest.mark.parametrize("kind", [OPENED, CLICKED])
@pytest.mark.parametrize("agent", READERS)
def test_readers_are_people(agent: str, kind: EventKind) -> None:
    """Browsers, mail programs, Outlook, telephones, and the image proxies of Gmail and Yahoo stand for a person."""
    assert telling(kind, None, agent, "198.51.100.0/24") is None


@pytest.mark.parametrize("kind", [OPENED, CLICKED])
@pytest.mark.parametrize("agent", MACHINES)
def test_machines_are_machines(agent: str, kind: EventKind) -> None:
    """Gateways, previews, crawlers and programs give themselves away."""
    assert telling(kind, None, agent, "198.51.100.0/24") == "scanner"


@pytest.mark.parametrize(
    ("kind", "agent", "network", "why"),
    [
        (OPENED, "Mozilla/5.0", "104.28.57.0/24", "apple privacy"),  # Apple's partners' networks
        (OPENED, "Mozilla/5.0", "17.58.97.0/24", "apple privacy"),
        (
            OPENED,
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            "17.58.97.0/24",
            "apple privacy",
        ),
        (OPENED, "Mozilla/5.0 (iPhone) Version/18.5 Mobile/15E148 Safari/604.1", "17.58.97.0/24", None),  # somebody at Apple
        (OPENED, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", "198.51.100.0/24", None),
        (CLICKED, "Mozilla/5.0", "17.58.97.0/24", None),  # clicks go past the proxy
        (CLICKED, "Mozilla/5.0", None, None),
    ],
)
def test_apples_proxy_opens_for_nobody(kind: EventKind, agent: str, network: str | None, why: str | None) -> None:
    """Mail Privacy Protection fetches every pixel, read or not, under a bare agent; clicks do not go through it."""
    assert telling(kind, None, agent, network) == why


def test_what_no_browser_does() -> None:
    """HEAD, or no agent at all, is no browser."""
    assert telling(CLICKED, "HEAD", READERS[0], None) == "head"
    assert telling(OPENED, None, "", None) == telling(CLICKED, None, "  ", None) == "no agent"
