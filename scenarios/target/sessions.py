"""How a customer's session lives on in mid-run: which operation tells a new token, and when it is asked; how the session is ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

from pydantic import Field

from scenarios.errors import Misfit
from scenarios.strict import Strict
from scenarios.target.fields import InnerName, PredicateText
from scenarios.target.predicates import Predicate, compile_predicate
from scenarios.target.templates import TextTemplate

LifetimeS = Annotated[float, Field(gt=0, le=31_536_000)]
CookieName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", max_length=100)]

UNSAID = "Bearer {token}"
"""What the authorisation sends where the file does not say."""

LOGIN = "session.create"
"""The operation by which journeys log in."""

_UNKNOWN_BY_NOW = "http == 401"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class SessionRules(Strict):
    """When a token is renewed: before it runs out, where it is said how long it lives; and where an answer says that it has run out."""

    renew: InnerName = Field(description="the operation that tells a new token: a refresh, or the login once more")
    expires_in: InnerName | None = Field(default=None, description="what login and renewal extract as the token's lifetime, in seconds")
    lifetime_s: LifetimeS | None = Field(default=None, description="the token's lifetime, where no answer tells it")
    cookie: CookieName | None = Field(
        default=None,
        description="the cookie that is the session, where no token is sent; its age is its lifetime where nothing else says",
    )
    expired: PredicateText | None = Field(
        default=None,
        description="an answer by which it has run out, and nothing was done; else http == 401, and of a cookie a redirect to the login",
    )
    logout: InnerName | None = Field(default=None, description="the operation that ends a session; asked as the customer's last")


class Asked(Protocol):
    """An operation, as far as sessions are concerned."""

    @property
    def path(self) -> str:
        """Where it is asked."""

    @property
    def extract(self) -> Mapping[str, str]:
        """What its answers tell."""

    @property
    def before(self) -> list[str]:
        """What is asked first."""

    @property
    def effect(self) -> object | None:
        """What it does, None where it only reads."""

    @property
    def authorised(self) -> bool:
        """Whether it is sent with the token."""


class Sent(Protocol):
    """How the token is sent."""

    @property
    def value(self) -> str:
        """The header's value."""


class File(Protocol):
    """A target's file, as far as sessions are concerned."""

    @property
    def session(self) -> SessionRules | None:
        """How they are kept."""

    @property
    def authorisation(self) -> Sent:
        """How the token is sent."""

    @property
    def operations(self) -> Mapping[str, Asked]:
        """All there are."""


@dataclass(frozen=True, slots=True)
class KeptSession:
    """What a target's file says of sessions, as it is used."""

    tellers: frozenset[str]
    """Operations that tell a token."""
    tokens: frozenset[str]
    """The names under which they do."""
    renewal: tuple[str, ...]
    """What is asked in turn to renew one."""
    login: tuple[str, ...]
    """What is asked in turn where that is refused; nothing where there is no other way."""
    cookie: str | None
    """The cookie that is the session: whoever succeeds to ask a teller has it."""
    logout: str | None
    expires_in: str | None
    lifetime_s: float | None

    def lifetime_of(self, told: Mapping[str, object]) -> float | None:
        """For how many seconds the token lives that an answer tells; None where nobody says so, or tells what is no lifetime."""
        return self.lifetime_s if self.expires_in is None else lifetime_of(told.get(self.expires_in))


def lifetime_of(told: object) -> float | None:
    """Seconds that an answer tells; None where that is no lifetime."""
    try:
        found = float(str(told))
    except ValueError:
        return None
    return found if found > 0 else None


def check_lifetime(expires_in: str | None, lifetime_s: float | None, *loc: str) -> None:
    """Raises Misfit where both an answer and the file, at this place, say how long a token lives."""
    if expires_in and lifetime_s:
        raise Misfit("a lifetime is told by answers (expires_in) or said here (lifetime_s); allowed: one of them", *loc, "lifetime_s")


def kept_session(target: File) -> KeptSession:
    """How customers' sessions are kept; without a renewal where the file does not say."""
    rules = target.session
    if rules is None:
        return KeptSession(frozenset(), frozenset(), (), (), None, None, None, None)
    tokens = token_names(target) | ({known} if (known := cookie_name(target)) else set())
    renewal = tuple(_in_turn(rules.renew, target.operations))
    return KeptSession(
        frozenset(_tellers(target)), tokens, renewal, _login(target), rules.cookie, rules.logout, rules.expires_in, rules.lifetime_s
    )


def token_names(target: File) -> frozenset[str]:
    """What the authorisation sends of all that answers tell."""
    told = {name for operation in target.operations.values() for name in operation.extract}
    return TextTemplate.of(target.authorisation.value).placeholders & told


def sends_token(target: File) -> bool:
    """Whether requests carry the authorisation; where the session is a cookie, only what the file says of it itself."""
    return cookie_name(target) is None or target.authorisation.value != UNSAID or bool(token_names(target))


def cookie_name(target: File) -> str | None:
    """The name under which a customer knows that they have the cookie that is the session; None where no cookie is."""
    return f"cookie.{target.session.cookie}" if target.session and target.session.cookie else None


def begins_session(name: str, target: File) -> bool:
    """Whether who asks an operation with success has the cookie that is the session."""
    return cookie_name(target) is not None and name in _tellers(target)


def expired_predicate(target: File) -> Predicate:
    """By which answer a session has run out: as the file says; else a 401, or where it is a cookie a redirect to where one logs in."""
    rules = target.session
    if rules is None or rules.expired is not None or rules.cookie is None:
        return compile_predicate((rules and rules.expired) or _UNKNOWN_BY_NOW)
    refused, pages = compile_predicate(_UNKNOWN_BY_NOW), tuple(_login_pages(target))
    return lambda response: (
        refused(response) or (response.status in _REDIRECTS and _leads_to(pages, response.headers.get("location") or ""))
    )


def _leads_to(pages: tuple[str, ...], location: str) -> bool:
    """Whether an address ends in one of these paths, whatever host and folder stand before it and whatever is asked behind it."""
    path = location.partition("#")[0].partition("?")[0].partition(";")[0].rstrip("/")
    return any(path == page or path.endswith(f"/{page}") for page in pages)


def _login_pages(target: File) -> Iterator[str]:
    """The paths of what renews a session or begins it anew, without slashes about them; none that has a hole."""
    assert target.session is not None  # noqa: S101 - its caller has asked
    for name in (*_in_turn(target.session.renew, target.operations), *_login(target)):
        path = target.operations[name].path.partition("?")[0].strip("/")
        if path and "{" not in path:
            yield path


def _tellers(target: File) -> list[str]:
    """Operations whose answers begin or renew a session. Of a cookie: the login, the renewal, and whichever reads that cookie out."""
    rules, tokens = target.session, token_names(target)
    reads = {name: each for name, each in target.operations.items() if not each.effect}
    if rules is None or rules.cookie is None:
        return [name for name, each in reads.items() if tokens and tokens <= each.extract.keys()]
    said = f"cookie.{rules.cookie}"
    telling = (name for name, each in reads.items() if name in (LOGIN, rules.renew) or said in each.extract.values())
    return [name for name in telling if tokens <= reads[name].extract.keys()]


def _login(target: File) -> tuple[str, ...]:
    """What begins a session anew where a renewal is refused: the login, or the only other operation that tells a token."""
    others = [name for name in _tellers(target) if target.session and name != target.session.renew]
    if LOGIN in others or len(others) == 1:
        return tuple(_in_turn(LOGIN if LOGIN in others else others[0], target.operations))
    return ()


def may_expire(name: str, target: File) -> bool:
    """Whether an operation is one that is sent with a token, and whose answer may say that this has run out."""
    rules = target.session
    if rules is None or name == rules.logout or not target.operations[name].authorised:
        return False
    return name not in _in_turn(rules.renew, target.operations) and name not in _login(target)


def only_keeps(name: str, target: File) -> bool:
    """Whether an operation renews or ends sessions and begins none."""
    rules = target.session
    if rules is None or name not in (rules.renew, rules.logout):
        return False
    return any(each != name for each in _tellers(target))


def _in_turn(name: str, operations: Mapping[str, Asked], above: tuple[str, ...] = ()) -> list[str]:
    """An operation behind the reads that are asked before it, each as often as it is asked anew."""
    found: list[str] = []
    for step in operations[name].before:
        if step not in above and step in operations:
            found += [each for each in _in_turn(step, operations, (*above, name)) if each not in found]
    return [*found, name]


def check_session(target: File) -> None:
    """Raises Misfit where what the file says of sessions cannot be done."""
    rules = target.session
    if rules is None:
        return
    tokens = token_names(target)
    if not tokens and not rules.cookie:
        allowed = "Bearer {token}, or the session's cookie"
        raise Misfit(f"authorisation sends nothing that an operation tells, so no token can be renewed; allowed: {allowed}", "session")
    tellers = {name: target.operations[name] for name in _tellers(target)}
    if rules.renew not in tellers:
        shown = " and ".join(f"{{{name}}}" for name in sorted(tokens)) or f"cookie {rules.cookie}"
        raise Misfit(f"renew is {rules.renew!r}, which tells no {shown}; those that do: {', '.join(tellers) or 'none'}", "session", "renew")
    check_lifetime(rules.expires_in, rules.lifetime_s, "session")
    _check_lifetime_told(rules, tellers)
    if rules.logout is not None:
        others = [name for name, each in target.operations.items() if name not in tellers and not each.effect]
        if rules.logout not in others:
            raise Misfit(f"logout is {rules.logout!r}, which ends no session; allowed: {', '.join(others) or 'none'}", "session", "logout")


def _check_lifetime_told(rules: SessionRules, tellers: Mapping[str, Asked]) -> None:
    for name, operation in tellers.items():
        if rules.expires_in and rules.expires_in not in operation.extract:
            raise Misfit(
                f"{name} tells a token and extracts no {rules.expires_in!r}; extract it there, or say lifetime_s", "session", "expires_in"
            )
