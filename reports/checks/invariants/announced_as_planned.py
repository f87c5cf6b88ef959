"""What pages publish of the campaign is what it was planned as: times, prices, odds and faces, whoever looks and whichever node answers."""

from collections import Counter

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped, judged
from reports.formatting import few, many
from reports.measures.contradictions import CLOCK_TOLERANCE_MS
from reports.measures.shown_effects import looks
from scenarios.run.records import told_figure
from scenarios.target.templates import TextTemplate
from scenarios.target.view_reading import announced_figure
from scenarios.target.views import AnnouncedView

ID = "announced-as-planned"
TITLE = "What is announced is what was planned"
KIND = Kind.INVARIANT
PLAN = ("P2-12",)


def check(evidence: Evidence) -> Finding:
    """Each figure that a sample of customers was shown, against the plan of the run; of times a page may leave out the milliseconds."""
    shows = [operation.shows for operation in evidence.plan.target.operations.values() if operation.shows]
    if not any(view.announces for view in shows):
        raise NotMapped("the target's file does not say what reads announce of the campaign (`announces`)")
    seen, wrong, figures = 0, Counter[str](), set[str]()
    for name, view, read in looks(evidence, AnnouncedView):
        assert isinstance(view, AnnouncedView)  # noqa: S101 - as asked for
        planned = TextTemplate.of(view.planned).render(evidence.plan.statics)
        figure = announced_figure(planned)
        seen += len(read)
        figures |= {view.planned} if len(read) else set()
        is_time = not planned.isdecimal() and figure != told_figure(planned)
        tolerance = CLOCK_TOLERANCE_MS if is_time else 0
        for look in read[np.abs(read["value"] - figure) > tolerance]:
            told = int(look["value"]) if is_time or planned.isdecimal() else "something else"
            wrong[f"customer {look['customer']}, {name}: was shown {told} for {view.planned}, planned is {planned}"] += 1
    if not seen:
        raise NotMapped("nobody has looked at what is announced of the campaign")
    bad = wrong.total()
    detail = f"{many(seen, 'look')} at {many(len(figures), 'figure')} of the campaign, {bad or 'none'} that showed another one than planned"
    return judged(not bad, ID, bad, 0, "looks", detail, few(wrong))
