"""What preflight must know about a mailing's content, each a sentence with its place (domain.md B.9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from email.utils import parseaddr
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.channels import Findings
from mailings.channels.blanks import blank_variables
from mailings.channels.email.compiling import compiled_of, forms_of, sources_of
from mailings.channels.email.composing import CompiledEmail
from mailings.channels.email.linked import action_problems, link_names, never_done
from mailings.channels.email.rows import blank_row
from mailings.channels.email.senders import ALIASES, Senders
from mailings.channels.first import first_row
from mailings.content.environment import sandbox
from mailings.content.links import address_in, opens
from mailings.content.quoting import one_line_end
from mailings.content.receipt import variables
from mailings.content.tags import BLOT, blotted, elements, line_of, tags
from mailings.errors import BadTemplate, Unreadable
from mailings.model import Associate, Mailing, MailingFile, MailingType
from mailings.readable import counted
from mailings.settings import Settings, settings

CLIPPED = 102_000  # bytes of HTML beyond which Gmail shows only the beginning
HEAVIEST = 25_000_000  # bytes of attachments (V15)
LONGEST_SUBJECT = 255  # characters as it is written (domain.md B.3)
_CID = re.compile(r"cid:([^\"'\s)>]+)")


def problems_of(session: Session, mailing: Mailing, chosen: Settings | None = None) -> Findings:
    """Everything about the content that keeps the mailing from being sent, and what one should know before."""
    chosen = chosen or settings()
    found = Findings([*_setup(mailing), *_files(session, mailing)], [])
    if not mailing.html.strip():
        found.problems.append("It has no content; name an HTML file under `html` in mailing.yaml.")
        return found
    found.problems.extend(sources_of(mailing).problems(link_names(session, mailing), _answers(session, mailing)))
    found.problems.extend(action_problems(session, mailing, chosen))
    found.warnings.extend(never_done(session, mailing))
    try:
        found.warnings.extend(_links(mailing))
        if not found.problems:
            _compiled(session, mailing, compiled_of(session, mailing, chosen), found)
    except BadTemplate as error:
        found.problems.append(str(error))
    found.warnings.extend(_senders(session, mailing, Senders(mailing, chosen)))
    return Findings(list(dict.fromkeys(found.problems)), list(dict.fromkeys(found.warnings)))


def _answers(session: Session, mailing: Mailing) -> Callable[[str], bool] | None:
    """Which variables of submissions the forms have that it answers; while none does, any may be one."""
    if mailing.type is not MailingType.FORM_RESPONSE:
        return None
    known = [set(variables(form)) for form in forms_of(session, mailing)]
    return lambda path: not known or any(path in each for each in known)


def _setup(mailing: Mailing) -> Iterator[str]:
    if not mailing.subject.strip():
        yield "It has no subject; write one under `subject` in mailing.yaml."
    if len(mailing.subject) > LONGEST_SUBJECT:
        yield f"Its subject has {len(mailing.subject)} characters, tags among them; {LONGEST_SUBJECT} are the most it may have."
    address, name = str(mailing.sender.get("address") or ""), str(mailing.sender.get("name") or "")
    if not address:
        yield "It has no From address; write one under `from` in mailing.yaml (with our_contact and support_contact it is the fallback)."
    elif (problem := read_address(address).problem) is not None:
        yield f"The From address {address} cannot be used: {problem}"
    if "@" in name and parseaddr(name)[1].count("@") == 1:
        yield f"The From name {name!r} is an e-mail address; mail programs take that for a forgery. Write a name."
    answers = str(mailing.reply_to.get("address") or "")
    if mailing.reply_to.get("use") == "always" and not answers:
        yield "Answers should always go to an address of their own, and there is none; write it under `reply_to` in mailing.yaml."
    if answers and (problem := read_address(answers).problem) is not None:
        yield f"The address for answers {answers} cannot be used: {problem}"


def _files(session: Session, mailing: Mailing) -> Iterator[str]:
    wanted = select(MailingFile.name, MailingFile.inline, func.length(MailingFile.data)).where(MailingFile.mailing_id == mailing.id)
    files = session.execute(wanted).all()
    weight = sum(size for _, inline, size in files if not inline)
    if weight > HEAVIEST:
        yield f"The attachments weigh {weight / 1_000_000:.1f} MB together, more than the {HEAVIEST // 1_000_000} MB mail servers take."
    there = {name for name, inline, _ in files if inline}
    for shown in sorted({*_CID.findall(mailing.html)} - there):
        yield f"The HTML shows the image cid:{shown}, and there is none; name its file under `images` in mailing.yaml."


def _links(mailing: Mailing) -> Iterator[str]:
    html = one_line_end(mailing.html)
    masked = blotted(html, tags(sandbox(), html, "html"))
    for element in elements(masked, "html"):
        if element.name in ("a", "area") and not element.closing and "href" in element.values:
            start, end = element.values["href"]
            place = f"html line {line_of(html, start)}"
            url = address_in(masked[start:end])
            if not url or url == "#":
                yield f"{place}: a link leads nowhere."
            elif BLOT not in url and not url.startswith(("#", "cid:")) and not opens(url):
                yield f"{place}: {url!r} is no address a mail program can open; write it whole, as in https://acme.test/offer."


def _compiled(session: Session, mailing: Mailing, compiled: CompiledEmail, found: Findings) -> None:
    found.warnings.extend(blank_variables(session, mailing, compiled.content))
    answers = mailing.type is MailingType.FORM_RESPONSE  # one person's own message: nobody unsubscribes from it
    if not answers and "link.unsubscribe" not in compiled.content.used.names and "link.preferences" not in compiled.content.used.names:
        found.warnings.append('It has no unsubscribe link; put <a href="[[ link.unsubscribe ]]"> into the HTML.')
    if not mailing.preheader.strip():
        found.warnings.append("It has no preheader, the line shown behind the subject; write one under `preheader` in mailing.yaml.")
    _weigh(session, mailing, compiled, found)


def _weigh(session: Session, mailing: Mailing, compiled: CompiledEmail, found: Findings) -> None:
    """Fill the template once for nobody and once for the first who should get it: it is weighed, and trouble shows before sending."""
    first = first_row(session, mailing, compiled.row)
    size = 0
    if first is not None:
        try:
            size = _size(compiled, first)
        except Unreadable as error:
            found.problems.append(f"Already for the first recipient: {error}")
            return
    try:
        size = max(size, _size(compiled, blank_row(compiled.row)))
    except Unreadable as error:
        found.warnings.append(f"For somebody of whom nothing is known: {error} Such recipients will be refused.")
    if size > CLIPPED:
        found.warnings.append(f"The HTML has {size // 1000} kB; Gmail shows the first {CLIPPED // 1000} kB and hides the rest.")


def _size(compiled: CompiledEmail, row: Sequence[Any]) -> int:
    return len(compiled.plain(row, "0")[1].encode("utf-8", "replace"))


def _senders(session: Session, mailing: Mailing, senders: Senders) -> Iterator[str]:
    if str(mailing.sender.get("use")) not in ALIASES:
        return
    addresses = session.scalars(select(Associate.email).where(Associate.email.is_not(None)).distinct().order_by(Associate.email))
    others = [address for address in addresses if address and senders.approved(address) is None]
    if others:
        named = ", ".join(others[:3])
        have = counted(len(others), "contact of ours has an address on a domain", "contacts of ours have addresses on domains")
        yield (
            f"{have} that may not send ({named}); their people get it from "
            f"{senders.fallback}. Add the domains to MAILINGS_SENDER_DOMAINS when they should."
        )
