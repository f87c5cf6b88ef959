"""A run that was read once and judged once: what the verdict is written from, and the report drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.evidence import Evidence, read_evidence
from reports.finding import Finding, Kind, Status, merge
from reports.judge.check_runner import findings
from reports.judge.verdict_json import findings_bytes, sentence, verdict_bytes
from scenarios.run.folder import write_whole


@dataclass(frozen=True)
class JudgedRun:
    """The evidence of a run, and what every check had to say about it."""

    evidence: Evidence
    findings: Sequence[Finding]

    @property
    def word(self) -> Status:
        """PASS, FAIL or INVALID."""
        return merge(self.findings)

    @property
    def sentence(self) -> str:
        """Why."""
        return sentence(self.findings)

    def of_kind(self, *kinds: Kind) -> list[Finding]:
        """Findings of these kinds, in their order."""
        return [finding for finding in self.findings if finding.kind in kinds]


def judge(folder: Path) -> JudgedRun:
    """Reads the folder and asks every check.

    Raises:
        BadInput: it is no run folder, or of another format.
    """
    evidence = read_evidence(folder)
    return JudgedRun(evidence, findings(evidence))


def write_verdict(folder: Path, run: JudgedRun) -> None:
    """Writes `findings.json` and `verdict.json`."""
    write_whole(folder / "findings.json", findings_bytes(run.findings))
    write_whole(folder / "verdict.json", verdict_bytes(run.evidence, run.findings))
