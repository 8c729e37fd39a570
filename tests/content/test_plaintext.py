"""The text part made from HTML: the same words and variables, as people read them; and what is put into the HTML besides."""

from __future__ import annotations

import pytest

from mailings.content.environment import sandbox
from mailings.content.inserting import PIXEL, with_pixel, with_preheader
from mailings.content.plaintext import text_of
from mailings.errors import BadTemplate

PAGE = """<html><head><title>[[ customer.name ]]</title><style>p{}</style></head><body>
<h1>Kjære [[ customer.firstname or 'leser' ]]!</h1>
<table><tr><td>Én &amp; to &#91;[ tre</td><td>[[[[ 'x' ]]</td></tr>
[% for hut in huts %]
<tr [% if hut %]bgcolor="red"[% endif %]><td><a href="https://acme.test/[[ hut ]]">Les om [[ hut ]]</a></td></tr>
[% endfor %]
</table>
[% if customer.firstname %]<p>Ja</p>[% else %]<p>Nei</p>[% endif %]
<ul><li>en</li><li>to</li></ul><a href="[[ link.unsubscribe ]]"><img alt="Av" src="x"></a>
</body></html>""".replace("[[[[ 'x' ]]", "<b>[</b>[[ 'x' ]]")


def _said(firstname: str) -> str:
    environment = sandbox()
    environment.autoescape = False
    values = {"customer": {"firstname": firstname, "name": "Hemmelig"}, "huts": ["Bjørnli", "a<b"], "link": {"unsubscribe": "https://u"}}
    return environment.from_string(text_of(sandbox(), PAGE)).render(values)


def test_the_text_says_what_the_html_says() -> None:
    """Words, loops, conditions and links of the HTML, in its order; nothing of its head; nothing taken for a template that was text."""
    said = _said("Åse")
    assert [line for line in said.split("\n") if line] == [
        *("Kjære Åse!", "Én & to [[ tre", "[x"),
        *("[Les om Bjørnli](https://acme.test/Bjørnli)", "[Les om a<b](https://acme.test/a<b)"),
        *("Ja", "  * en", "  * to", "(https://u)"),
    ]


def test_the_text_follows_conditions() -> None:
    """Another reader gets the other branch, and the fallback."""
    assert "Nei" in _said("")
    assert "Kjære leser!" in _said("")


def test_html_of_which_no_certain_text_can_be_made_is_refused() -> None:
    """A branch that opens what it does not close could be read two ways: write a text part."""
    with pytest.raises(BadTemplate, match="html line 1"):
        text_of(sandbox(), "[% if x %]<div>[% endif %]y</div>")


def test_the_preheader_is_the_first_and_hidden_thing_of_the_body() -> None:
    """Its constant words are escaped, its variables left to be filled; without a body it stands in front."""
    html = '<html><!-- <body> --><body class="[[ x ]]">\n<p>y</p></body></html>'
    found = with_preheader(sandbox(), html, "Én & <to> [[ customer.firstname or 'du' ]]")
    before, _, after = found.partition("Én &amp; &lt;to&gt; [[ customer.firstname or 'du' ]]</div>")
    assert before.startswith('<html><!-- <body> --><body class="[[ x ]]"><div style="display:none')
    assert after == "\n<p>y</p></body></html>"
    assert with_preheader(sandbox(), "<p>y</p>", "x").endswith("x</div><p>y</p>")
    assert with_preheader(sandbox(), html, "  ") == html


def test_the_pixel_is_the_last_thing_of_the_body() -> None:
    """It stands before </body>, in each branch that has one; without a body it comes last."""
    assert with_pixel(sandbox(), "<body>x</body></html>\n") == f"<body>x{PIXEL}</body></html>\n"
    assert with_pixel(sandbox(), "<p>x</p>\n") == f"<p>x</p>{PIXEL}\n"
