"""YAML as people write it by hand: a key that stands twice is a mistake, not the later one."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.constructor import ConstructorError


class _Once(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise ConstructorError(None, None, f"{key.value} stands here twice", key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        return super().construct_mapping(node, deep=deep)


def read_yaml(text: str) -> Any:
    """What the text says. Raises yaml.YAMLError with the place."""
    return yaml.load(text, Loader=_Once)  # noqa: S506  a SafeLoader
