"""Reads HTML piece by piece, so that it is known at every place of a template where in the markup it stands (WHATWG HTML 13.2.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from mailings.content.places import Event, Mode, State, What
from mailings.errors import BadTemplate

RAW_TAGS = frozenset({"script", "style", "title", "textarea"})
_QUOTES = {Mode.DOUBLE: '"', Mode.SINGLE: "'"}
_NAME, _ATTRIBUTE, _BARE = re.compile(r"[^\s/>]*"), re.compile(r"[^\s/>=]*"), re.compile(r"[^\s>]*")
_LETTER, _SPACE, _SLASHES = re.compile("[a-zA-Z]"), re.compile(r"\s*"), re.compile(r"[\s/]*")
_COMMENT_END, _COMMENT_EDGE, _RAW_EDGE = re.compile("--!?>"), re.compile("--?!?$"), re.compile(r"</?[a-zA-Z]*$")

Found = tuple[int, State, Event | None]


def read(text: str, state: State) -> Iterator[Event | State]:
    """Every event in `text`, read on from `state`; the last thing yielded is the State behind it. Raises BadTemplate."""
    at = 0
    while at < len(text):
        at, state, event = _STEPS[state.mode](text, at, state)
        if event is not None:
            yield event
    yield state


def _text(text: str, at: int, state: State) -> Found:
    begin = text.find("<", at)
    if begin < 0:
        return len(text), state, None
    follows = text[begin + 1 : begin + 4]
    if follows in ("", "/", "!", "!-"):
        return len(text), State(Mode.PARTIAL), None
    if follows[0] in "!?":
        comment = follows == "!--"
        return begin + (4 if comment else 1), State(Mode.COMMENT if comment else Mode.DECLARATION), None
    named = _LETTER.match(follows, follows[0] == "/") is not None
    if follows[0] == "/":
        end = State(Mode.END, _NAME.match(text, begin + 2)[0].lower() if named else "")  # type: ignore[index]  # matches always
        return begin + 2, end, Event(What.END_TAG, begin, end)
    return (begin + 1, State(Mode.NAME), Event(What.TAG, begin, state)) if named else (begin + 1, state, None)


def _name(text: str, at: int, state: State) -> Found:
    end = _NAME.match(text, at).end()  # type: ignore[union-attr]  # matches always
    state = replace(state, tag=state.tag + text[at:end].lower())
    return (end, state, None) if end == len(text) else _gap(text, end, state)


def _gap(text: str, at: int, state: State) -> Found:
    at = _SLASHES.match(text, at).end()  # type: ignore[union-attr]  # matches always
    gap = State(Mode.GAP, state.tag)
    if at == len(text):
        return at, gap, None
    if text[at] == ">":
        closed = State(Mode.RAW if state.tag in RAW_TAGS else Mode.TEXT, state.tag if state.tag in RAW_TAGS else "")
        return at + 1, closed, Event(What.TAG_END, at + 1, gap)
    if text[at] == "=":
        raise BadTemplate(f"a = stands in <{state.tag}> without a name before it that is always there")
    return at, State(Mode.ATTRIBUTE, state.tag), None


def _joint(text: str, at: int, state: State) -> Found:
    if not text[at].isspace() and text[at] not in "/>":
        raise BadTemplate(f"in <{state.tag}> a space is missing between a condition and what follows it")
    return _gap(text, at, state)


def _attribute(text: str, at: int, state: State) -> Found:
    end = _ATTRIBUTE.match(text, at).end()  # type: ignore[union-attr]  # matches always
    state = replace(state, attribute=state.attribute + text[at:end].lower())
    if end == len(text):
        return end, state, None
    return (end, replace(state, mode=Mode.AFTER), None) if text[end] not in "/>" else _gap(text, end, state)


def _after(text: str, at: int, state: State) -> Found:
    at = _SPACE.match(text, at).end()  # type: ignore[union-attr]  # matches always
    if at < len(text) and text[at] == "=":
        return at + 1, replace(state, mode=Mode.EQUALS), None
    return (at, state, None) if at == len(text) else _gap(text, at, state)


def _equals(text: str, at: int, state: State) -> Found:
    at = _SPACE.match(text, at).end()  # type: ignore[union-attr]  # matches always
    if at == len(text):
        return at, state, None
    if text[at] == ">":
        return _gap(text, at, state)
    mode = next((mode for mode, quote in _QUOTES.items() if quote == text[at]), Mode.BARE)
    at, state = at + (mode is not Mode.BARE), replace(state, mode=mode)
    return at, state, Event(What.VALUE, at, state)


def _quoted(text: str, at: int, state: State) -> Found:
    end = text.find(_QUOTES[state.mode], at)
    return (len(text), state, None) if end < 0 else (end + 1, State(Mode.GAP, state.tag), Event(What.VALUE_END, end, state))


def _bare(text: str, at: int, state: State) -> Found:
    end = _BARE.match(text, at).end()  # type: ignore[union-attr]  # matches always
    return (end, state, None) if end == len(text) else (end, State(Mode.GAP, state.tag), Event(What.VALUE_END, end, state))


def _until_greater(text: str, at: int, state: State) -> Found:
    end = text.find(">", at)
    return (len(text), state, None) if end < 0 else (end + 1, State(), Event(What.TAG_END, end + 1, state))


def _comment(text: str, at: int, state: State) -> Found:
    end = _COMMENT_END.search(text, at)
    if end is None:
        return len(text), State(Mode.PARTIAL) if _COMMENT_EDGE.search(text) else state, None
    return end.end(), State(), None


def _raw(text: str, at: int, state: State) -> Found:
    end = re.compile(rf"</{state.tag}(?=[\s/>])", re.IGNORECASE).search(text, at)
    if end is None:
        return len(text), State(Mode.PARTIAL) if _RAW_EDGE.search(text) else state, None
    return end.end(), State(Mode.END, state.tag), Event(What.END_TAG, end.start(), state)


def _partial(text: str, at: int, state: State) -> Found:
    raise BadTemplate("a tag or comment is cut in two by the template; write a lone < as &lt;")


_STEPS: dict[Mode, Callable[[str, int, State], Found]] = {
    Mode.TEXT: _text,
    Mode.NAME: _name,
    Mode.GAP: _gap,
    Mode.JOINT: _joint,
    Mode.ATTRIBUTE: _attribute,
    Mode.AFTER: _after,
    Mode.EQUALS: _equals,
    Mode.DOUBLE: _quoted,
    Mode.SINGLE: _quoted,
    Mode.BARE: _bare,
    Mode.END: _until_greater,
    Mode.COMMENT: _comment,
    Mode.DECLARATION: _until_greater,
    Mode.RAW: _raw,
    Mode.PARTIAL: _partial,
}
