"""The campaign is what it was planned as: stock, face, window, caps and pool as the plan said them, not as the system has them."""

import pandas as pd

from reports.evidence import Evidence
from reports.finding import Finding, Kind
from reports.formatting import many
from reports.measures.offenders import none_wrong
from scenarios.run.opening import Rows, figures

ID = "opened-as-planned"
TITLE = "The campaign is opened as planned"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> list[Finding]:
    """The plan's figures against the system's windows and stock; those that it does not tell are not asked for."""
    plan = evidence.plan
    stock, windows = (_rows(evidence, role) for role in ("stock", "windows"))
    compared = figures(plan.target, plan.scenario, plan.statics, stock, windows)
    if not compared:
        return []
    wrong = [str(figure) for figure in compared if not figure.same]
    detail = f"{many(len(compared), 'figure')} of the campaign, {len(wrong) or 'none'} that is not as planned"
    return [none_wrong(ID, wrong, "figures", detail)]


def _rows(evidence: Evidence, role: str) -> Rows:
    if not evidence.has(role):
        return ()
    frame = evidence.table(role)
    names = [str(name) for name in frame.columns]
    values = zip(*(frame[name].tolist() for name in frame.columns), strict=True)
    return [{name: value for name, value in zip(names, row, strict=True) if _there(value)} for row in values]


def _there(value: object) -> bool:
    return isinstance(value, list | dict) or not pd.isna(value)  # type: ignore[call-overload]  # of one value
