"""Which visits are a machine's by what they say of themselves: names of scanners, previews and crawlers, as published.

Sources: the lists of crawler-user-agents (github.com/monperrus/crawler-user-agents) and isbot (github.com/omrilotan/isbot), GMass on
false opens (gmass.co/blog/false-opens-in-gmail), Suped on user agents in clicks (suped.com/learn/email-deliverability), and what
Microsoft, Barracuda, Mimecast, Proofpoint and Cisco write in their scanners' agents. Those lists also name Google's and Yahoo's
image proxies; we do not: they fetch the pixel when a person opens the message, and hide no more than from where (`PROXIES`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailings.reported import EventKind

#: proxies that fetch for a person at the moment of reading: a person's open, from the proxy's network
PROXIES = ("googleimageproxy", "yahoomailproxy", "ymailproxy")

#: words in an agent, in lower case, that no reader's program has
WORDS = (
    # mail gateways that look behind links
    *("barracuda", "mimecast", "proofpoint", "safelinks", "cisco-ironport", "ironport", "ciscosecureemail", "symantec", "messagelabs"),
    *("fireeye", "trellix", "trendmicro", "trend micro", "tmes/", "sophos", "forcepoint", "websense", "fortimail", "fortiguard"),
    *("sonicwall", "vadesecure", "vade secure", "zscaler", "checkpoint", "check point", "avanan", "ironscales", "mailscanner", "clamav"),
    *("kaspersky", "bitdefender", "mcafee", "eset ", "hornetsecurity", "retarus", "libraesva", "spamassassin", "rspamd", "cloudmark"),
    *("virustotal", "urlscan", "phishtank", "google-safety", "google-safebrowsing", "safebrowsing", "netcraft", "paloalto", "expanse"),
    # Office asks what is behind a link before it is followed
    *("microsoft office existence discovery", "microsoft office protocol discovery", "microsoft-webdav-miniredir"),
    *("skypeuripreview", "bingpreview", "microsoftpreview", "msbot"),
    # previews of a link that somebody has passed on
    *("whatsapp", "slackbot", "slack-imgproxy", "facebookexternalhit", "facebookexternalua", "facebot", "twitterbot", "linkedinbot"),
    *("telegrambot", "discordbot", "viber", "snap url preview", "iframely", "embedly", "redditbot", "pinterest", "vkshare"),
    *("googleother", "apis-google", "mediapartners-google", "duplexweb", "feedfetcher"),
    # programs, not readers
    *("python", "aiohttp", "httpx/", "curl/", "libcurl", "wget", "go-http-client", "java/", "apache-httpclient", "jakarta commons"),
    *("node-fetch", "axios/", "undici", "got (", "guzzle", "php/", "ruby", "faraday", "libwww-perl", "lwp::", "perl/", "jetty", "ahc/"),
    *("lua-resty", "powershell", "winhttp", "scrapy", "headlesschrome", "phantomjs", "puppeteer", "playwright", "selenium", "cypress"),
    *("hubspot connect", "amazon cloudfront", "validator", "linkcheck", "link check", "uptimerobot", "pingdom", "statuscake", "datadog"),
)
#: not Cubot, a make of telephones, nor CamScanner, which people read with
_GENERIC = re.compile(r"(?<!cu)(?:bots?|crawler|spider|scraper)(?![a-z])|(?<!cam)scanner|fetcher|monitoring|\+https?://")
#: what Apple's proxies write when they fetch all pictures of a message that nobody may have opened yet
_APPLE_BARE = "Mozilla/5.0"
_APPLE_NETWORK = "17."  # 17.0.0.0/8 is Apple's own
_READER = re.compile(r"(?:Version|Safari|Mobile|Mail|Outlook|Thunderbird|Chrome|Firefox|Edg)[/ ]")


def telling(kind: EventKind, method: str | None, agent: str, network: str | None) -> str | None:
    """Why a visit is a machine's by itself, in a word; None = nothing says so."""
    if method == "HEAD":
        return "head"
    if not agent.strip():
        return "no agent"
    if kind is EventKind.OPENED and _apple(agent, network):
        return "apple privacy"
    return _known(agent)


def _apple(agent: str, network: str | None) -> bool:
    if agent == _APPLE_BARE:
        return True
    return network is not None and network.startswith(_APPLE_NETWORK) and not _READER.search(agent)


@lru_cache(maxsize=4096)
def _known(agent: str) -> str | None:
    low = agent.lower()
    if any(word in low for word in PROXIES):
        return None
    return "scanner" if any(word in low for word in WORDS) or _GENERIC.search(low) else None
