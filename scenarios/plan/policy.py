"""A resilience policy: what a system owes in each fault domain, and which drills must have shown it. Apart from scenarios; one YAML file.

No score: a mean hides the worst. A domain holds when every drill that it requires has run, and each that ran has passed and kept its
limits.
"""

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from scenarios.plan.phases import Duration, DurationOrNone
from scenarios.strict import Strict
from scenarios.target.fields import Description, Name

FaultDomain = Literal["node", "database", "link", "centre", "dependency", "capacity", "campaign", "people"]
DOMAINS: tuple[FaultDomain, ...] = get_args(FaultDomain)


def _share(value: object) -> object:
    """A ratio, also as '5 %'."""
    if isinstance(value, str) and value.isascii() and value.rstrip().endswith("%"):
        try:
            return float(value.rstrip()[:-1]) / 100
        except ValueError:
            raise ValueError(f"{value!r} is no share; allowed: a number from 0 to 1, or one with %, as in '5 %'") from None
    return value


Share = Annotated[float, BeforeValidator(_share), Field(ge=0, le=1, json_schema_extra={"type": ["number", "string"]})]


class DomainPolicy(Strict):
    """What is owed in one fault domain. A limit that is not said is none."""

    rto: Duration | None = None
    rpo: int | None = Field(default=None, ge=0, le=10**9, description="operations that were acknowledged and are lost")
    detection: Duration | None = None
    redundancy: Duration | None = Field(default=None, description="until it is restored, from when on it can be")
    error_ratio: Share | None = Field(default=None, description="of customers' operations, while the outage lasts")
    require: list[Name] = Field(default=[], max_length=100, description="drills without which nothing is shown")
    source: str = Field(default="", max_length=500, description="where these limits come from")

    @property
    def owes(self) -> bool:
        """Whether anything could ever break it."""
        return bool(self.require) or any(getattr(self, name) is not None for name in LIMITS)


LIMITS = ("rto", "rpo", "detection", "redundancy", "error_ratio")
"""What a domain may limit."""


class Domains(Strict):
    """The fault domains of which something is owed."""

    node: DomainPolicy | None = None
    database: DomainPolicy | None = None
    link: DomainPolicy | None = None
    centre: DomainPolicy | None = None
    dependency: DomainPolicy | None = None
    capacity: DomainPolicy | None = None
    campaign: DomainPolicy | None = None
    people: DomainPolicy | None = None

    @property
    def stated(self) -> dict[FaultDomain, DomainPolicy]:
        """Those that the file has, in the order of the domains."""
        return {name: policy for name in DOMAINS if (policy := getattr(self, name)) is not None}


class StandardClass(Strict):
    """A class of a standard, to be shown beside what was measured; it judges nothing."""

    name: str = Field(max_length=200)
    rto: Duration
    rpo: DurationOrNone
    source: str = Field(max_length=500)
    unconfirmed: bool = Field(description="whether the standard's own text was not read")


class Policy(Strict):
    """A policy file."""

    name: Name
    describe: Description
    domains: Domains
    classes: list[StandardClass] = Field(default=[], max_length=50)
