"""What is added to the HTML source before it is compiled: the preheader behind `<body>`; before its end the trap and the pixel."""

from __future__ import annotations

from html import escape

from jinja2 import Environment

from mailings.content.tags import blotted, elements, spliced, tags

#: hidden everywhere: mail clients know different ways (mso-hide is Outlook's)
_HIDDEN = "display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;mso-hide:all"
PIXEL = '<img src="[[ link.open ]]" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'

#: the link that only machines follow, by a name no author can give one: its number is in no link table
TRAP = "0"
#: nothing to see, to hear or to come to by the keyboard; what follows it reads the source, as scanners do
_TRAP_LINK = f"""<a href="[[ link['{TRAP}'] ]]" style="display:none" aria-hidden="true" tabindex="-1"></a>"""


def with_preheader(environment: Environment, html: str, preheader: str) -> str:
    """`html` with the preheader, a template of plain text, as the first and hidden words of its body."""
    if not preheader.strip():
        return html
    found = tags(environment, preheader, "preheader")
    # constant text is escaped here, variables are escaped when they are filled in
    pieces, at = [], 0
    for tag in found:
        pieces += [escape(preheader[at : tag.start]), preheader[tag.start : tag.end]]
        at = tag.end
    text = "".join([*pieces, escape(preheader[at:])]).replace("\n", " ")
    return _inserted(environment, html, f'<div style="{_HIDDEN}">{text}</div>', at_end=False)


def with_pixel(environment: Environment, html: str) -> str:
    """`html` with the pixel as the last thing of its body."""
    return _inserted(environment, html, PIXEL, at_end=True)


def with_trap(environment: Environment, html: str) -> str:
    """`html` with the trap at the end of its body."""
    return _inserted(environment, html, _TRAP_LINK, at_end=True)


def _inserted(environment: Environment, html: str, what: str, *, at_end: bool) -> str:
    found = elements(blotted(html, tags(environment, html, "html")), "html")
    body = [element for element in found if element.closing == at_end]
    for name in ("body", "html"):
        places = [element.start if at_end else element.end for element in body if element.name == name]
        if places and (at_end or name == "body"):
            return spliced(html, [(at, at, what) for at in places])
    head = [element.end for element in found if element.closing and element.name == "head"]
    at = len(html.rstrip()) if at_end else max(head, default=0)
    return spliced(html, [(at, at, what)])
