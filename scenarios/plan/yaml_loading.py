"""Reads YAML files into models; every error is one sentence with file, line, what is wrong and what is allowed."""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scenarios.errors import BadInput, Misfit

Model = TypeVar("Model", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """YAML in which `no`, `on` and their like are words, as in YAML 1.2: fields of a bank's API have such names."""

    yaml_implicit_resolvers = {
        first: [entry for entry in entries if entry[0] != "tag:yaml.org,2002:bool"]
        for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|True|false|False)$"), list("tTfF"))


def load_yaml(path: Path, model: type[Model]) -> Model:
    """The file as a model.

    Raises:
        BadInput: it cannot be read, is no YAML, or breaks the model; names file and line.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", path=path) from None
    except UnicodeDecodeError:
        raise BadInput("is not UTF-8 text", path=path) from None
    try:
        tree = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise BadInput(f"is no YAML: {error.problem}", path=path, line=line) from None
    if not isinstance(data, dict):
        raise BadInput("is empty or no mapping of keys to values", path=path)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # A mistyped key is also a missing one; the mistype is what the user wants to hear of.
        first = min(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
        raise BadInput(_sentence(first, model), path=path, line=_line_of(tree, _loc(first))) from None


def _loc(error: ErrorDetails) -> tuple[int | str, ...]:
    """Path to what is wrong: the model's, and behind it that of the parts that do not fit together."""
    cause = error.get("ctx", {}).get("error")
    return error["loc"] + (cause.loc if isinstance(cause, Misfit) else ())


def _sentence(error: ErrorDetails, model: type[BaseModel]) -> str:
    place = ".".join(str(step) for step in error["loc"] if not _is_branch(step))
    match error["type"]:
        case "extra_forbidden":
            allowed = _fields_at(model, error["loc"][:-1])
            close = get_close_matches(str(error["loc"][-1]), allowed, 1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            return f"unknown key {place!r}; {hint}allowed here: {', '.join(allowed)}"
        case "missing":
            return f"the key {place!r} is missing"
        case "value_error":
            message = error["msg"].removeprefix("Value error, ")
            return f"{place}: {message}" if place else message
        case _:
            got = error["input"]
            shown = f", not {got!r}" if isinstance(got, (str, int, float)) else ""
            return f"{place}: {error['msg'][0].lower()}{error['msg'][1:]}{shown}"


def _is_branch(step: int | str) -> bool:
    """Pydantic puts the branch of a union into the path; that is no key of the file."""
    return isinstance(step, str) and ("[" in step or step in ("float", "int", "str", "bool"))


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Keys that the model at a path allows."""
    schema = model.model_json_schema()
    node = schema
    for step in loc:
        node = _resolved(schema, node)
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(step) or node.get("additionalProperties") or node
    return sorted(_resolved(schema, node).get("properties", {}))


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or what stands behind its reference or the one reference of its union."""
    for choice in node.get("anyOf") or [node]:
        if "$ref" in choice:
            found: dict[str, Any] = schema["$defs"][choice["$ref"].rsplit("/", 1)[-1]]
            return found
    return node


def _line_of(tree: yaml.Node | None, loc: tuple[int | str, ...]) -> int | None:
    """Line of the deepest node on the path that the file has."""
    line = None
    for step in loc:
        if isinstance(tree, yaml.MappingNode):
            pair = next(((key, value) for key, value in tree.value if key.value == str(step)), None)
            if pair is None:
                continue
            line, tree = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(tree, yaml.SequenceNode) and isinstance(step, int):
            tree = tree.value[step]
            line = tree.start_mark.line + 1
    return line
