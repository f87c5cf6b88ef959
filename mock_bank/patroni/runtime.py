"""Which Patroni, and how a user other than this one runs it."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mock_bank.errors import WorldError, WorldFaultError
from mock_bank.layout.homes import private_home, reachable
from mock_bank.processes.system_user import SystemUser

_INSTALL = "install the extra with: uv sync --extra patroni (from a package index: pip install 'stormdrill[patroni]')"
_NEEDED = {"patroni": "patroni", "pysyncobj": "pysyncobj", "psycopg": "psycopg"}  # what is imported, and its package
_ROOTS = ("patroni", "pysyncobj", "cryptography", "psycopg", "psycopg-binary")
_NOT_COPIED = shutil.ignore_patterns("site-packages", "test", "idlelib", "ensurepip", "tkinter", "turtledemo", "lib2to3", "config-*")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_COMPILE_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Runtime:
    """An interpreter that has Patroni, and that the owner of the databases can run."""

    python: Path
    environment: tuple[tuple[str, str], ...] = field(default=())

    def argv(self, module: str, *arguments: str) -> list[str]:
        """The command that runs the `main` of a module, as its installed program does."""
        told = [f"{name}={value}" for name, value in self.environment]
        return [*(["/usr/bin/env", *told] if told else []), str(self.python), "-c", f"from {module} import main; main()", *arguments]


def find_patroni(owner: SystemUser) -> Runtime:
    """The Patroni that is installed beside this program.

    Raises:
        WorldError: it is not there.
    """
    lacking = [package for module, package in _NEEDED.items() if importlib.util.find_spec(module) is None]
    if lacking:
        raise WorldError(f"no Patroni: {', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not installed; {_INSTALL}")
    places = [Path(sys.executable), Path(sys.executable).resolve(), Path(sysconfig.get_path("stdlib")), _site()]
    if all(reachable(place, owner.uid) for place in places if place.exists()):
        return Runtime(Path(sys.executable))
    return _copied()


def _site() -> Path:
    spec = importlib.util.find_spec("patroni")
    if spec is None or spec.origin is None:
        raise WorldError(f"no Patroni; {_INSTALL}")
    return Path(spec.origin).parents[1]


def _copied() -> Runtime:
    """Where the owner can reach them: this interpreter, and of all packages those that Patroni needs."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    home = private_home() / f"patroni-{importlib.metadata.version('patroni')}-python-{version}"
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    runtime = Runtime(
        home / "bin" / name,
        (("PYTHONHOME", str(home)), ("PYTHONPATH", str(home / "site")), ("LD_LIBRARY_PATH", str(home / "lib"))),
    )
    if not home.exists():
        draft = home.with_name(f".{home.name}-{os.getpid()}")
        try:
            _copy(draft, name)
            draft.rename(home)
        except (OSError, shutil.Error) as error:
            if not home.exists():  # else another world was faster
                raise WorldFaultError(f"Patroni could not be copied to {home}: {error}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return runtime


def _copy(draft: Path, name: str) -> None:
    before = os.umask(0o022)  # the owner must read what is copied
    try:
        for folder in ("bin", "lib", "site"):
            (draft / folder).mkdir(parents=True)
        shutil.copy2(Path(sys.executable).resolve(), draft / "bin" / name)
        shutil.copytree(sysconfig.get_path("stdlib"), draft / "lib" / name, ignore=_NOT_COPIED)
        for library in Path(sys.base_prefix, "lib").glob("libpython*.so*"):
            shutil.copy2(library, draft / "lib" / library.name)
        for file, relative in _files(_closure(_ROOTS)):
            target = draft / "site" / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
        compiling = [sys.executable, "-m", "compileall", "-q", str(draft / "site")]  # or each start would do it again
        subprocess.run(compiling, check=False, timeout=_COMPILE_TIMEOUT_S, capture_output=True)
    finally:
        os.umask(before)


def _closure(names: Iterable[str]) -> dict[str, importlib.metadata.Distribution]:
    """The packages of these names that are installed, with all that they need, extras apart."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found[name] = distribution
        needed = [line for line in distribution.requires or [] if "extra ==" not in line]
        waiting += [match[0] for line in needed if (match := _NAME.match(line))]
    return found


def _files(packages: dict[str, importlib.metadata.Distribution]) -> Iterator[tuple[Path, Path]]:
    """Their files with where each lies below the folder of packages; programs, which lie elsewhere, are passed over."""
    for distribution in packages.values():
        for file in distribution.files or []:
            path = Path(str(file.locate()))
            if ".." not in file.parts and path.is_file():
                yield path, Path(*file.parts)
