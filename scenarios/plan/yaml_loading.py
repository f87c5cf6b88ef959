"""Reads YAML files into models; every error is one sentence with file, line, what is wrong and what is allowed."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scenarios.errors import BadInput, Misfit, choices
from scenarios.harmless import clipped
from scenarios.plan.yaml_parts import Document, Loc, Part, laid_over, merge
from scenarios.plan.yaml_reading import BadYaml, Plain, read_yaml
from scenarios.strict import FOLDER, FromFile

Model = TypeVar("Model", bound=BaseModel)

MOST_BYTES = 256_000
MOST_PARTS = 200
_MOST_SENTENCE = 1000


def load_yaml(path: Path, model: type[Model], problems: Callable[[Model], Iterable[Misfit]] | None = None) -> Model:
    """The file as a model. `problems` tells what of it does not fit to what lies elsewhere.

    Raises:
        BadInput: it cannot be read, is no YAML, goes beyond a limit, breaks the model, or has a problem; names file and line.
    """
    document = merge([_part(path)])
    found = _validated(document, model, path.parent)
    for problem in problems(found) if problems else ():
        raise BadInput(clipped(problem, _MOST_SENTENCE), path=path, line=document.part_of(problem.loc).line(problem.loc))
    return found


def load_yaml_parts(
    paths: Sequence[Path], model: type[Model], sections: AbstractSet[Loc], like: tuple[str, Callable[[str], Sequence[Path]]] | None = None
) -> Model:
    """Several files as one model; each key stands in one of them, but those in `sections` may be filled by several.

    `like` is the key that names another such model, and how its files are found: it says all that this one does not say itself.

    Raises:
        BadInput: as `load_yaml`, of the part that is wrong; a key stands in two parts; there is none of that name, or it is like a third.
    """
    document = _merged(paths, sections)
    if like and (name := document.data.get(like[0])) is not None:
        document = laid_over(document, _model_of(document, name, *like, sections))
    return _validated(document, model, paths[0].parent)


def _merged(paths: Sequence[Path], sections: AbstractSet[Loc]) -> Document:
    if len(paths) > MOST_PARTS:
        raise BadInput(f"is one of {len(paths)} files; allowed together: {MOST_PARTS}", path=paths[MOST_PARTS])
    return merge([_part(path) for path in paths], sections)


def _model_of(document: Document, name: object, key: str, files: Callable[[str], Sequence[Path]], sections: AbstractSet[Loc]) -> Document:
    """The document that this one is like."""
    part = document.part_of((key,))
    if not isinstance(name, str):
        raise BadInput(f"{key}: {clipped(str(name))} is no name", path=part.path, line=part.line((key,)))
    try:
        base = _merged(files(name), sections)
    except BadInput as error:
        if error.path in {None, Path(name)}:
            raise BadInput(f"{key}: {error.what}", path=part.path, line=part.line((key,))) from None
        raise
    if key in base.data:
        sentence = f"{key}: {clipped(name)} is itself {key} {clipped(base.data[key])}; allowed: one that says all by itself"
        raise BadInput(sentence, path=part.path, line=part.line((key,)))
    return base


def _part(path: Path) -> Part:
    try:
        data, tree = read_yaml(_text(path))
    except BadYaml as error:
        raise BadInput(error.what, path=path, line=error.line) from None
    if not isinstance(data, dict):
        raise BadInput("is empty or no mapping of keys to values", path=path)
    return Part(path, data, tree)


def _validated(document: Document, model: type[Model], folder: Path) -> Model:
    """The document as a model; other files that it names are looked for from `folder`."""
    try:
        found = model.model_validate(document.data, context={FOLDER: str(folder)})
    except ValidationError as error:
        # A mistyped key is also a missing one; the mistype is what the user wants to hear of.
        first = min(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
        part = document.part_of(_loc(first))
        raise BadInput(_sentence(first, model), path=part.path, line=part.line(_loc(first))) from None
    for loc in _switches_for_numbers(document.data, found):
        part = document.part_of(loc)
        what = f"{'.'.join(map(str, loc))}: input should be a number, not true or false"
        raise BadInput(clipped(what, _MOST_SENTENCE), path=part.path, line=part.line(loc))
    if isinstance(found, FromFile):
        found.read_at(document.place)
    return found


def _switches_for_numbers(data: Plain, found: object, loc: Loc = ()) -> Iterator[Loc]:
    """The ways to each true and false that the model takes for 1 and 0."""
    if isinstance(data, bool):
        yield from [loc] if type(found) in (int, float) else []
    elif isinstance(data, dict):
        inner = found if isinstance(found, Mapping) else vars(found) if isinstance(found, BaseModel) else {}
        for key, value in data.items():
            yield from _switches_for_numbers(value, inner.get(key), (*loc, key))
    elif isinstance(data, list) and isinstance(found, Sequence) and len(found) == len(data):
        for place, (value, one) in enumerate(zip(data, found, strict=True)):
            yield from _switches_for_numbers(value, one, (*loc, place))


def _text(path: Path) -> str:
    """What the file holds. A FIFO or a device is not waited for, a huge file not read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BadInput("is no file, but a folder, a pipe or a device", path=path)
            data = os.read(descriptor, MOST_BYTES + 1)  # of a regular file all of it, in one
        finally:
            os.close(descriptor)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", path=path) from None
    except ValueError:  # its name holds a NUL
        raise BadInput("is no name of a file", path=path) from None
    if len(data) > MOST_BYTES:
        raise BadInput(f"is too long for a file of this kind; allowed: {MOST_BYTES // 1000} kB", path=path)
    try:
        return data.decode("utf-8-sig")  # with a byte order mark or without
    except UnicodeDecodeError:
        raise BadInput("is not UTF-8 text", path=path) from None


def _loc(error: ErrorDetails) -> tuple[int | str, ...]:
    """Path to what is wrong: the model's, and behind it that of the parts that do not fit together."""
    cause = error.get("ctx", {}).get("error")
    return error["loc"] + (cause.loc if isinstance(cause, Misfit) else ())


def _sentence(error: ErrorDetails, model: type[BaseModel]) -> str:
    return clipped(_told(error, model), _MOST_SENTENCE)


def _told(error: ErrorDetails, model: type[BaseModel]) -> str:
    place = clipped(".".join(str(step) for step in error["loc"] if not _is_branch(step)))
    match error["type"]:
        case "extra_forbidden":
            allowed = _fields_at(model, error["loc"][:-1])
            return f"unknown key {place!r}; {choices(clipped(error['loc'][-1]), allowed, 'allowed here')}"
        case "missing":
            return f"the key {place!r} is missing"
        case "value_error":
            message = error["msg"].removeprefix("Value error, ")
            return f"{place}: {message}" if place else message
        case "model_type" | "model_attributes_type":
            return f"{place}: {clipped(repr(error['input']))} is no mapping; allowed keys: {', '.join(_fields_at(model, error['loc']))}"
        case "dict_type" | "list_type" | "tuple_type" as kind:
            return f"{place}: {clipped(repr(error['input']))} is no {'mapping of keys to values' if kind == 'dict_type' else 'list'}"
        case _:
            got = error["input"]
            shown = f", not {clipped(repr(got))}" if isinstance(got, (str, int, float)) else ""
            return f"{place}: {error['msg'][0].lower()}{error['msg'][1:]}{shown}"


def _is_branch(step: int | str) -> bool:
    """Pydantic puts the branch of a union into the path; that is no key of the file."""
    return isinstance(step, str) and ("[" in step or step in ("float", "int", "str", "bool"))


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Keys that the model at a path allows."""
    node = schema = _schema(model)
    for step in loc:
        node = _resolved(schema, node)
        below = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step) or _any_other(node)
        node = below if isinstance(below, dict) else node
    return sorted(_resolved(schema, node).get("properties", {}))


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _any_other(node: dict[str, Any]) -> object:
    """What stands behind a key that the model does not name: any, or one of a pattern."""
    return node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), None)


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or what stands behind its reference or the one reference of its union."""
    for choice in node.get("anyOf") or [node]:
        if "$ref" in choice:
            found: dict[str, Any] = schema["$defs"][choice["$ref"].rsplit("/", 1)[-1]]
            return found
    return node
