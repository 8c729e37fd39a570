"""The style sheet of one form: the colours its author chose, moved as far as it takes to read what is written in them (WCAG AA)."""

from __future__ import annotations

from mailings.forms.parts import StylePart

Colour = tuple[int, int, int]
Grounds = tuple[Colour, Colour]

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
INK, PAPER = (28, 35, 43), (255, 255, 255)
#: --card and --ground of web/pages/style.css, by day and by night
LIGHT: Grounds = ((255, 255, 255), (242, 244, 247))
DARK: Grounds = ((28, 34, 41), (18, 22, 27))
WRONG, GOLD = (179, 32, 39), (201, 138, 10)
READABLE = 4.5


def sheet_of(style: StylePart) -> str:
    """CSS for the form's page; empty where nothing was chosen.

    An accent alone has a shade for light and one for dark. Who chose a background or an ink has chosen it for both.
    """
    if style.background or style.ink:
        return _rule(_whole(style), "light" if _end(_read(style.background, PAPER)) == BLACK else "dark")
    if not style.accent:
        return ""
    light, dark = (_accent(_read(style.accent, INK), grounds) for grounds in (LIGHT, DARK))
    return f"{_rule(light)}\n@media (prefers-color-scheme: dark) {{ {_rule(dark)} }}"


def legible(colour: Colour, grounds: Grounds) -> Colour:
    """The colour, or the nearest one towards black or white that can be read on both grounds: darker than light ones, lighter than dark."""
    end = _end(grounds[0])
    steps = (mixed(colour, end, step / 20) for step in range(21))
    return next(shade for shade in steps if shade == end or all(_reads(shade, ground, end) for ground in grounds))


def _reads(shade: Colour, ground: Colour, end: Colour) -> bool:
    return contrast(shade, ground) >= READABLE and (_luminance(shade) < _luminance(ground)) is (end == BLACK)


def _whole(style: StylePart) -> dict[str, Colour]:
    card = _read(style.background, PAPER)
    # the page behind the sheet is further from the ink than the sheet is, so that what can be read here can be read there
    ground = mixed(card, WHITE if _end(card) == BLACK else BLACK, 0.06)
    ink = legible(_read(style.ink, INK), (card, ground))
    own = {"ground": ground, "card": card, "ink": ink, "line": mixed(card, ink, 0.2), "off": mixed(card, ink, 0.6)}
    own |= {
        "soft": legible(mixed(ink, card, 0.25), (card, ground)),
        "wrong": legible(WRONG, (card, ground)),
        "gold": legible(GOLD, (card, ground)),
    }
    return own | _accent(_read(style.accent, ink), (card, ground))


def contrast(one: Colour, other: Colour) -> float:
    """As WCAG 2 counts it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with that share of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _accent(colour: Colour, grounds: Grounds) -> dict[str, Colour]:
    main = legible(colour, grounds)
    return {"main": main, "main-dark": mixed(main, _end(grounds[0]), 0.25), "on-main": BLACK if _end(grounds[0]) == WHITE else WHITE}


def _end(ground: Colour) -> Colour:
    """Black or white: whichever stands out more. One of the two always has 4.58."""
    return max(BLACK, WHITE, key=lambda end: contrast(end, ground))


def _luminance(colour: Colour) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _read(written: str | None, otherwise: Colour) -> Colour:
    if written is None:
        return otherwise
    digits = written.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _rule(colours: dict[str, Colour], scheme: str = "") -> str:
    said = " ".join(f"--{name}: #{bytes(colour).hex()};" for name, colour in colours.items())
    return f":root {{ {f'color-scheme: {scheme}; ' if scheme else ''}{said} }}"
