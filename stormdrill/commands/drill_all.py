"""`stormdrill drill all`: every drill to which the target gives access, one after the other, and one page about all of them."""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

import chaos
import reports
from chaos.registry import drill_facts
from reports.languages import Language
from scenarios.errors import EXIT_OWN_FAULT, EXIT_PASS, BadInput, Misfit, StormdrillError
from scenarios.harmless import harmless
from scenarios.plan.policy import DOMAINS, LIMITS, DomainPolicy, FaultDomain, Policy
from scenarios.plan.scenario import Scenario
from scenarios.plan.yaml_loading import load_yaml
from scenarios.plugins import DRILL, discover, find
from scenarios.plugins.folders import find_named
from scenarios.target.model import Target
from stormdrill.commands.intentions import intentions
from stormdrill.commands.series_judge import SeriesJudge
from stormdrill.commands.series_time import SeriesTime, usual_load_s
from stormdrill.commands.shared import COLOURS, say, shown
from stormdrill.commands.steady_load import scenario_for
from stormdrill.rehearsal.interrupts import Interrupts, Stopped
from stormdrill.rehearsal.loop import Options, Unjudged, rehearse_unjudged
from stormdrill.rehearsal.progress import Place, Screen
from stormdrill.rehearsal.world_ahead import WorldAhead, WorldsAhead

if TYPE_CHECKING:
    from reports.measures.drill_results import DrillResult
    from reports.output.series import Series

ALL = "all"
DEFAULT_POLICY = "plan"
_NOTHING_OWED = f"nothing is owed there; allowed: one or more of {', '.join(LIMITS)}, require"
_JUDGED_NOW = "it has run, and is being judged"
_ENDED = "the series ended before its turn"
_STOPPED = "stopped by the user before its turn"


@dataclass(frozen=True)
class Planned:
    """A drill of the series."""

    drill: str
    domain: FaultDomain | None
    scenario: Scenario | None  # None: the target gives no access
    why_not: str = ""


@dataclass
class SeriesRun:
    """A series under way: what came of the drills so far, and of the others why they were not run."""

    folder: Path
    target: Target
    policy: Policy
    judging: bool
    planned: Sequence[Planned]
    seed: int
    language: Language = "en"  # of what is written
    came: dict[str, "DrillResult"] = field(default_factory=dict)

    def write(self, why_not: str, under_judgement: Container[str] = ()) -> "Series":
        """The page of what there is; `why_not` is said of those whose turn has not come, empty where all have had theirs."""
        results = [
            self.came.get(one.drill)
            or reports.not_run(one.drill, one.domain, one.why_not or (_JUDGED_NOW if one.drill in under_judgement else why_not))
            for one in self.planned
        ]
        noticed = self.target.failover.noticed
        return reports.write_drills(
            self.folder,
            self.target.name,
            results,
            self.policy,
            judging=self.judging,
            cut=bool(why_not),
            noticed=noticed,
            language=self.language,
        )

    def run(self) -> str:
        """Runs them; gives why the rest was left out, empty where none was.

        Each one's world is taken down, and its run judged, while the next one's world comes up.
        """
        endings: list[Future[None]] = []
        with SeriesJudge(self.language) as judge:
            try:
                with Interrupts() as interrupts, chaos.breaking_door("series of drills", self.folder), ThreadPoolExecutor(1) as ending:
                    why_not = self._run(judge, lambda one, run: endings.append(ending.submit(_end, one, run, judge)), interrupts)
            finally:
                self.came |= judge.told(wait=True)
        for one in endings:
            one.result()  # a fault of our own in a world's end is not swallowed
        return why_not

    def _run(self, judge: SeriesJudge, end: Callable[[Planned, Unjudged], None], interrupts: Interrupts) -> str:
        runnable = [(one, one.scenario) for one in self.planned if one.scenario is not None]
        ahead = WorldsAhead(self.target.world, len(runnable))
        with closing(ahead):
            return self._run_each(runnable, judge, end, ahead, interrupts)

    def _options(self, scenario: Scenario, world: WorldAhead | None, ahead: WorldsAhead) -> Options:
        """Of one drill; the policy goes into its run where it judges, so that its report shows that one."""
        policy = self.policy if self.judging else None
        return Options(scenario, self.target, self.seed, 1, self.folder, policy=policy, ahead=world, load_over=ahead.start)

    def _run_each(
        self,
        runnable: list[tuple[Planned, Scenario]],
        judge: SeriesJudge,
        end: Callable[[Planned, Unjudged], None],
        ahead: WorldsAhead,
        interrupts: Interrupts,
    ) -> str:
        """A signal is one to the whole series, whenever it comes: after it none begins."""
        total_s = sum(usual_load_s(scenario) for _, scenario in runnable)
        before_s = 0.0
        for number, (one, scenario) in enumerate(runnable, 1):
            if interrupts.asked:
                return _STOPPED
            place = Place(number, len(runnable), before_s, total_s)
            screen = Screen(scenario, place=place)
            screen.step(f"{number} of {len(runnable)}: {one.drill}")
            try:
                with ahead.turn() as world:
                    options = self._options(scenario, world, ahead)
                    run = rehearse_unjudged(options, screen, interrupts)
            except Stopped:
                return _STOPPED
            except StormdrillError as error:
                self.came[one.drill] = reports.broke_down(one.drill, one.domain, str(error))
            else:
                end(one, run)
            self.came |= judge.told(wait=False)
            before_s += usual_load_s(scenario)
            self.write("its turn has not come yet", judge.under_way | {one.drill})
        return ""


def _end(one: Planned, run: Unjudged, judge: SeriesJudge) -> None:
    """Takes its world down while the next one comes up, and has the run judged then."""
    try:
        run.take_down()
    finally:
        judge.ask(one.drill, one.domain, run.folder)


def drill_all(target: Target, policy_name: str, only: str, seed: int, out: Path, *, language: Language, dry_run: bool) -> int:
    """Runs what the target gives access to; gives the exit code of the worst.

    Raises:
        BadInput: the policy or a drill that is named is none.
    """
    policy = load_policy(policy_name or DEFAULT_POLICY)
    planned = list(planned_drills(target, only))
    if dry_run:
        for one in planned:
            for line in intentions(one.scenario, target) if one.scenario else [f"{one.drill} is not run: {one.why_not}"]:
                say(line)
        times = [SeriesTime.of(one.scenario) for one in planned if one.scenario is not None]
        if times:
            say(f"{len(times)} drill{'s' if len(times) > 1 else ''}, one after the other: {sum(times[1:], times[0])}")
        return EXIT_PASS
    series = SeriesRun(_folder(out), target, policy, bool(policy_name), planned, seed, language)
    rest = _ENDED
    try:
        rest = series.run()
    finally:  # what was done is kept, whatever ended it
        came = series.write(rest)
    _tell(came)
    return came.exit_code if series.came or not rest else EXIT_OWN_FAULT


def load_policy(name: str) -> Policy:
    """A policy by its name or file. Raises BadInput, with file and line."""
    path = find("scenarios/policies", ".yaml", name, "policy")
    return load_yaml(path, Policy, _problems)


def _problems(policy: Policy) -> Iterator[Misfit]:
    """What owes nothing, and what could never be shown."""
    if not policy.domains.model_fields_set:
        yield Misfit(f"domains: nothing is owed; allowed: one or more of {', '.join(DOMAINS)}", "domains")
    drilled = _drilled()
    for domain in DOMAINS:
        owed: DomainPolicy | None = getattr(policy.domains, domain)
        if domain in policy.domains.model_fields_set and not (owed and owed.owes):
            yield Misfit(f"{domain}: {_NOTHING_OWED}", "domains", domain)
        if owed and not owed.require and domain not in drilled:
            yield Misfit(f"{domain}: no drill is of that domain, so nothing could show it; leave it out", "domains", domain)
        yield from _problems_of_required(owed.require if owed else [], domain)


def _problems_of_required(required: Sequence[str], domain: FaultDomain) -> Iterator[Misfit]:
    """Drills that stand twice, that are not there, or are of another domain."""
    for number, name in enumerate(required):
        where = ("domains", domain, "require", number)
        if name in required[:number]:
            yield Misfit(f"the drill {name} is required twice; allowed: each once", *where)
        try:
            find_named(DRILL.folder, DRILL.suffix, name, DRILL.kind)
        except BadInput as error:
            yield Misfit(error.what, *where)
            continue
        if (facts := drill_facts(name)) is not None and facts.domain != domain:
            yield Misfit(f"the drill {name} is of the domain {facts.domain}, not {domain}", *where)


def _drilled() -> set[FaultDomain]:
    """The domains that there is any drill of."""
    stated = map(drill_facts, discover(DRILL.folder, DRILL.suffix))
    return {facts.domain for facts in stated if facts is not None}


def planned_drills(target: Target, only: str) -> Iterator[Planned]:
    """All drills there are, or those that are named; each with its load, or why it cannot be run on this target.

    Raises:
        BadInput: one that is named is not there, or cannot be a drill by its own file; as `_named`.
    """
    for name in _named(only) if only else discover(DRILL.folder, DRILL.suffix):
        facts = drill_facts(name)
        plan = scenario_for(name, target)
        try:
            chaos.check_drills(plan, target)
        except chaos.NotServed as error:
            yield Planned(name, facts.domain if facts else None, None, str(error))
        else:
            yield Planned(name, facts.domain if facts else None, plan)


def _named(only: str) -> list[str]:
    """Each drill once. Raises BadInput where one stands twice, where one is not there, and where none is named."""
    named = [name.strip() for name in only.split(",") if name.strip()]
    if not named:
        raise BadInput(f"--only {only!r} names no drill; allowed: names with commas between them, or no --only for all drills")
    if twice := [name for name, count in Counter(named).items() if count > 1]:
        raise BadInput(f"--only names {twice[0]} {named.count(twice[0])} times; allowed: each drill once")
    for name in named:
        find(DRILL.folder, DRILL.suffix, name, DRILL.kind)
    return named


def _folder(out: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = out.absolute() / f"{stamp}-drill-all"
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise BadInput(f"cannot make a folder for the drills here: {error.strerror}", path=out) from None
    return folder


def _tell(came: "Series") -> None:
    """A line for each drill and each domain, the word, and where the page is."""
    console = Console(highlight=False, soft_wrap=True)
    for result in came.results:
        word = result.word.value if result.word else "not run"
        figures = result.figures
        told = harmless(result.sentence)
        if word == "PASS":
            told = f"RTO {_seconds(figures.rto_s)}, {figures.rpo_operations} lost"
        console.print(Text.assemble((f"{word:<8}", COLOURS.get(word, "dim")), f"{harmless(result.drill):<22} ", told))
    for row in came.rows:
        told = harmless("; ".join(row.why))
        console.print(Text.assemble((f"{row.word:<8}", COLOURS[row.word]), f"{'domain ' + row.domain:<22} ", told))
    console.print(Text.assemble((came.word, f"bold {COLOURS[came.word]}"), "  ", came.sentence))
    console.print(Text(f"all drills: {shown(came.page)}"))


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"
