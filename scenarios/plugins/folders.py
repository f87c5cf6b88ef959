"""The folders in which things are found: the project's, and the user's own laid out the same way. There is no list to edit."""

import stat
from pathlib import Path

from scenarios.errors import BadInput, choices
from scenarios.own_code import PATH_VARIABLE, own_folders
from scenarios.safe_reading import is_file, what_stands_at

PROJECT = Path(__file__).resolve().parents[2]


def own_roots() -> list[Path]:
    """The user's folders from STORMDRILL_PATH, each once.

    Raises:
        BadInput: one of them is not there.
    """
    own = own_folders()
    for folder in own:
        if (found := what_stands_at(folder)) is None or not stat.S_ISDIR(found.st_mode):
            raise BadInput(f"the folder of {PATH_VARIABLE} or --path is not there", path=folder)
    return [folder for folder in own if folder != PROJECT]


def roots() -> list[Path]:
    """The user's folders, then the project. Raises as `own_roots`."""
    return [*own_roots(), PROJECT]


def discover(folder: str, suffix: str, main: str = "") -> dict[str, Path]:
    """Files of a folder such as `scenarios/catalog` and its sub-folders by their names, in all roots; the user's own come before ours.

    With `main`, a folder that has a file of this name stands for all its files, by the folder's name.

    Raises:
        BadInput: two files of one root have the same name.
    """
    found: dict[str, Path] = {}
    for root in roots():
        for name, path in _named(root / folder, suffix, main).items():
            found.setdefault(name, path)
    return dict(sorted(found.items()))


def _named(folder: Path, suffix: str, main: str) -> dict[str, Path]:
    """Files of one root, and folders that stand for theirs, by their names."""
    named: dict[str, Path] = {}
    for path in dict.fromkeys(_whole(path, folder, main) for path in _files(folder, suffix)):
        name = (path.name if path.is_dir() else path.stem).replace("_", "-")
        if name in named:
            raise BadInput(f"has the name {name!r} a second time, after {named[name]}; allowed: once in a folder", path=path)
        named[name] = path
    return named


def _files(folder: Path, suffix: str) -> list[Path]:
    """Files below a folder, but those that are hidden or put aside."""
    there = sorted(folder.rglob(f"*{suffix}"))
    return [path for path in there if path.is_file() and not any(part.startswith(("_", ".")) for part in path.relative_to(folder).parts)]


def _whole(path: Path, folder: Path, main: str) -> Path:
    """The outermost folder that the file is a part of, or the file itself."""
    above = [folder.joinpath(*path.relative_to(folder).parts[:depth]) for depth in range(1, len(path.relative_to(folder).parts))]
    return next((place for place in above if main and (place / main).is_file()), path)


def parts(folder: Path, suffix: str, main: str) -> list[Path]:
    """The files of a folder that stands for them, its main one first."""
    return [folder / main, *(path for path in _files(folder, suffix) if path != folder / main)]


def find(folder: str, suffix: str, name: str, kind: str, main: str = "") -> Path:
    """The file of that name, or the file or folder itself where `name` is a path.

    Raises:
        BadInput: there is none; names what there is.
    """
    if name.endswith(suffix) or "/" in name:
        path = Path(name)
        if main and path.name == main and path.parent.name:
            path = path.parent
        if is_file(path) or (main and is_file(path / main)):
            return path
        if main and path.is_dir():
            raise BadInput(f"is no {kind}: a folder of one holds {main}", path=name)
        if what_stands_at(path):
            raise BadInput(f"is no {kind} file, but a folder, a pipe or a device", path=name)
        raise BadInput(f"there is no such {kind} file", path=name)
    return find_named(folder, suffix, name, kind, main)


def find_named(folder: str, suffix: str, name: str, kind: str, main: str = "") -> Path:
    """The file of that name. Raises BadInput where there is none; names what there is."""
    there = discover(folder, suffix, main)
    if name in there:
        return there[name]
    raise BadInput(f"there is no {kind} {name!r}; {choices(name, there)}")
