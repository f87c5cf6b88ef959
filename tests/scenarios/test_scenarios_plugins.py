"""Plug-ins of a user's own: found in his folder, imported by the same names wherever it lies, and held to the contract of their kind."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.errors import BadInput
from scenarios.plugins import (
    CHECK,
    CONTRACTS,
    DRILL,
    FAULT,
    JOURNEY,
    MEASURE,
    PATH_VARIABLE,
    PROJECT,
    SECTION,
    Contract,
    discover,
    module,
    modules,
)

Write = Callable[[str, str], Path]

FAULT_TEXT = '''
"""Nothing at all."""
from chaos.fault import Fault, FaultTarget
from chaos.health import ProbeResult

class Puff(Fault):
    """Claims to break something."""
    def find_target(self, handles): return FaultTarget()
    def inject(self, handles, target): pass
    def is_effective(self, handles, target): return ProbeResult(holds=False, evidence="nothing has changed")
    def undo(self, handles, target): pass
'''
DRILL_TEXT = '''
"""A feather."""
from chaos.drill import Drill, FaultStep
from chaos.faults.puff import Puff

class Feather(Drill):
    """One blow with a feather."""
    def steps(self): return (FaultStep(Puff()),)
'''
CHECK_TEXT = '''
"""Always well."""
from reports.finding import About, Finding, Kind, judged
from reports.measures.ones import one
ID, TITLE = "always-well", "All is well"
KIND: Kind = Kind.VALIDITY
TAINTS = (About.TRAFFIC,)

def check(evidence):
    """One is one."""
    return judged(one() == 1, ID, 1, 1, "", "well")
'''
SECTION_TEXT = '"""A word."""\nORDER, TITLE = 55, "Word"\ndef section(report):\n    """It."""\n    return "<p>word</p>"\n'
JOURNEY_TEXT = '"""Looks."""\ndef look_once(customer):\n    """Look."""\n    yield customer.ask("zone.get")\n'


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file of the user's own folder."""
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv(PATH_VARIABLE, str(own))

    def written(path: str, text: str) -> Path:
        file = own / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return written


def refused(contract: Contract, name: str) -> BadInput:
    """What is said of a plug-in that breaks its contract."""
    with pytest.raises(BadInput) as error:
        module(contract, name)
    assert "\n" not in str(error.value)
    return error.value


def test_a_users_drill_imports_a_users_fault_by_the_name_that_ours_have(write: Write) -> None:
    """`chaos.faults.puff`, from a folder outside the checkout; and it is the very class that the watchdog builds by name."""
    write("chaos/faults/puff.py", FAULT_TEXT)
    write("chaos/drills/feather.py", DRILL_TEXT)
    drill = module(DRILL, "feather")
    assert drill.__name__ == "chaos.drills.feather"
    assert drill.Puff is module(FAULT, "puff").Puff
    assert drill.Puff.kind() == "puff"


def test_a_folder_inside_the_checkout_gives_the_same_names(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Not the path from the checkout down, which would make another class of the same file."""
    own = PROJECT / "bench" / "peers"
    program = "from scenarios.plugins import JOURNEY, module; print(module(JOURNEY, 'bench-once').__name__)"
    for folder, path in ((PROJECT, own), (tmp_path_factory.mktemp("elsewhere"), own)):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=folder,
            env={"PYTHONPATH": str(PROJECT), PATH_VARIABLE: str(path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stdout.strip() == "locustfiles.journeys.bench_once", done.stderr


def test_plug_ins_in_sub_folders_are_found_and_imported(write: Write) -> None:
    """However deep; a folder of ours is shared, and a user's own may have an `__init__.py`."""
    write("chaos/faults/light/airy/puff.py", FAULT_TEXT)
    write("chaos/drills/feather.py", DRILL_TEXT.replace("chaos.faults.puff", "chaos.faults.light.airy.puff"))
    write("reports/checks/invariants/__init__.py", "")
    write("reports/checks/invariants/always_well.py", CHECK_TEXT)
    write("reports/measures/mine/__init__.py", '"""Mine."""\n')
    write("reports/measures/ones.py", '"""Ones."""\ndef one():\n    """One."""\n    return 1\n')
    assert module(DRILL, "feather").Feather
    assert module(CHECK, "always-well").__name__ == "reports.checks.invariants.always_well"
    assert module(CHECK, "no-oversell").__name__ == "reports.checks.invariants.no_oversell"


def test_every_kind_may_import_what_lies_beside_it(write: Write) -> None:
    """A check its measure, a journey a plain module of the folder's."""
    write("reports/measures/ones.py", '"""Ones."""\ndef one():\n    """One."""\n    return 1\n')
    write("reports/checks/always_well.py", CHECK_TEXT)
    write("our_own_words.py", 'ZONE = "zone.get"\n')
    write("locustfiles/journeys/look_once.py", "from our_own_words import ZONE\n" + JOURNEY_TEXT)
    assert module(CHECK, "always-well").check(None).status == "PASS"
    assert module(MEASURE, "ones").one() == 1
    assert module(JOURNEY, "look-once").ZONE == "zone.get"


def test_a_users_own_comes_instead_of_ours_of_that_name_and_goes_with_his_folder(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is imported, and in another sub-folder than ours."""
    with monkeypatch.context() as before:
        before.delenv(PATH_VARIABLE)
        ours = module(SECTION, "stock")
    mine = write("reports/output/sections/stock.py", SECTION_TEXT)
    assert module(SECTION, "stock").__file__ == str(mine)
    assert len([name for name, _ in modules(SECTION) if name == "stock"]) == 1
    monkeypatch.delenv(PATH_VARIABLE)
    assert module(SECTION, "stock").__file__ == ours.__file__


def test_a_helper_beside_ours_never_replaces_what_is_no_plug_in(write: Write) -> None:
    """A user's `chaos/errors.py` is his own to import by nobody: ours stays."""
    write("chaos/errors.py", "raise RuntimeError('never')\n")
    write("chaos/faults/puff.py", "import chaos.errors as errors\n" + FAULT_TEXT)
    assert module(FAULT, "puff").errors.ChaosError


def test_a_name_stands_once_in_a_folder(write: Write) -> None:
    """In sub-folders too; the second is named, and the first."""
    first = write("chaos/faults/a/puff.py", FAULT_TEXT)
    second = write("chaos/faults/b/puff.py", FAULT_TEXT)
    with pytest.raises(BadInput, match="has the name 'puff' a second time") as error:
        discover(FAULT.folder, FAULT.suffix)
    assert error.value.path == second
    assert str(first) in str(error.value)


DRILL_HEAD = "from chaos.drill import Drill\n"
ASKS = "    ask: __import__('typing').Callable[[], int]\n"
CHECK_BODY = 'ID, TITLE = "thing", "Thing"\nKIND = "gate"\ndef check(evidence): pass\n'
SECTION_BODY = "ORDER = 1\nTITLE = ''\ndef section(report): return ''\n"
JOURNEY_BODY = "\ndef thing(customer):\n    yield\n"
CASES: list[tuple[Contract, str, int, str]] = [
    (FAULT, "x = 1\nclass Puff(:\n", 2, "is no Python: invalid syntax"),
    (FAULT, "\n\nimport nowhere\n", 3, "cannot be loaded: ModuleNotFoundError: No module named 'nowhere'"),
    (FAULT, "\ndef f():\n    return 1 / 0\nf()\n", 3, "cannot be loaded: ZeroDivisionError: division by zero"),
    (FAULT, "\nimport sys\nsys.exit(3)\n", 3, "cannot be loaded: SystemExit: 3"),
    (FAULT, "x = 1\0\n", 1, "null bytes"),
    (FAULT, "", 1, "needs exactly one Fault (of chaos.fault.Fault), and has 0"),
    (FAULT, FAULT_TEXT + FAULT_TEXT.replace("Puff", "Paff"), 17, "exactly one Fault (of chaos.fault.Fault), and has 2"),
    (FAULT, FAULT_TEXT.replace("def undo", "def redo"), 6, "Puff lacks undo; a fault needs: find_target, inject, is_effective, undo"),
    (FAULT, FAULT_TEXT.replace("undo(self, handles, target)", "undo(self)"), 6, "Puff.undo must take (self, handles, target)"),
    (FAULT, FAULT_TEXT.replace("    def find_target", f"{ASKS}    def find_target"), 6, "a field of Puff cannot be written as JSON"),
    (DRILL, f"{DRILL_HEAD}class Feather(Drill):\n    pass\n", 2, "Feather lacks steps; a drill needs: steps"),
    (DRILL, DRILL_TEXT, 4, "No module named 'chaos.faults.puff'"),
    (CHECK, CHECK_BODY.replace("KIND", "KIN"), 1, "a check needs KIND: one of 'invariant', 'validity', 'recovery', 'gate'"),
    (CHECK, CHECK_BODY.replace('"thing"', '"other"'), 1, "ID of a check must be the file's name"),
    (CHECK, CHECK_BODY.replace("gate", "gates"), 2, "KIND of a check must be one of 'invariant'"),
    (CHECK, CHECK_BODY + 'TAINTS = "pulse"\n', 4, "TAINTS of a check must be a tuple of some of 'traffic'"),
    (CHECK, CHECK_BODY.replace("(evidence)", "()"), 3, "check of a check must be a function that takes the evidence"),
    (SECTION, SECTION_BODY.replace("ORDER", "RANK"), 1, "a section needs ORDER: a number"),
    (SECTION, SECTION_BODY.replace("= 1", "= '1'"), 1, "ORDER of a section must be a number"),
    (SECTION, SECTION_BODY.replace("TITLE", "HEAD"), 1, "a section needs TITLE: a text"),
    (JOURNEY, JOURNEY_BODY.replace("thing", "thin"), 1, "a journey needs thing: a generator function"),
    (JOURNEY, JOURNEY_BODY.replace("yield", "return 1"), 2, "thing of a journey must be a generator function"),
    (JOURNEY, JOURNEY_BODY.replace("customer", ""), 2, "thing of a journey must be a generator function that takes the customer"),
]


@pytest.mark.parametrize(("contract", "text", "line", "says"), CASES, ids=[f"{case[0].kind}: {case[3][:40]}" for case in CASES])
def test_what_breaks_the_contract_of_its_kind_is_one_sentence(write: Write, contract: Contract, text: str, line: int, says: str) -> None:
    """File, line, what, and what is allowed."""
    file = write(f"{contract.folder}/thing.py", text)
    error = refused(contract, "thing")
    assert says in error.what
    assert str(error).startswith(f"{file}:{line}: ")


def test_a_plug_ins_file_has_a_name_that_can_be_imported(write: Write) -> None:
    """With a hyphen in it, no drill could import it."""
    file = write("locustfiles/journeys/any-thing.py", JOURNEY_BODY)
    assert str(refused(JOURNEY, "any-thing")) == f"{file}: cannot be imported by this name; allowed in it: letters, digits and _"


def test_a_mistake_in_a_module_that_a_plug_in_imports_is_named_where_it_stands(write: Write) -> None:
    """A drill whose fault has a syntax error: the fault's file and line."""
    fault = write("chaos/faults/puff.py", FAULT_TEXT + "def (\n")
    write("chaos/drills/feather.py", DRILL_TEXT)
    assert str(refused(DRILL, "feather")).startswith(f"{fault}:12: is no Python")


@pytest.mark.parametrize("contract", [each for each in CONTRACTS if each.suffix == ".py"], ids=lambda contract: contract.plural)
def test_everything_of_ours_keeps_its_contract(contract: Contract) -> None:
    """Each folder has some, and each of them says what it is."""
    found = dict(modules(contract))
    assert found
    assert [name for name, each in found.items() if not each.__doc__] == []
