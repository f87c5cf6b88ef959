"""The law of the command line, and the things that are thrown at it.

Whatever is given: the exit code is 0, 1, 2 or 64; what is wrong is one sentence; there is no traceback; nothing is left.
"""

import io
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from hypothesis import seed, settings
from hypothesis import strategies as st

import stormdrill.rehearsal.provisioning
from scenarios.errors import BadInput
from stormdrill.cli import run_command_line

EXIT_CODES = (0, 1, 2, 64)
EXAMPLES = int(os.environ.get("STORMDRILL_FUZZ", "46"))
"""How many of each kind: in `make test` together a minute's work; `make fuzz` has many more."""
PARTS = range(3)
"""Each kind is a test in parts, which several processes share."""


def holds(law: Callable[..., None], part: int, share: float = 1) -> None:
    """Holds a part of a kind's examples to a law that draws them. In `make test` always the same ones, in `make fuzz` always others."""
    same = "STORMDRILL_FUZZ" not in os.environ
    limited = settings(max_examples=max(1, round(EXAMPLES * share / len(PARTS))), derandomize=same)(law)
    (seed(part)(limited) if same else limited)()


Plain = Any


@dataclass(frozen=True)
class Told:
    """What a call came to."""

    code: int
    out: str
    err: str


@contextmanager
def _no_world(*_: object) -> Iterator[None]:
    """What is sound is stopped before anything is started: by this, in a sentence."""
    raise BadInput("no world is started here")
    yield


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder to be in, with an environment and a way to no world, all as before afterwards."""
    environment, here = dict(os.environ), Path.cwd()
    world = stormdrill.rehearsal.provisioning.running_world
    with TemporaryDirectory(prefix="fuzz-") as folder:
        os.environ["STORMDRILL_OPERATOR"] = str(Path(folder) / "nobody.yaml")
        stormdrill.rehearsal.provisioning.running_world = _no_world  # type: ignore[assignment]  # on purpose
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(here)
            stormdrill.rehearsal.provisioning.running_world = world
            os.environ.clear()
            os.environ.update(environment)


def call(*arguments: str) -> Told:
    """Calls the door in this process, and holds it to the law."""
    out, err = io.StringIO(), io.StringIO()
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    before = set(psutil.Process().children(recursive=True))  # other tests of this process may have theirs
    with redirect_stdout(out), redirect_stderr(err):
        code = run_command_line(list(arguments))
    told = Told(code, out.getvalue(), err.getvalue())
    shown = f"{arguments!r}: exit {code}\n{told.out}\n{told.err}"
    assert code in EXIT_CODES, shown
    assert "Traceback" not in told.out + told.err, shown
    sentences = [line for line in told.err.splitlines() if line.startswith("stormdrill: ")]
    assert len(sentences) == (code == 64), shown
    assert all(len(sentence) < 4000 and sentence.isprintable() for sentence in sentences), shown
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == handlers, shown
    assert set(psutil.Process().children(recursive=True)) <= before, shown
    return told


TEXTS = [
    "", " ", "\u202e", "\x1b[2J", "\x00", "\ud800", "x" * 300, "x" * 5000, "../../../etc/passwd", "/dev/zero", "-", "--", "~", "a b", "#",
    "*", "{", "{}", "{{", "{x|y}", "{topology}", "$.a", "$[0]", "$" + ".a" * 50, "http", "http == 200", "not " * 50, "(" * 50, "inf", "nan",
    "1e400", "9" * 400, "10 s", "-1 s", "1000 h", "5/s", "-5/s", "1 x", "1000000000/s", "p99 <= 1 s", "peak + 3 s", "http://127.0.0.1:1",
    "http://[::1", "http://a..b:99999", "null", "true", "primary-kill", "flash-sale", "embedded", "mock_bank", "爱", "\U0001f600",
    "\r\nX: 1", "%s", "a=b",
]  # fmt: skip
NUMBERS = [0, -1, 1, 2, 10**9, 2**31, 2**63, -(2**63) - 1, 10**400, 0.1, -0.0, 1e-320, 1e308, float("inf"), float("-inf"), float("nan")]
scalars = st.one_of(
    st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.booleans(), st.none(), st.text(max_size=8), st.integers(), st.floats()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(TEXTS) | st.text(max_size=4), inner, max_size=3)
)


def _paths(tree: Plain, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, inner in steps:
        yield from _paths(inner, (*path, step))


def _changed(tree: Plain, path: tuple[Any, ...], value: Plain, how: str) -> Plain:
    """A copy of the tree in which the part at the path is replaced, dropped, nested, or has a neighbour."""
    if not path:
        return {"replace": value, "drop": None, "nest": [tree], "join": {"x": value}}[how]
    step, *rest = path
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    if rest:
        copy[step] = _changed(copy[step], tuple(rest), value, how)
    elif how == "drop":
        del copy[step]
    elif how == "nest":
        copy[step] = {"x": copy[step]}
    elif how == "join" and isinstance(copy, dict):
        copy[str(value)[:40]] = value
    elif how == "join":
        copy.append(value)
    else:
        copy[step] = value
    return copy


@st.composite
def bent(draw: st.DrawFn, tree: Plain) -> Plain:
    """The tree with one to three of its parts changed."""
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(sorted(_paths(tree), key=str)))
        tree = _changed(tree, path, draw(values), draw(st.sampled_from(["replace", "replace", "drop", "nest", "join"])))
    return tree
