"""One loader for every YAML file: what it makes of a text, where its limits are, and that nothing ends in a traceback."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.plan.yaml_loading import MOST_BYTES, load_yaml
from scenarios.plan.yaml_reading import MOST_DEPTH, MOST_VALUES, BadYaml, read_yaml
from scenarios.target.model import Target


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("1_000", 1000),
        ("1:30", "1:30"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("2026-11-11", "2026-11-11"),
        ("~", None),
        ("", None),
        ("True", True),
        ("!!str 5", "5"),
        ("9223372036854775807", 2**63 - 1),
        ("'\\x1b'", "\\x1b"),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    """YAML 1.2's core: no sexagesimal numbers, no octal by a leading zero, no dates, no `no` for false."""
    found, _ = read_yaml(f"key: {text}")
    assert found == {"key": value}
    assert type(found["key"]) is type(value)  # type: ignore[call-overload, index]  # a mapping


def test_keys_are_text_as_it_is_written() -> None:
    """A service's word for a state may look like a number."""
    assert read_yaml("{1: a, true: b, ~: c, 0x10: d}")[0] == {"1": "a", "true": "b", "~": "c", "0x10": "d"}


def test_what_is_said_once_may_be_used_again() -> None:
    """Anchors and merges; what stands beside a merge comes before it, and the first of several before the others."""
    text = "base: &a {x: 1, y: 1}\nmore: &b {y: 2, z: 2}\nboth: {<<: [*a, *b], x: 3}\nagain: *a"
    assert read_yaml(text)[0] == {
        "base": {"x": 1, "y": 1},
        "more": {"y": 2, "z": 2},
        "both": {"x": 3, "y": 1, "z": 2},
        "again": {"x": 1, "y": 1},
    }


def _bomb(first: str, again: str) -> str:
    """Nine levels of ten aliases each: a billion values in a few hundred bytes."""
    return f"a0: &a0 {first}\n" + "".join(f"a{level}: &a{level} {again % ', '.join([f'*a{level - 1}'] * 10)}\n" for level in range(1, 10))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: 2\na: 3", 3, "has the key 'a' twice"),
        ("a: {b: 1, b: 1}", 1, "has the key 'b' twice"),
        ("[a]: 1", 1, "has a list or a mapping for a key; keys are text"),
        ("? {a: b}\n: 1", 1, "has a list or a mapping for a key"),
        ("a: !!python/object/apply:os.system [ls]", 1, "tags are not allowed"),
        ("a: !!binary aGk=", 1, "tags are not allowed"),
        ("a: !mine {}", 1, "tags are not allowed"),
        ("a: !!int five", 1, "'five' is no int"),
        ("a:\n  b: .inf", 2, "the number .inf is not finite"),
        ("a: -.INF", 1, "is not finite"),
        ("a: .nan", 1, "is not finite"),
        ("a: 1e999", 1, "is not finite"),
        ("a: 9223372036854775808", 1, "is beyond 64 bits"),
        ("a: " + "9" * 5000, 1, "is beyond 64 bits"),
        ("a: 0x" + "f" * 17, 1, "is beyond 64 bits"),
        ("a: &x [*x]", 1, f"nests more than {MOST_DEPTH} levels deep"),
        ("[" * 3000, 1, f"nests more than {MOST_DEPTH} levels deep"),
        ("- " * 3000, 1, f"nests more than {MOST_DEPTH} levels deep"),
        (_bomb("[x, x]", "[%s]"), 1, f"has more than {MOST_VALUES:,} values"),
        (_bomb("{x: 1}", "{<<: [%s]}"), 1, f"has more than {MOST_VALUES:,} values"),
        ("[" + "a," * 30_000 + "]", 1, f"has more than {MOST_VALUES:,} values"),
        ("a: *nobody", 1, "is no YAML: found undefined alias"),
        ("--- 1\n--- 2", 2, "is no YAML"),
        ("<<: 5", 1, "merges (<<) what is no mapping"),
        ("a: 1\nb: \x00", 2, "is no YAML: it has the character \\x00"),
        ("a: \x1b[2J", 1, "is no YAML: it has the character \\x1b"),
        ('a: "\\UFFFFFFFF"', None, "an escape in it stands for no character"),
        ('a: "\\ud83d"', 1, "has half a character"),
        ("a: 'never closed", 1, "is no YAML"),
        ("\t- a", 1, "is no YAML"),
    ],
)
def test_a_limit_is_said_with_its_line(text: str, line: int | None, says: str) -> None:
    """Neither the memory nor the interpreter's stack decides."""
    with pytest.raises(BadYaml) as error:
        read_yaml(text)
    assert says in error.value.what
    assert error.value.line == line
    assert len(error.value.what) < 200
    assert error.value.what.isprintable()


@given(st.text(alphabet=st.sampled_from("ab:- \n{}[],&*!|>'\"%@`#?<~0x9.e+_\\\t\u202e\ud800\x00\x85é爱"), max_size=60))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    """Whatever is composed of what YAML has a meaning for."""
    said = ""
    try:
        read_yaml(text)
    except BadYaml as error:
        said = error.what
    assert said.isprintable()


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_in_a_sentence_with_the_file(data: bytes) -> None:
    """No file of noise is a scenario or a target."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "noise.yaml"
        path.write_bytes(data)
        for model in (Scenario, Target):
            with pytest.raises(BadInput) as error:
                load_yaml(path, model)
            assert str(error.value).startswith(f"{path}:")
            assert str(error.value).isprintable()


def _fifo(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (Path.mkdir, "is no file, but a folder, a pipe or a device"),
        (_fifo, "is no file, but a folder, a pipe or a device"),
        (lambda path: path.symlink_to("/dev/zero"), "is no file, but a folder, a pipe or a device"),
        (lambda path: path.symlink_to("nowhere"), "cannot be read: No such file or directory"),
        (lambda path: path.symlink_to(path.name), "cannot be read: Too many levels of symbolic links"),
        (lambda path: path.write_bytes(b"#" * (MOST_BYTES + 1)), "is too long for a file of this kind; allowed: 256 kB"),
        (lambda path: path.write_bytes("name: x".encode("utf-16")), "is not UTF-8 text"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "is not UTF-8 text"),
        (lambda path: path.write_bytes("name: x".encode("utf-16-le")), "it has the character \\x00"),
        (lambda path: path.write_bytes(b""), "is empty or no mapping"),
        (lambda path: path.write_bytes(b"- a\n- b"), "is empty or no mapping"),
        (lambda path: path.write_bytes(b"# nothing"), "is empty or no mapping"),
    ],
)
def test_what_is_no_text_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None], says: str) -> None:
    """A pipe is not waited for, a device not read, a huge file not loaded."""
    path = tmp_path / "given.yaml"
    make(path)
    with pytest.raises(BadInput) as error:
        load_yaml(path, Scenario)
    assert says in str(error.value)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    """Some editors put one."""
    path = tmp_path / "given.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: small\n")
    with pytest.raises(BadInput, match="the key 'describe' is missing"):
        load_yaml(path, Scenario)
