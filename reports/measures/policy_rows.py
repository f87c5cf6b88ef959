"""What a resilience policy says of several drills: a row for each fault domain, which is as good as its worst drill."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from reports.finding import Status
from reports.formatting import measured
from reports.measures.drill_results import DrillResult, Figures
from reports.measures.own_delay import without_it
from scenarios.plan.policy import DomainPolicy, FaultDomain, Policy


@dataclass(frozen=True, slots=True)
class DomainRow:
    """What a policy says of one fault domain."""

    word: Status  # FAIL: a drill or a limit is broken, or what is required was not run. INVALID: it is not shown to hold
    domain: FaultDomain
    ran: int
    missing: tuple[str, ...]  # required, and not run
    worst: str  # the drill that weighs most; empty where none ran
    why: tuple[str, ...]  # what does not hold, the worst drill's first; or how near that one came

    @property
    def holds(self) -> bool:
        """Whether all that is owed was shown."""
        return self.word is Status.PASS


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a policy, and what it was held against."""

    name: str
    value: float | None
    limit: float
    unit: str
    needed: bool  # not told is not kept
    censored: bool = False  # the true figure is greater, or nobody tells all of it
    least: float | None = None  # the figure without the load generator's own delay, where that may be in it

    @property
    def status(self) -> Status:
        """FAIL: it is broken. INVALID: it cannot be told. SKIPPED: nobody tells, and need not."""
        if self.value is None:
            return Status.INVALID if self.needed or self.censored else Status.SKIPPED
        if (self.value if self.least is None else self.least) > self.limit:
            return Status.FAIL
        return Status.INVALID if self.censored or self.value > self.limit else Status.PASS

    @property
    def shown(self) -> str:
        """What was measured."""
        return f"{'> ' if self.censored and self.value is not None else ''}{measured(self.value, self.unit)}"

    @property
    def allowed(self) -> str:
        """What it was held against, as that."""
        return measured(self.limit, self.unit)

    @property
    def used(self) -> float:
        """The share of it that is used up."""
        if not self.value:
            return 0.0
        return self.value / self.limit if self.limit else inf


def limits_of(figures: Figures, owed: DomainPolicy) -> Iterator[Limit]:
    """The limits that a domain states, with a drill's figures."""
    found = (
        ("RTO", figures.rto_s, owed.rto, "s", True, figures.rto_censored, figures.rto_least_s),
        (_RPO, figures.rpo_operations, owed.rpo, "operations", True, False, None),
        ("detection", figures.detection_s, owed.detection, "s", False, False, None),
        ("redundancy", figures.redundancy_s, owed.redundancy, "s", False, figures.redundancy_censored, None),
        ("error ratio", figures.error_ratio, owed.error_ratio, "ratio", True, False, None),
    )
    for name, value, limit, unit, needed, censored, least in found:
        if limit is not None:
            yield Limit(name, value, limit, unit, needed, censored, least)


_RPO = "RPO"


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A drill of a domain, with all that is wrong with it by the domain's policy."""

    result: DrillResult
    limits: tuple[Limit, ...]
    problems: tuple[tuple[Status, str], ...]

    @classmethod
    def of(cls, result: DrillResult, owed: DomainPolicy) -> "_Weighed":
        """By its own word and by the policy's limits."""
        limits = tuple(limits_of(result.figures, owed))
        return cls(result, limits, tuple(_problems(result, limits)))

    @property
    def weight(self) -> tuple[int, int, float, float]:
        """By the policy's word and its own, then by what it lost beyond the limit, then by how near it came to one, or how far beyond."""
        lost = max((one.value - one.limit for one in self.limits if one.name == _RPO and one.value is not None), default=0.0)
        used = max((one.used for one in self.limits), default=0.0)
        said = max((_RANK[status] for status, _ in self.problems), default=0)
        return said, _RANK[self.result.word or Status.PASS], max(0.0, lost), used


_RANK = {Status.PASS: 0, Status.INVALID: 1, Status.FAIL: 2}

_TOLD: tuple[tuple[str, Callable[[Figures], bool]], ...] = (
    ("detection", lambda figures: figures.detection_s is not None),
    ("redundancy", lambda figures: figures.redundancy_s is not None or figures.redundancy_censored),
)


def policy_rows(policy: Policy, results: Sequence[DrillResult]) -> list[DomainRow]:
    """A row for each domain of the policy. What was required and has not run is missing, whatever the reason."""
    return [_row(owed, domain, results) for domain, owed in policy.domains.stated.items()]


def _row(owed: DomainPolicy, domain: FaultDomain, results: Sequence[DrillResult]) -> DomainRow:
    ran = [result for result in results if result.word is not None and (result.domain == domain or result.drill in owed.require)]
    weighed = sorted((_Weighed.of(result, owed) for result in ran), key=lambda one: one.weight, reverse=True)
    missing = tuple(name for name in owed.require if name not in {result.drill for result in ran})
    broken = [(status, f"{one.result.drill}: {problem}") for one in weighed for status, problem in one.problems]
    broken += [(Status.INVALID, sentence) for sentence in _untold(owed, ran)]
    broken += [(Status.FAIL, f"{name} was not run") for name in missing]
    word = max((status for status, _ in broken), key=_RANK.__getitem__, default=Status.PASS)
    why = tuple(sentence for _, sentence in broken) or (_kept(weighed[0]),)
    return DomainRow(word, domain, len(ran), missing, weighed[0].result.drill if weighed else "", why)


def _problems(result: DrillResult, limits: Iterable[Limit]) -> Iterator[tuple[Status, str]]:
    if result.word not in (Status.PASS, None):
        yield result.word, f"{result.word}, {result.sentence}"
    for one in limits:
        if one.status in (Status.PASS, Status.SKIPPED):
            continue
        if one.value is None:
            yield one.status, f"its {one.name} cannot be told"
            continue
        ours = one.least if one.status is Status.INVALID and one.value > one.limit else None
        yield one.status, f"{one.name} {one.shown}, allowed {one.allowed}" + ("" if ours is None else without_it(ours, one.unit))


def _untold(owed: DomainPolicy, ran: Sequence[DrillResult]) -> Iterator[str]:
    """What keeps a domain from being shown that is no single drill's."""
    if not ran and not owed.require:
        yield "nothing was run"
    for name, told in _TOLD:
        if ran and getattr(owed, name) is not None and not any(told(result.figures) for result in ran):
            yield f"{name} was told by none of them"


def _kept(nearest: _Weighed) -> str:
    told = [f"{one.name} {one.shown} of {one.allowed}" for one in nearest.limits if one.value is not None]
    return f"{nearest.result.drill}: {', '.join(told) or 'passed'}"
