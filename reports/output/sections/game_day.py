"""The drill as people held it: what was expected, what happened when, before and after, what the plan asks, and what is left to do."""

from collections.abc import Iterator

import numpy as np

from reports.finding import Status
from reports.formatting import measured, number
from reports.measures.drill_results import figures_of
from reports.measures.policy_rows import limits_of
from reports.measures.recovery import Recovery
from reports.output.exercise.moments import Moment, Teller, moments
from reports.output.exercise.next_steps import next_steps
from reports.output.exercise.words import word
from reports.output.html import chip, facts, named, table, text
from reports.output.report import Report
from reports.output.split_bar import recovery_bar
from scenarios.plan.policy import DomainPolicy, Policy
from scenarios.plan.scenario import STEADY_S
from scenarios.plan.yaml_loading import load_yaml
from scenarios.plugins import PROJECT
from scenarios.run.fault_event_kinds import DrillPlanned
from scenarios.run.recovery_window import NS

ORDER = 28
TITLE = "Game day"
PLAN = ("P5-03",)


def section(report: Report) -> str:
    """Each strike, by the policy that judges or else the plan's own words, and what all of them leave to do; nothing without a drill."""
    recoveries = report.evidence.recoveries
    if not recoveries:
        return ""
    policy = report.evidence.plan.policy or load_yaml(PROJECT / "scenarios" / "policies" / "plan.yaml", Policy)
    told = "".join(_strike(report, recovery, policy) for recovery in recoveries)
    steps = "".join(f"<li>{text(step)}</li>" for step in next_steps(report, "en"))
    return f"{told}<h3>What to do next</h3><ul>{steps}</ul>"


def _strike(report: Report, recovery: Recovery, policy: Policy) -> str:
    zero_s = recovery.strike.zero_s or 0.0
    rows = [_moment(moment, zero_s) for moment in moments(report.evidence, recovery)]
    planned = next((event.facts for event in report.evidence.of_kind(DrillPlanned) if event.facts.strike == recovery.id), None)
    return (
        f"<h3>{named(recovery.id)}</h3>"
        + facts(_expected(recovery, planned))
        + recovery_bar(recovery)
        + table(("Moment", "", "By", "In their words"), rows, numbers=(0,))
        + _before_and_after(report, recovery)
        + _policy(report, recovery, planned, policy)
    )


def _expected(recovery: Recovery, planned: DrillPlanned | None) -> Iterator[tuple[str, str]]:
    hypothesis = word("others", "en") if recovery.strike.observed else planned.hypothesis if planned else ""
    if hypothesis:
        yield "Hypothesis", text(hypothesis)
    if planned and planned.hits:
        yield "Hits", text(planned.hits)


def _moment(moment: Moment, zero_s: float) -> list[str]:
    """What people and the system said, and who they are, is the same in every language."""
    what = text(word(moment.what, "en"))
    told = text if moment.teller.is_ours else named
    return [
        f"{moment.at_s - zero_s:+.3f} s",
        f"<b>{what}</b>" if moment.teller is Teller.PEOPLE else what,
        told(moment.by("en")),
        ": ".join(shown(said) for shown, said in ((told, moment.said), (named, moment.as_it_is)) if said),
    ]


def _before_and_after(report: Report, recovery: Recovery) -> str:
    """The pulse in the ten seconds before zero, until the recovery, and in the ten seconds after it."""
    zero_s, rto_s = recovery.strike.zero_s or 0.0, recovery.rto_s
    if rto_s is None:
        return ""
    ends_s = min(report.evidence.load_ends_s, recovery.strike.next_zero_s)
    until_s = ends_s if recovery.rto_censored else zero_s + rto_s
    spans = (
        ("before", zero_s - STEADY_S, zero_s),
        ("until it recovered", zero_s, until_s),
        ("after", until_s, min(until_s + STEADY_S, ends_s)),
    )
    return table(
        ("The pulse", "seconds", "operations", "correct and in time", "median", "p99"),
        (_span(report, *span) for span in spans if span[2] > span[1]),
        numbers=(1, 2, 3, 4, 5),
    )


def _span(report: Report, name: str, from_s: float, to_s: float) -> list[str]:
    pulse = report.evidence.pulse
    intended = pulse.operations.intended_ns
    during = pulse.select((intended >= from_s * NS) & (intended < to_s * NS))
    p50, p99 = during.latencies.at(0.5), during.latencies.at(0.99)
    good = measured(float(np.mean(during.good)), "ratio") if len(during) else "–"
    shown = [f"{'> ' if at.censored else ''}{measured(at.ms, 'ms')}" if at else "–" for at in (p50, p99)]
    return [text(name), number(to_s - from_s, 1), f"{len(during):,}", good, *shown]


def _policy(report: Report, recovery: Recovery, planned: DrillPlanned | None, policy: Policy) -> str:
    """What is owed in the fault's domain; of what others broke, whose domain nobody states, in that of databases."""
    name = "database" if recovery.strike.observed else planned.domain if planned else ""
    owed: DomainPolicy | None = getattr(policy.domains, name, None) if name else None
    if owed is None:
        return ""
    rows = [
        (
            text(one.name),
            text(one.shown),
            f"≤ {text(one.allowed)}",
            "" if one.status is Status.SKIPPED else chip(one.status),
        )
        for one in limits_of(figures_of(report.evidence, recovery.id), owed)
    ]
    return table((f"Policy {text(policy.name)}, {text(name)}", "measured", "owed", ""), rows, numbers=(1, 2))
