"""How the operator of a target logs in: what control requests carry then, how long that lives, and how it is renewed and given back."""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

from pydantic import BaseModel, Field, model_validator

from scenarios.errors import Misfit
from scenarios.strict import Strict
from scenarios.target.fields import DONE, InnerName, Method, PathText, PredicateText
from scenarios.target.named_places import NAME, named_in
from scenarios.target.request_template import RequestTemplate
from scenarios.target.sessions import LifetimeS, check_lifetime
from scenarios.target.stamps import Fresh

OPERATOR = "operator."
"""How the names begin of what the operator's login tells."""

_NAMED = re.compile(r"(?<!\{)\{operator\.(" + NAME + ")")
_CUSTOMERS = {"headers", "test_mark", "authorisation", "signature"}


class LoginRequest(RequestTemplate):
    """A request that begins, renews or ends the operator's session."""

    method: Method = "POST"
    expect: PredicateText = DONE

    @property
    def placeholders(self) -> frozenset[str]:
        """Names that must be known to send it."""
        return self.placeholders_with(self.path, *self.headers.values())


class OperatorLogin(Strict):
    """How the operator logs in; what that tells is known as {operator.NAME} in control requests."""

    login: LoginRequest
    extract: dict[InnerName, PathText] = Field(default={"token": "$.access_token"}, min_length=1)
    renew: LoginRequest | None = Field(default=None, description="a refresh, with what was told before; without one, the login once more")
    logout: LoginRequest | None = None
    expires_in: PathText | None = Field(default=None, description="where the answer tells how many seconds that lives")
    lifetime_s: LifetimeS | None = Field(default=None, description="the same, where no answer tells it")
    expired: PredicateText = Field(default="http == 401", description="an answer by which it has run out, and nothing was done")

    @model_validator(mode="after")
    def _fits_together(self) -> "OperatorLogin":
        check_lifetime(self.expires_in, self.lifetime_s)
        if named := _NAMED.findall(self.login.model_dump_json()):
            raise Misfit(f"{{operator.{named[0]}}} is what the login tells, so the login cannot send it", "login")
        return self

    @property
    def requests(self) -> dict[str, LoginRequest]:
        """All that it sends, by their names in the file."""
        found = {"login": self.login, "renew": self.renew, "logout": self.logout}
        return {name: request for name, request in found.items() if request is not None}

    @property
    def scope(self) -> Mapping[str, object]:
        """What it tells, as placeholders that are filled when a request is sent."""
        return {f"{OPERATOR}{name}": Fresh(f"{OPERATOR}{name}") for name in self.extract}


class File(Protocol):
    """A target's file, as far as its operator is concerned."""

    @property
    def operator(self) -> OperatorLogin | None:
        """How they log in."""

    @property
    def operations(self) -> Mapping[str, BaseModel]:
        """What customers ask."""

    def model_dump(self) -> dict[str, object]:
        """The same as a document."""

    def model_dump_json(self, *, include: set[str] | None = None, exclude: set[str] | None = None) -> str:
        """The file, or these of its keys, or all but these."""


def check_operator(target: File) -> None:
    """Raises Misfit where something names what no login tells, or a customer would send what is the operator's."""
    places: Iterator[tuple[tuple[str, ...], str]] = (
        (("operations", name), each.model_dump_json()) for name, each in target.operations.items()
    )
    for loc, said in (*places, *(((key,), target.model_dump_json(include={key})) for key in sorted(_CUSTOMERS))):
        if named := _NAMED.findall(said):
            raise Misfit(f"{{operator.{named[0]}}} is the operator's, and no customer sends it", *loc)
    told = target.operator.extract if target.operator else {}
    for name in _NAMED.findall(target.model_dump_json()):
        if target.operator is None:
            place = next((place for place, _ in named_in(target.model_dump(), _NAMED)), ())
            raise Misfit(f"{{operator.{name}}} needs operator: {{login: …}}", *place)
        if name not in told:
            raise Misfit(f"{{operator.{name}}} is told by no login; there are: {', '.join(told)}", "operator", "extract")
    if target.operator and not _NAMED.search(target.model_dump_json(exclude={"operator"})):
        name = next(iter(told))
        raise Misfit(
            f"nobody logs in for what nothing carries; put {{operator.{name}}} into control requests, or leave this out", "operator"
        )
