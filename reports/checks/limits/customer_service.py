"""Routine questions need no person, and whoever wants one has a first response in time: both as the plan promises."""

from collections.abc import Callable

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, NotMapped, Status
from reports.formatting import many, number
from reports.measures.customer_service import enquiries
from reports.measures.offenders import Offender, first_worst_last

ID = "customer-service"
TITLE = "Customers are answered in time"
KIND = Kind.GATE
PLAN = ("P2-12", "P5-08", "P5-09", "P5-10")


def check(evidence: Evidence) -> list[Finding]:
    """Each of the two that the target's file tells; NotMapped where it tells neither."""
    said, missing = [], []
    asked: tuple[Callable[[Evidence], Finding], ...] = (_self_service, _first_response)
    for one in asked:
        try:
            said.append(one(evidence))
        except NotMapped as lack:
            missing.append(str(lack))
    if not said:
        raise NotMapped("; ".join(missing))
    return said


def _self_service(evidence: Evidence) -> Finding:
    found, least = enquiries(evidence), evidence.plan.scenario.campaign.desk.self_service
    detail = (
        f"{many(found.asked, 'routine enquiry')}, {number(found.right * 100, 1)} % answered rightly by the robot, "
        f"{found.answered_wrongly} with something else"
    )
    status = Status.PASS if found.right >= least else Status.FAIL
    title = "Routine enquiries need no person"
    return Finding("self-service", status, round(found.right, 4), least, "ratio", detail, title=title, about=(About.EFFECTS,), sign=">=")


def _first_response(evidence: Evidence) -> Finding:
    desk, found = evidence.plan.scenario.campaign.desk, evidence.responses
    late = [one for one in found if one.waited_s > desk.respond_s]
    waited = [one for one in found if one.answered]
    longest_min = max((one.waited_s for one in found if one.answered or one.waited_s > desk.respond_s), default=0.0) * desk.clock / 60
    offenders = [
        Offender(one.at_ms, one.waited_s, f"{one.name} of customer {one.customer}: {number(one.waited_s * desk.clock / 60, 1)} min"
                 + ("" if one.answered else " and nobody has responded"))
        for one in late
    ]  # fmt: skip
    detail = (
        f"{many(len(found), 'case')}, {len(waited)} responded to, {len(late) or 'none'} later than {number(desk.respond_min)} min "
        f"of the desk's clock, which runs {number(desk.clock)} times as fast"
    )
    status, title = Status.FAIL if late else Status.PASS, "Somebody responds in time"
    return Finding(
        "first-response", status, round(longest_min, 2), desk.respond_min, "min", detail, first_worst_last(offenders), title=title,
        about=(About.EFFECTS,),
    )  # fmt: skip
