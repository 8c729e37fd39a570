"""The style sheet of one form: the colours its author chose, moved as far as it takes to read what is written in them (WCAG AA)."""

from __future__ import annotations

from mailings.forms.parts import StylePart

Colour = tuple[int, int, int]

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
INK, LIGHT, DARK = (28, 35, 43), (255, 255, 255), (28, 34, 41)  # --ink and both --card of web/pages/style.css
WRONG = (179, 32, 39)
READABLE = 4.5


def sheet_of(style: StylePart) -> str:
    """CSS for the form's page; empty where nothing was chosen.

    An accent alone has a shade for light and one for dark. Who chose a background or an ink has chosen it for both.
    """
    if style.background or style.ink:
        card, ink = _read(style.background, LIGHT), _read(style.ink, INK)
        ink = legible(ink, card)
        accent = _accent(_read(style.accent, ink), card)
        scheme = "light" if _luminance(card) > 0.4 else "dark"
        own = {"ground": mixed(card, ink, 0.05), "card": card, "ink": ink, "soft": legible(mixed(ink, card, 0.25), card)}
        return _rule(own | {"line": mixed(card, ink, 0.2), "off": mixed(card, ink, 0.6), "wrong": legible(WRONG, card)} | accent, scheme)
    if not style.accent:
        return ""
    light, dark = (_accent(_read(style.accent, INK), card) for card in (LIGHT, DARK))
    return f"{_rule(light)}\n@media (prefers-color-scheme: dark) {{ {_rule(dark)} }}"


def legible(colour: Colour, ground: Colour) -> Colour:
    """The colour, or the nearest one towards black or white that can be read on the ground."""
    end = BLACK if contrast(BLACK, ground) > contrast(WHITE, ground) else WHITE
    steps = (mixed(colour, end, step / 20) for step in range(21))
    return next(shade for shade in steps if contrast(shade, ground) >= READABLE or shade == end)


def contrast(one: Colour, other: Colour) -> float:
    """As WCAG 2 counts it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with that share of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _accent(colour: Colour, card: Colour) -> dict[str, Colour]:
    main = legible(colour, card)
    on_main = max(BLACK, WHITE, key=lambda end: contrast(end, main))
    return {"main": main, "main-dark": mixed(main, max(BLACK, WHITE, key=lambda end: contrast(end, card)), 0.25), "on-main": on_main}


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
