"""What a section of the report may draw on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from reports.evidence import Evidence
from reports.judge.judged_run import JudgedRun
from reports.measures.baseline import Difference, differences
from reports.output.charts.budgets import budgets
from reports.output.charts.burndown import burndown
from reports.output.charts.canvas import Chart
from reports.output.charts.compared import compared_bars, compared_lines
from reports.output.charts.first_response import first_response
from reports.output.charts.heatmap import heatmap
from reports.output.charts.payout_ageing import payout_ageing
from reports.output.charts.pulse import pulse
from reports.output.charts.restocking import restocking
from reports.output.charts.timeline import timeline


@dataclass(frozen=True)
class Report(JudgedRun):
    """A judged run, and its charts, drawn when first asked for; beside it the baseline run that it is held against, if there is one."""

    baseline: Evidence | None = None

    @cached_property
    def differences(self) -> list[Difference]:
        """From the baseline run; none without one."""
        return differences(self.evidence.traffic, self.baseline.traffic) if self.baseline else []

    @cached_property
    def charts(self) -> dict[str, Chart]:
        """All charts by name. A run without a single operation has none."""
        if not len(self.evidence.traffic):
            return {}
        draw: list[Callable[[Evidence], Chart | None]] = [timeline, heatmap, burndown, restocking, budgets, payout_ageing, first_response]
        drawn = [chart for chart in (drawer(self.evidence) for drawer in draw) if chart is not None]
        drawn += [pulse(self.evidence, recovery) for recovery in self.evidence.recoveries if recovery.rto_s is not None]
        if self.baseline:
            drawn += [compared_lines(self.evidence, self.baseline), compared_bars(self.differences)]
        return {chart.name: chart for chart in drawn}
