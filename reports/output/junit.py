"""`junit.xml`, for pipelines."""

from xml.etree import ElementTree as ET

from reports.finding import Finding, Status
from reports.output.report import Report
from scenarios.harmless import harmless


def junit(report: Report) -> bytes:
    """Findings as test cases: FAIL is a failure, INVALID an error, SKIPPED is skipped with its reason."""
    count = {status: sum(finding.status is status for finding in report.findings) for status in Status}
    suite = ET.Element(
        "testsuite",
        name=harmless(f"stormdrill.{report.evidence.plan.scenario.name}"),
        tests=str(len(report.findings)),
        failures=str(count[Status.FAIL]),
        errors=str(count[Status.INVALID]),
        skipped=str(count[Status.SKIPPED]),
    )
    for finding in report.findings:
        _case(suite, finding)
    root = ET.Element("testsuites", name=f"stormdrill: {report.word}")
    root.append(suite)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _case(suite: ET.Element, finding: Finding) -> None:
    case = ET.SubElement(suite, "testcase", classname=f"stormdrill.{finding.kind}", name=harmless(finding.id))
    told = "\n".join(harmless(line) for line in (finding.detail, *finding.evidence))
    match finding.status:
        case Status.FAIL:
            ET.SubElement(case, "failure", message=harmless(finding.detail)).text = told
        case Status.INVALID:
            ET.SubElement(case, "error", message=harmless(finding.detail)).text = told
        case Status.SKIPPED:
            ET.SubElement(case, "skipped", message=harmless(f"waived: {finding.waived}" if finding.waived else finding.detail))
        case _:
            ET.SubElement(case, "system-out").text = told
