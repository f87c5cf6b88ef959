"""An observed drill while it runs: nothing is broken by us; others are told when they may begin, and what they say is written down."""

from collections.abc import Iterator
from contextlib import contextmanager

from chaos.steady_state import judge_steady
from chaos.system_events import system_copier
from chaos.target_handles import Handles
from scenarios.plan.observed import Observed
from scenarios.plan.scenario import STEADY_S
from scenarios.run.folder import Plan, Run
from scenarios.run.mark_kinds import Marked, ObservedSteady
from stormdrill.rehearsal.mark_desk import MARKS, mark_desk, token_file, url_file
from stormdrill.rehearsal.under_way import Rehearsal


class Observation:
    """What the terminal tells of it."""

    def __init__(self, rehearsal: Rehearsal, observed: Observed) -> None:
        """Nobody has begun yet."""
        self._rehearsal, self._observed = rehearsal, observed
        self._steady = False
        self._said = ""

    def note(self) -> str:
        """How it stands; the first steady state is told and written down."""
        if not self._steady:
            steady = judge_steady(self._rehearsal.window, self._observed.p99_limit_ms)
            if not steady.holds or self._rehearsal.now_s < STEADY_S:
                return f"not steady yet, do not begin: {steady.evidence}"
            self._steady = True
            self._rehearsal.record(ObservedSteady(evidence=steady.evidence))
            self._rehearsal.screen.step(f"steady, so others may begin ({steady.evidence})")
        return self._said or "steady, so others may begin"

    def hear(self, mark: Marked) -> None:
        """A mark that was made; comes from another thread."""
        by = f" by {mark.by}" if mark.by else ""
        self._said = f"last mark: {mark.mark}{by} {mark.words}".rstrip()
        self._rehearsal.screen.step(f"marked {mark.mark}{by} {mark.words}".rstrip())


@contextmanager
def observation(rehearsal: Rehearsal, observed: Observed) -> Iterator[Observation]:
    """Takes in what people mark, and what the target tells of itself where its file says how, until it is left."""
    watching, run = Observation(rehearsal, observed), rehearsal.run
    with mark_desk(run, rehearsal.plan, watching.hear), _system_told(run, rehearsal.plan):
        rehearsal.screen.step(f"say what you do from another terminal: stormdrill mark {MARKS.replace(', ', '|')} WORDS")
        rehearsal.screen.step(
            f'or from a script: curl -H "Authorization: Bearer $(cat {token_file(run)})" -d WORDS "$(cat {url_file(run)})/switching"'
        )
        yield watching


@contextmanager
def _system_told(run: Run, plan: Plan) -> Iterator[None]:
    copier = system_copier(run, plan, Handles.of(plan.target, plan.statics, plan.pins))
    if copier is None:
        yield
        return
    copier.start()
    try:
        yield
    finally:
        copier.close()
