"""Plug-in files of a user's own, bent at random, held to the law: file and line of the mistake, or it is none."""

import itertools
import re
from pathlib import Path

import pytest
from fuzz_law import PARTS, call, holds, workplace
from hypothesis import given
from hypothesis import strategies as st

from scenarios.plugins import PROJECT

_EXAMPLES = re.findall(r"```python\n# ([a-z_/]+\.py)\n(.*?)```", (PROJECT / "docs" / "extending.md").read_text("utf-8"), re.DOTALL)
_PUT_IN = [
    "", " ", "\n", "    ", "\t", ":", "(", ")", "]", '"""', "'", "\\", "#", ",", "=", "*", "@", "\x00", "\ufeff", "爱", "\u202e", "0",
    "1e999", "None", "yield", "return", "pass", "class ", "def ", "import nowhere", "raise SystemExit(3)", "raise KeyboardInterrupt",
    "1/0", "...", "async ", "del ", "lambda: 0", "[]", "ID = 3\n", "KIND = ''\n", "ORDER = 'x'\n", "TITLE = None\n", "facts = 3\n",
]  # fmt: skip
_COUNT = itertools.count()
"""Each bent file has a name of its own: a module that was loaded once is not loaded again in the same process."""


def test_there_is_an_example_of_each_kind() -> None:
    """Those of the documentation."""
    kinds = {Path(path).parent.name for path, _ in _EXAMPLES}
    assert kinds == {"journeys", "handles", "faults", "drills", "measures", "checks", "sections", "outlets"}


@pytest.mark.parametrize("part", PARTS)
def test_a_bent_plugin(part: int) -> None:
    """Pieces put in, taken out and doubled: it is refused by its name, or it is sound and the run is stopped at the door of its world."""

    @given(st.sampled_from(_EXAMPLES), st.data())
    def law(example: tuple[str, str], data: st.DataObject) -> None:
        path, text = example
        for _ in range(data.draw(st.integers(1, 3))):
            at, cut = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 30))
            text = text[:at] + data.draw(st.sampled_from([*_PUT_IN, text[at : at + 60]])) + text[at + cut :]
        with workplace() as folder:
            own = folder / Path(path).with_name(f"bent_{next(_COUNT)}.py")
            own.parent.mkdir(parents=True)
            own.write_text(text, "utf-8")
            told = call("run", "smoke", "--path", str(folder))
            assert told.code == 64
            assert str(own) in told.err or "no world is started here" in told.err, f"{told.err}\n{text}"

    holds(law, part, share=0.33)
