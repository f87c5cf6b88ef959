"""YAML of somebody else's as mappings, lists and texts: numbers, dates and tags of it are no more than their characters."""

from typing import Any

import yaml
from yaml.constructor import ConstructorError

from scenarios.harmless import clipped

_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_texts(text: str) -> object:
    """What it says. Raises YAMLError where it is none or has a key twice, and RecursionError."""
    loader = _Texts(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


class _Texts(_Base):  # type: ignore[misc]  # whichever there is
    """Gives texts as they are written; refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, object]:  # noqa: FBT001, FBT002, ARG002 - YAML's
        found: dict[str, object] = {}
        merged: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ConstructorError(None, None, "it has a list or a mapping for a key", key.start_mark)
            if key.value in found:
                raise ConstructorError(None, None, f"it has the key {clipped(key.value)!r} twice", key.start_mark)
            inner = self.construct_object(value, deep=True)
            if key.value == "<<":
                for each in inner if isinstance(inner, list) else [inner]:
                    merged = {**(each if isinstance(each, dict) else {}), **merged}
            else:
                found[key.value] = inner
        return {**merged, **found}
