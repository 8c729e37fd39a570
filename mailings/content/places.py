"""Places in markup: where in the HTML a point of a template stands, and what begins or ends there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Mode(Enum):
    """Where in the markup a place is."""

    TEXT = auto()
    NAME = auto()  # in a start tag's name
    GAP = auto()  # in a tag, where an attribute may begin
    JOINT = auto()  # in a tag, where a space or the tag's end must follow
    ATTRIBUTE = auto()  # in an attribute's name
    AFTER = auto()  # behind an attribute's name and a space
    EQUALS = auto()  # behind the = of an attribute
    DOUBLE = auto()  # in a value in "
    SINGLE = auto()  # in a value in '
    BARE = auto()  # in a value without quotes
    END = auto()  # in an end tag
    COMMENT = auto()
    DECLARATION = auto()
    RAW = auto()  # in script, style, title or textarea, which hold no tags
    PARTIAL = auto()  # behind the beginning of something that is not yet known: `<`, `<!-`, the `--` of a comment


@dataclass(frozen=True, slots=True)
class State:
    """A place in the markup. `tag` and `attribute` in lower case, as far as they are read."""

    mode: Mode = Mode.TEXT
    tag: str = ""
    attribute: str = ""


class What(Enum):
    """What begins or ends at an event's place."""

    TAG = auto()  # `<`
    TAG_END = auto()  # behind `>`
    END_TAG = auto()  # `<` of an end tag
    VALUE = auto()  # the first character of an attribute's value
    VALUE_END = auto()  # behind the last character of an attribute's value


@dataclass(frozen=True, slots=True)
class Event:
    """Something begins or ends at `at`, an offset in the text given to `read`."""

    what: What
    at: int
    state: State


IN_TAG = frozenset({Mode.NAME, Mode.GAP, Mode.JOINT, Mode.ATTRIBUTE, Mode.AFTER})


def merged(one: State, other: State) -> State | None:
    """The place behind a choice whose branches end at `one` and `other`; None when nothing can be said of it."""
    if one == other:
        return one
    if one.tag != other.tag or not {one.mode, other.mode} <= IN_TAG:
        return None
    loose = {one.mode, other.mode} <= {Mode.GAP, Mode.AFTER}
    return State(Mode.GAP if loose else Mode.JOINT, one.tag)
