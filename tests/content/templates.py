"""Templates as people write them, made at random: conditions, loops, filters, nested tags, links of every spelling, rough text."""

from __future__ import annotations

from hypothesis import strategies as st

#: what makes encodings and parsers stumble: Nordic and Dutch letters, dots, equals signs, spaces at line ends, entities
WORDS = st.sampled_from(
    [
        *("Hei", "Ærlig talt", "smørbrød", "Ĳsland", "één", "Straße", ".", "..", "=", "=3D", " ", "  ", " \n", "\n", "\n.", ".\n"),
        *("\t", "From x", "😀", "&amp;", "&lt;b&gt;", "&nbsp;", "&#230;", '"', "'", "- ", "] ]", "{ {", "{{ x }}", "{% x %}", "{#"),
        *("x" * 80, "lang linje " * 12),
    ]
)
TEXT = st.lists(WORDS, max_size=6).map("".join)
SOME_TEXT = st.lists(WORDS, min_size=1, max_size=3).map("".join)
VALUES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x1f\r"), max_size=90) | st.sampled_from(
    ["", "Bjørn", ".", ".x", "a=b", "x ", " \n", "<b>&\"'</b>", "https://x.test/?a=1&b=ø", "=20", "é" * 70, "\n.\n"]
)
VARIABLE = st.sampled_from(
    [
        "[[ customer.name ]]",
        "[[customer.firstname]]",
        "[[ customer.firstname or 'Dear reader' ]]",
        "[[ customer.name|upper ]]",
        "[[ customer.custom.city|default('Bergen', true) ]]",
        "[[ customer.name ~ ' & ' ~ customer.firstname ]]",
        "[[ 'ja' if customer.firstname else 'nei' ]]",
        "[[ urlEncode(customer.email) ]]",
        "[[ customer.name|e ]]",
        "[[ (customer.name|e) ~ '<' ]]",
        "[[ [customer.name, 'ø']|join(' <> ') ]]",
        "[[ customer.name.title() ]]",
        "[[- customer.name -]]",
        "[[ InEmailClient ]]",
    ]
)
ADDRESS = st.sampled_from(
    [
        "https://acme.test/",
        "HTTPS://ACME.TEST/Ø",
        "http://acme.test/?a=1&amp;b=2",
        "http://acme.test/?a=1&b=2#top",
        " https://acme.test/spaces ",
        "https://acme.test/offer",
        "mailto:post@acme.test",
        "tel:+4755555555",
        "#top",
        "cid:logo",
        "",
        "https://post.test/u/x",
        "https://acme.test/[[ customer.firstname ]]",
        "https://acme.test/?e=[[ urlEncode(customer.email) ]]&amp;x=ø",
        "https://acme.test/[% if customer.name %]a[% else %]b[% endif %]",
        "https://acme.test/[% for i in [1, 2] %][[ i ]][% endfor %]",
        "[[ customer.custom.url ]]",
        "[[ link.offer ]]",
        "[[ link.offer ]]?x=1",
        "[[ link.unsubscribe ]]",
        " [[ link.unsubscribe ]] ",
        "mailto:[[ customer.email ]]",
    ]
)


@st.composite
def links(draw: st.DrawFn) -> str:
    """A link, its attribute spelled in one of the ways HTML allows."""
    address = draw(ADDRESS)
    spellings = [
        'href="{}"',
        "href='{}'",
        'HREF = "{}"',
        'class="x" href="{}" id=y',
        'data-x="a>b"href="{}"',
        'title="[[ customer.name ]]" href="{}"',
    ]
    if address and not set(address) & set(" [&="):
        spellings += ["href={}", "hReF={} class=x"]
    tag = draw(st.sampled_from(["a", "A", "area"]))
    return f"<{tag} {draw(st.sampled_from(spellings)).format(address)}>{draw(SOME_TEXT)}</{tag}>"


TAG = st.sampled_from(
    [
        ("<p>", "</p>"),
        ('<td class="a [[ customer.name ]]">', "</td>"),
        ("<td[% if customer.firstname %] class='b'[% endif %]>", "</td>"),
        ('<div [% if customer.name %]title="[[ customer.name ]]"[% else %]lang="no"[% endif %] id="z">', "</div>"),
        ("<a [% if customer.name %]href='https://acme.test/1'[% else %]href=\"https://acme.test/2\"[% endif %]>", "</a>"),
        ("<!-- ", " -->"),
        ("<style>.a{color:red}", "</style>"),
        ("<br/>", ""),
    ]
)
SHAPES = (
    "[% if customer.firstname %]{0}[% else %]{1}[% endif %]",
    "[% if customer.name == 'x' -%] {0}[%- elif customer.name %]{1}[% endif %]",
    "[% for x in ['é', 'b<', '.'] %]{0}[[ x ]][[ loop.index ]]{1}[% endfor %]",
    "[% for a in [{{'u': 'https://acme.test/ø?a=1&b=2'}}] %]<a href=\"[[ a.u ]]\">{0}</a>[% else %]{1}[% endfor %]",
    "[% with y = customer.name %]{0}[[ y ]][% endwith %]{1}",
    "[% set z = customer.name|lower %]{0}[[ z ]][# note #]{1}",
    "[% set w %]kjære [[ customer.name ]][% endset %]{0}[[ w ]]{1}",
    "[% raw %][[ not.a.variable ]][% endraw %]{0}{1}",
)
QUIET = st.lists(st.sampled_from(["Hei", "[[ customer.name ]]", "ø \n", ".", "="]), max_size=3).map("".join)


@st.composite
def bodies(draw: st.DrawFn, depth: int = 3) -> str:
    """A piece of a template, nested up to `depth`."""
    pieces = []
    for kind in draw(st.lists(st.integers(0, 4 if depth else 2), max_size=5)):
        if kind < 3:
            pieces.append(draw((TEXT, VARIABLE, links())[kind]))
        elif kind == 3:
            begin, end = draw(TAG)
            pieces.append(begin + draw(QUIET if begin.startswith(("<!--", "<style")) else bodies(depth - 1)) + end)
        else:
            pieces.append(draw(st.sampled_from(SHAPES)).format(draw(bodies(depth - 1)), draw(bodies(depth - 1))))
    return "".join(pieces)


TEMPLATES = bodies().map(lambda body: body + "\n")
PEOPLE = st.fixed_dictionaries(
    {"customer.name": VALUES, "customer.firstname": VALUES, "customer.email": VALUES}
    | {"customer.custom": st.fixed_dictionaries({"city": VALUES, "url": VALUES})}
)
