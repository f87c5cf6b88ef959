"""What became of a planted bug: killed, seen for another reason, INVALID, or survived."""

from dataclasses import dataclass

from bench.planted.bug import CLEAN, Bug
from bench.planted.rehearsing import Rehearsed

__all__ = ["CLEAN", "Outcome", "told"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A bug and its end."""

    bug: Bug
    word: str
    verdict: str  # killed, elsewhere, invalid, survived, broken (it came to no verdict), not run; of a clean world clean or alarm
    by: str  # the findings that named it
    earlier: bool = False  # by a run of an earlier tree


def told(bug: Bug, found: Rehearsed) -> Outcome:
    """A bug is killed where one of the findings that know its cause failed."""
    if bug.kind == CLEAN:
        verdict = {"PASS": "clean", "NOT RUN": "not run"}.get(found.word, "alarm")
        return Outcome(bug, found.word, verdict, found.sentence if verdict == "alarm" else "", found.earlier)
    named = [name for name in found.failed if name.startswith(bug.found_by)]
    verdict = {"PASS": "survived", "INVALID": "invalid", "NONE": "broken", "NOT RUN": "not run"}.get(found.word, "elsewhere")
    verdict = "killed" if found.word == "FAIL" and named else verdict
    return Outcome(bug, found.word, verdict, ", ".join(named or found.failed), found.earlier)
