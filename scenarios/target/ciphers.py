"""Encryption of single fields by code that is somebody else's: `{phone|encrypt(NAME, SECRET)}`, where the user has allowed code.

NAME is an entry point of the group `stormdrill.ciphers`, or MODULE:FUNCTION of a file in a folder of the user's own (`--path`).
"""

import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from scenarios.errors import BadInput, Misfit
from scenarios.harmless import clipped
from scenarios.own_code import PATH_VARIABLE, code_is_allowed, own_folders
from scenarios.safe_reading import Unreadable, read_bounded

CIPHER_GROUP = "stormdrill.ciphers"

_MOST_BYTES = 1_000_000

ENCRYPT = "encrypt"
"""The filter whose arguments name a cipher and a declared secret."""

_NAMED = re.compile(rf"\|\s*{ENCRYPT}\(([^(),|]*),")

Cipher = Callable[[bytes, bytes], str]
"""Takes the text and the key, and gives what is sent in its place."""


class File(Protocol):
    """A target's file, as far as ciphers are concerned."""

    @property
    def operations(self) -> Mapping[str, BaseModel]:
        """What customers ask."""

    def model_dump_json(self) -> str:
        """All of it."""


def check_ciphers(target: File) -> None:
    """Raises Misfit where a cipher is named that is not there, or code is not allowed."""
    places: list[tuple[tuple[str, ...], str]] = [(("operations", name), each.model_dump_json()) for name, each in target.operations.items()]
    for loc, said in [*places, ((), target.model_dump_json())]:
        for name in _NAMED.findall(said):
            try:
                cipher(name.strip())
            except BadInput as error:
                raise Misfit(str(error), *loc) from None


def encryption(name: str, key: bytes) -> Callable[[object], str]:
    """What a cipher makes of a value under a key. Raises BadInput as `cipher`."""
    encrypt = cipher(name)

    def change(value: object) -> str:
        found: Any = encrypt(str(value).encode(), key)
        if not isinstance(found, str):
            raise TypeError(f"the cipher {name!r} gives {type(found).__name__}; allowed: a text")
        return found

    return change


def cipher(name: str) -> Cipher:
    """The function of that name.

    Raises:
        BadInput: code is not allowed, or there is none of that name.
    """
    if not code_is_allowed():
        raise BadInput(f"the cipher {clipped(name)!r} is code; allow it with: stormdrill --allow-code …")
    module, colon, function = name.partition(":")
    return _of_own_file(module, function) if colon else _installed(name)


def _installed(name: str) -> Cipher:
    there = {point.name: point for point in entry_points(group=CIPHER_GROUP)}
    if name not in there:
        known = ", ".join(sorted(there)) or "none"
        allowed = f"entry points of {CIPHER_GROUP}: {known}; or MODULE:FUNCTION of --path"
        raise BadInput(f"the cipher {clipped(name)!r} is not installed; {allowed}")
    found: Cipher = there[name].load()
    return found


def _of_own_file(module: str, function: str) -> Cipher:
    path = next((path for path in _files(module) if path.is_file()), None)
    if path is None:
        raise BadInput(f"there is no {module.replace('.', '/')}.py for a cipher in a folder of --path or {PATH_VARIABLE}")
    try:
        read_bounded(path, _MOST_BYTES)
    except Unreadable as error:
        raise BadInput(str(error), path=path) from None
    found = getattr(_loaded(path), function, None)
    if not callable(found):
        raise BadInput(f"has no function {function!r} to encrypt with", path=path)
    cipher: Cipher = found
    return cipher


def _files(module: str) -> Iterator[Path]:
    """Where the user's own folders could have it. Nothing else is looked at: what a target's file names is no module of anybody's."""
    if all(part.isidentifier() for part in module.split(".")):
        for folder in own_folders():
            yield folder.joinpath(*module.split(".")).with_suffix(".py")


@lru_cache(maxsize=16)
def _loaded(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(f"stormdrill_cipher_{path.stem}", path)
    assert spec is not None  # noqa: S101 - the name ends in .py
    assert spec.loader is not None  # noqa: S101 - the same
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - whatever the user's code raises
        raise BadInput(f"cannot be loaded: {type(error).__name__}: {error}", path=path) from None
    return module
