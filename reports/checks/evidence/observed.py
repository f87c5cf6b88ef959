"""The drill that others were to perform was performed: something was seen to fail, or a switch was marked or told."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import many, number
from reports.measures.drill_outcomes import StrikeOutcome
from scenarios.plan.observed import MarkKind
from scenarios.plan.scenario import STEADY_S
from scenarios.run.mark_kinds import Marked

ID = "observed"
TITLE = "What others were to do was seen"
KIND = Kind.VALIDITY
TAINTS = (About.PULSE, About.EFFECTS)
EXPLAINED_BY = ("processes", "whole-run", "steady-state")


def check(evidence: Evidence) -> list[Finding]:
    """Of an observed run. A drill in which nothing happened was none, however well customers fared."""
    if evidence.plan.scenario.observed is None:
        return []
    seen = [strike for strike in evidence.strikes if strike.observed]
    marks = many(len(evidence.of_kind(Marked)), "mark")
    early = [strike.trouble for strike in seen if strike.trouble]
    if early:
        return [trusted(False, ID, len(seen), None, "", early[0], tuple(early))]  # noqa: FBT003 - the first thing a check has to say
    if not seen:
        seconds = f"{evidence.load_ends_s:g} s"
        detail = f"nothing was seen to fail in {seconds}, and no switch was marked or told: no drill has been performed; {marks}"
        return [trusted(False, ID, 0, None, "", detail)]  # noqa: FBT003 - as above
    if not seen[0].felt:
        word = "the marks" if _marked(seen[0]) else "the system's own word"
        detail = f"no customer of the pulse felt the switch: that there was one stands on {word} alone; {marks}"
        return [trusted(True, ID, 0, None, "", detail)]  # noqa: FBT003 - as above
    when = ", ".join(f"{number(strike.zero_s)} s" for strike in seen[:5])
    detail = f"{many(len(seen), 'outage')} seen, at {when}, after {STEADY_S:g} s of steady state or more; {marks}"
    return [trusted(True, ID, len(seen), None, "", detail)]  # noqa: FBT003 - as above


def _marked(strike: StrikeOutcome) -> bool:
    """The switch from its command to its end."""
    switching_s, switched_s = (strike.marks.get(kind) for kind in (MarkKind.SWITCHING, MarkKind.SWITCHED))
    return switching_s is not None and switched_s is not None and switching_s <= switched_s
