"""The exercise record: plan, who marked what, timeline, figures, digest and lines to sign, in Markdown and as a page to print."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from reports.finding import Status
from reports.formatting import number
from reports.judge.judged_run import JudgedRun
from reports.languages import HTML_NAMES, Language
from reports.languages.telling import tell
from reports.measures.recovery import Recovery
from reports.output.exercise.figures import figures
from reports.output.exercise.moments import all_marks, moments
from reports.output.exercise.next_steps import next_steps
from reports.output.exercise.words import word
from reports.output.html import text
from scenarios.harmless import in_markdown
from scenarios.run.event_kinds import RunStarted
from scenarios.run.fault_event_kinds import DrillPlanned
from scenarios.run.run_digest import RECOMPUTED

_CSS = Path(__file__).with_name("record.css")
_SIGNERS = ("lead", "operations", "business", "audit")

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the record: lines, then a table where it has one."""

    title: str
    lines: Sequence[str] = ()
    head: Row = ()
    rows: Sequence[Row] = ()


@dataclass(frozen=True)
class Record:
    """What is written down of an exercise, in one language."""

    run: JudgedRun
    language: Language
    digest: str

    def word(self, key: str, **fills: object) -> str:
        """In the record's language."""
        return word(key, self.language, **fills)

    def tell(self, english: str) -> str:
        """A sentence of the program's own, or of a file that ships with it."""
        return tell(english, self.language)

    @property
    def title(self) -> str:
        """What it is a record of."""
        return f"{self.word('record')}: {self.run.evidence.plan.scenario.name}"

    def parts(self) -> list[Part]:
        """All of it, in order."""
        by_strike = [part for recovery in self.run.evidence.recoveries for part in self._of_strike(recovery)]
        return [self._plan(), self._marks(), *by_strike, self._findings(), self._next(), self._evidence(), self._sign()]

    def _plan(self) -> Part:
        plan, scenario = self.run.evidence.plan, self.run.evidence.plan.scenario
        rows: list[Row] = [
            (self.word("verdict"), f"{self.run.word}: {self.tell(self.run.sentence)}"),
            (self.word("scenario"), f"{scenario.name}: {self.tell(scenario.describe)}"),
            (self.word("target"), f"{plan.target.name}: {self.tell(plan.target.describe)}"),
            (self.word("began"), plan.t0_wall),
            (self.word("lasted"), f"{number(self.run.evidence.load_ends_s, 0)} s"),
        ]
        stated = {event.facts.strike: event.facts for event in self.run.evidence.of_kind(DrillPlanned)}
        for strike in scenario.strikes:
            told = stated.get(strike.id)
            rows += [
                (self.word("drill"), f"{strike.id}, T0 + {number(strike.at_s)} s"),
                (self.word("domain"), self.tell(told.domain) if told and told.domain else "–"),
                (self.word("hypothesis"), self.tell(told.hypothesis) if told and told.hypothesis else "–"),
                (self.word("hits"), self.tell(told.hits) if told and told.hits else "–"),
                (self.word("deadline"), f"{number(strike.planned.deadline)} s"),
            ]
        if scenario.observed:
            rows += [
                (self.word("drill"), self.word("others")),
                (self.word("deadline"), f"{number(scenario.observed.deadline)} s"),
            ]
        rows.append((self.word("limits"), "; ".join(scenario.gates) or "–"))
        return Part(self.word("plan"), rows=rows)

    def _marks(self) -> Part:
        marks = all_marks(self.run.evidence)
        rows = [(self._clock(mark.at_s), mark.by(self.language), self.word(mark.what), mark.words(self.language) or "–") for mark in marks]
        head = tuple(map(self.word, ("time", "who", "what", "words")))
        return Part(self.word("marks"), () if rows else (self.word("nobody"),), head if rows else (), rows)

    def _of_strike(self, recovery: Recovery) -> Iterator[Part]:
        zero_s = recovery.strike.zero_s or 0.0
        rows = [
            (
                self._clock(moment.at_s),
                f"{moment.at_s - zero_s:+.3f} s",
                moment.by(self.language),
                self.word(moment.what),
                moment.words(self.language) or "–",
            )
            for moment in moments(self.run.evidence, recovery)
        ]
        yield Part(f"{self.word('timeline')}: {recovery.id}", (), tuple(map(self.word, ("time", "since", "who", "what", "words"))), rows)
        told = list(figures(self.run.evidence, recovery, self.language))
        yield Part(f"{self.word('figures')}: {recovery.id}", (), (self.word("figure"), self.word("value")), told)

    def _findings(self) -> Part:
        bad = [finding for finding in self.run.findings if finding.status in (Status.FAIL, Status.INVALID)]
        lines = [f"{finding.status}: {self.tell(finding.detail)}" for finding in bad] or [self.word("all_hold")]
        return Part(self.word("findings"), lines)

    def _next(self) -> Part:
        return Part(self.word("next"), next_steps(self.run, self.language))

    def _evidence(self) -> Part:
        plan = self.run.evidence.plan
        keyed = any(event.facts.keyed for event in self.run.evidence.of_kind(RunStarted))
        rows = [
            (self.word("run"), f"{plan.run}, {plan.identity}"),
            (self.word("digest"), self.digest),
            (self.word("recompute"), RECOMPUTED),
            (self.word("sealed"), self.word("yes" if keyed else "no")),
            (self.word("revision"), f"{plan.versions.get('stormdrill', '–')}, {plan.revision or '–'}"),
        ]
        return Part(self.word("evidence"), rows=rows)

    def _sign(self) -> Part:
        head = tuple(map(self.word, ("role", "name", "signature", "date")))
        return Part(self.word("sign"), (), head, [(self.word(signer), "", "", "") for signer in _SIGNERS])

    def _clock(self, at_s: float) -> str:
        """The time of day at the target's test, to the millisecond; seconds since T0 where that was never fixed."""
        try:
            at = datetime.fromisoformat(self.run.evidence.plan.t0_wall) + timedelta(seconds=at_s)
        except ValueError:
            return f"T0 {at_s:+.3f} s"
        return at.strftime("%H:%M:%S.%f")[:-3]


def as_markdown(record: Record) -> str:
    """One file of Markdown."""
    lines = [f"# {in_markdown(record.title)}", ""]
    for part in record.parts():
        lines += [f"## {in_markdown(part.title)}", "", *(f"- {in_markdown(line)}" for line in part.lines)]
        if part.rows:
            head = part.head or ("",) * len(part.rows[0])
            lines += [_row(head), f"|{'---|' * len(head)}", *map(_row, part.rows)]
        lines.append("")
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(in_markdown(cell) if cell else " " for cell in cells) + " |"


def as_page(record: Record) -> str:
    """One page to print, nothing loaded from anywhere."""
    body = "".join(_section(part) for part in record.parts())
    return (
        f'<!doctype html>\n<html lang="{HTML_NAMES[record.language]}"><head><meta charset="utf-8"><title>{text(record.title)}</title>'
        f"<style>{_CSS.read_text('utf-8')}</style></head>\n<body><h1>{text(record.title)}</h1>\n{body}</body></html>\n"
    )


def _section(part: Part) -> str:
    lines = f"<ul>{''.join(f'<li>{text(line)}</li>' for line in part.lines)}</ul>" if part.lines else ""
    head = f"<thead><tr>{''.join(f'<th>{text(cell)}</th>' for cell in part.head)}</tr></thead>" if part.head else ""
    rows = "".join(f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>" for row in part.rows)
    kind = "" if part.head else ' class="facts"'
    table = f"<table{kind}>{head}<tbody>{rows}</tbody></table>" if part.rows else ""
    return f"<section><h2>{text(part.title)}</h2>{lines}{table}</section>\n"
