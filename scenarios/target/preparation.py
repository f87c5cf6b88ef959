"""What is done before customers come: people are made known one by one or in lists, and a campaign is set up around T0."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

from pydantic import BaseModel, Field, model_validator

from scenarios.errors import Misfit
from scenarios.strict import Strict
from scenarios.target.fields import DONE, BodyTree, InnerName, Method, PathText, PredicateText
from scenarios.target.named_places import NAME
from scenarios.target.request_template import RequestTemplate

ENROLLED = "enrolled."
"""How the names begin of what the answer to a customer's enrolment told."""

_NAMED = re.compile(r"\{enrolled\.(" + NAME + ")")


class Step(RequestTemplate):
    """A request of the control plane, before the run.

    With `over` it is sent for the customers or the prizes: `batch` at a time as a list of what `each` is, or without that one by one.
    """

    method: Method = "POST"
    over: Literal["customers", "prizes"] | None = None
    each: BodyTree = Field(default=None, description="what stands for one customer or prize in the list, which is {list} in the body")
    batch: int = Field(default=1000, ge=1, le=100_000)
    expect: PredicateText = DONE
    extract: dict[InnerName, PathText] = Field(
        default={}, description="of the answer to one customer's enrolment: known as {enrolled.NAME} in later steps and operations"
    )

    @model_validator(mode="after")
    def _each_of_something(self) -> "Step":
        if self.each is not None and self.over is None:
            raise Misfit("each is what stands for one customer or prize; add over: customers or over: prizes", "each")
        if self.each is None and self.batch != type(self).model_fields["batch"].default:
            raise Misfit("batch is how many stand in one list; say what each is as well (`each`)", "batch")
        if self.extract and (self.over != "customers" or self.each is not None):
            raise Misfit("what is extracted is one customer's; allowed: over: customers, without each", "extract")
        return self


class Prepare(Strict):
    """What is done before customers come: `enrol` makes the people known, `open` sets the campaign up around T0."""

    enrol: list[Step] = []
    open: list[Step] = []

    @property
    def told(self) -> frozenset[str]:
        """Names under which enrolments tell something."""
        return frozenset(name for step in self.enrol for name in step.extract)


class File(Protocol):
    """A target's file, as far as preparation is concerned."""

    @property
    def prepare(self) -> Prepare:
        """Its steps."""

    @property
    def operations(self) -> Mapping[str, BaseModel]:
        """What customers ask."""

    def model_dump_json(self, *, include: set[str] | None = None, exclude: set[str] | None = None) -> str:
        """The file, but for these of its keys."""


def check_enrolled(target: File) -> None:
    """Raises Misfit where something names what no enrolment has told by then, or is asked by nobody in particular."""
    told: set[str] = set()
    for stage, number, step in _steps(target.prepare):
        if stage == "open" and step.extract:
            raise Misfit("customers are enrolled before that; allowed: extract in enrol", "prepare", stage, number, "extract")
        for name in _NAMED.findall(step.model_dump_json()):
            if name not in told or step.over != "customers":
                raise Misfit(f"{{enrolled.{name}}} is told by no earlier step, or this is not over: customers", "prepare", stage, number)
        told |= step.extract.keys()
    for operation, said in target.operations.items():
        for name in _NAMED.findall(said.model_dump_json()):
            if name not in told:
                known = ", ".join(sorted(told)) or "none"
                raise Misfit(f"{{enrolled.{name}}} is extracted by no step of prepare.enrol; there are: {known}", "operations", operation)
    if named := _NAMED.findall(target.model_dump_json(exclude={"operations", "prepare"})):
        raise Misfit(f"{{enrolled.{named[0]}}} is one customer's; allowed: in operations and in steps over: customers", "prepare")


def _steps(prepare: Prepare) -> Iterator[tuple[str, int, Step]]:
    yield from (("enrol", number, step) for number, step in enumerate(prepare.enrol))
    yield from (("open", number, step) for number, step in enumerate(prepare.open))
