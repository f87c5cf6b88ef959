"""The folders in which things are found: the project's, and the user's own laid out the same way. There is no list to edit."""

import os
from difflib import get_close_matches
from pathlib import Path

from scenarios.errors import BadInput

PROJECT = Path(__file__).resolve().parents[2]
PATH_VARIABLE = "STORMDRILL_PATH"


def own_roots() -> list[Path]:
    """The user's folders from STORMDRILL_PATH, each once.

    Raises:
        BadInput: one of them is not there.
    """
    own = dict.fromkeys(Path(entry).resolve() for entry in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if entry)
    for folder in own:
        if not folder.is_dir():
            raise BadInput(f"the folder of {PATH_VARIABLE} or --path is not there", path=folder)
    return [folder for folder in own if folder != PROJECT]


def roots() -> list[Path]:
    """The user's folders, then the project. Raises as `own_roots`."""
    return [*own_roots(), PROJECT]


def discover(folder: str, suffix: str) -> dict[str, Path]:
    """Files of a folder such as `scenarios/catalog` and its sub-folders by their names, in all roots; the user's own come before ours.

    Raises:
        BadInput: two files of one root have the same name.
    """
    found: dict[str, Path] = {}
    for root in roots():
        for name, path in _named(root / folder, suffix).items():
            found.setdefault(name, path)
    return dict(sorted(found.items()))


def _named(folder: Path, suffix: str) -> dict[str, Path]:
    """Files of one root by their names."""
    named: dict[str, Path] = {}
    for path in sorted(folder.rglob(f"*{suffix}")):
        if path.is_file() and not any(part.startswith(("_", ".")) for part in path.relative_to(folder).parts):
            name = path.stem.replace("_", "-")
            if name in named:
                raise BadInput(f"has the name {name!r} a second time, after {named[name]}; allowed: once in a folder", path=path)
            named[name] = path
    return named


def find(folder: str, suffix: str, name: str, kind: str) -> Path:
    """The file of that name, or the file itself where `name` is a path.

    Raises:
        BadInput: there is none; names what there is.
    """
    if name.endswith(suffix) or "/" in name:
        if Path(name).is_file():
            return Path(name)
        raise BadInput(f"there is no such {kind} file", path=name)
    return find_named(folder, suffix, name, kind)


def find_named(folder: str, suffix: str, name: str, kind: str) -> Path:
    """The file of that name. Raises BadInput where there is none; names what there is."""
    there = discover(folder, suffix)
    if name in there:
        return there[name]
    close = get_close_matches(name, there, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise BadInput(f"there is no {kind} {name!r}; {hint}there are: {', '.join(there) or 'none'}")
