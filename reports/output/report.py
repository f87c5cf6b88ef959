"""What a section of the report may draw on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from reports.evidence import Evidence
from reports.finding import Finding, Kind, Status, merge
from reports.judge.verdict_json import sentence
from reports.output.charts.burndown import burndown
from reports.output.charts.canvas import Chart
from reports.output.charts.heatmap import heatmap
from reports.output.charts.pulse import pulse
from reports.output.charts.timeline import timeline


@dataclass(frozen=True)
class Report:
    """A judged run, and its charts, drawn when first asked for."""

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

    @cached_property
    def charts(self) -> dict[str, Chart]:
        """All charts by name. A run without a single operation has none."""
        if not len(self.evidence.traffic):
            return {}
        draw: list[Callable[[Evidence], Chart | None]] = [timeline, heatmap, burndown]
        drawn = [chart for chart in (drawer(self.evidence) for drawer in draw) if chart is not None]
        drawn += [pulse(self.evidence, recovery) for recovery in self.evidence.recoveries if recovery.rto_s is not None]
        return {chart.name: chart for chart in drawn}
