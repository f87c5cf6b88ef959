"""The user's folders as import roots: their modules are called like ours, `chaos.faults.my_fault`, wherever the folder lies.

A package of ours that the user's folder has too is found in both: the folders of plug-ins in the user's first, so that a drill that imports
a fault gets the user's own; everything else in ours first. Plain modules of the user's folder can be imported as well, after all others.
"""

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb
from types import ModuleType

from pydantic import ValidationError

from scenarios.errors import BadInput, StormdrillError
from scenarios.plugins.contracts import CONTRACTS, Contract, breaches
from scenarios.plugins.folders import PROJECT, own_roots, roots
from scenarios.safe_reading import Unreadable, read_bounded

_PACKAGES = ("scenarios", "locustfiles", "chaos", "reports", "stormdrill")
_MOST_WORDS = 300
_MOST_BYTES = 1_000_000

_entered: list[Path] = []
"""The user's folders that can be imported from now."""


def load(contract: Contract, name: str, path: Path) -> ModuleType:
    """A plug-in's file as a module that keeps its contract.

    Raises:
        BadInput: it cannot be loaded, whatever it raises, or lacks what its kind must have; names file and line.
    """
    source(path)
    enter_roots()
    root = next(root for root in roots() if path.is_relative_to(root / contract.folder))
    parts = path.relative_to(root).with_suffix("").parts
    if not all(part.isidentifier() for part in parts):
        raise BadInput("cannot be imported by this name; allowed in it: letters, digits and _", path=path)
    module = _imported(".".join(parts), path)
    for breach in breaches(contract, name, module):
        raise BadInput(breach.what, path=path, line=_line_of(path, breach.name))
    return module


def source(path: Path) -> bytes:
    """A plug-in's text. Raises BadInput where it is longer than anybody writes one."""
    try:
        return read_bounded(path, _MOST_BYTES)
    except Unreadable as error:
        raise BadInput(str(error), path=path) from None


def place(error: BaseException) -> tuple[Path, int] | None:
    """File and line of the plug-in in which something was raised or came through: the user's own before ours, the last one called.

    None where none had part in it.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return Path(error.filename), error.lineno or 1
    frames = [(Path(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__)]
    for root in (own_roots(), [PROJECT]):
        folders = [each / contract.folder for each in root for contract in CONTRACTS]
        for path, line in reversed(frames):
            if any(path.is_relative_to(folder) for folder in folders):
                return path, line
    return None


def sentence(error: BaseException) -> str:
    """What was raised, in one line."""
    if isinstance(error, SyntaxError):
        return f"is no Python: {error.msg}"
    if isinstance(error, ValidationError):
        first = min(
            error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden"
        )  # a mistyped field is also missing
        return f"{error.title}: {'.'.join(map(str, first['loc']))}: {first['msg'][0].lower()}{first['msg'][1:]}"[:_MOST_WORDS]
    text = " ".join(str(error).split())[:_MOST_WORDS]
    if isinstance(error, StormdrillError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def enter_roots() -> None:
    """Lets everything that lies in the user's folders be imported, in place of what lay in earlier ones.

    Raises:
        BadInput: a folder is not there, or the __init__.py of one raises.
    """
    own = own_roots()
    if own == _entered:
        return
    _leave()
    _entered.extend(own)
    sys.path.extend(str(root) for root in own)
    for package in sorted({package for root in own for package in _packages(root)}):
        folder = package.replace(".", "/")
        own_places = [str(root / folder) for root in own if (root / folder).is_dir()]
        module = _imported(package, Path(own_places[0]))
        module.__path__ = _ordered(package, own_places, [str(PROJECT / folder)] if (PROJECT / folder).is_dir() else [])
    for name in [name for name in sys.modules if _is_ours(name) and any(_file(root, name).is_file() for root in own)]:
        _forget(name)  # ours, loaded before it was known that the user has one of that name


def _packages(root: Path) -> Iterator[str]:
    """Dotted names of a root's folders that belong to packages of ours."""
    for top in _PACKAGES:
        for folder in [root / top, *(root / top).rglob("*")]:
            parts = folder.relative_to(root).parts
            if folder.is_dir() and all(part.isidentifier() and not part.startswith("_") for part in parts):
                yield ".".join(parts)


def _ordered(package: str, own: list[str], ours: list[str]) -> list[str]:
    """Where a package's modules are looked for."""
    of_plugins = any(f"{package}.".startswith(f"{contract.package}.") for contract in CONTRACTS)
    return [*own, *ours] if of_plugins else [*ours, *own]


def _leave() -> None:
    """Forgets what was imported from the user's folders."""
    for name, module in list(sys.modules.items()):
        if _is_ours(name) and not any(Path(entry).is_relative_to(PROJECT) and not _is_own(entry) for entry in _places(module)):
            _forget(name)
    for name, module in sys.modules.items():
        if _is_ours(name) and hasattr(module, "__path__"):
            module.__path__ = [entry for entry in module.__path__ if not _is_own(entry)]
    sys.path[:] = [entry for entry in sys.path if Path(entry) not in _entered]
    _entered.clear()


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in _PACKAGES


def _is_own(entry: str) -> bool:
    return any(Path(entry).is_relative_to(root) for root in _entered)


def _places(module: ModuleType) -> list[str]:
    file = getattr(module, "__file__", None)
    return [file] if file else [*getattr(module, "__path__", ())]


def _file(root: Path, name: str) -> Path:
    return root / f"{name.replace('.', '/')}.py"


def _forget(name: str) -> None:
    del sys.modules[name]
    above, _, last = name.rpartition(".")
    if above in sys.modules:
        vars(sys.modules[above]).pop(last, None)


def _imported(name: str, path: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except BadInput:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a file of the user's may raise anything
        where, line = place(error) or (path, 1)
        raise BadInput(
            sentence(error) if isinstance(error, SyntaxError) else f"cannot be loaded: {sentence(error)}", path=where, line=line
        ) from None


def _line_of(path: Path, name: str) -> int:
    """The line on which a file gives something its name; the first one where it does not."""
    for node in ast.parse(source(path)).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        named = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        if name in named or name == getattr(node, "name", None):
            return node.lineno
    return 1
