"""Links, through Toxiproxy's HTTP API."""

from dataclasses import dataclass, field
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from chaos.errors import NoTarget, OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.http import bearer, call, demand

_NOT_FOUND = 404
_NOT_ALLOWED = 405


class Link(BaseModel):
    """A proxy of the API."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: list[dict[str, object]] = []

    @property
    def toxic_names(self) -> list[str]:
        """Names of the toxics on it."""
        return [str(toxic.get("name")) for toxic in self.toxics]


@dataclass(frozen=True, slots=True)
class Toxiproxy(Handle):
    """The API at an address; a real Toxiproxy wants no token."""

    url: str
    token: str = field(default="", repr=False)

    def probe(self) -> None:
        """Its version. Raises OutOfReach where it does not tell."""
        demand("GET", f"{self.url}/version", headers=bearer(self.token))

    def link(self, name: str) -> Link:
        """One link as it is now. Raises NoTarget where there is none; OutOfReach."""
        where = self._at(name)
        reply = call("GET", where, headers=bearer(self.token))
        if reply.status == _NOT_FOUND:
            raise NoTarget(f"there is no link {name!r}; there are: {', '.join(self._names()) or 'none'}")
        if reply.status >= 300:  # noqa: PLR2004 - HTTP's own
            raise OutOfReach(f"GET {where}: HTTP {reply.status}")
        try:
            return Link.model_validate_json(reply.body)
        except ValidationError:
            raise OutOfReach(f"{self.url}: what it says of the link {name!r} is not Toxiproxy's") from None

    def enable(self, name: str, *, enabled: bool) -> None:
        """Opens or cuts a link. Raises OutOfReach."""
        change: JsonValue = {"enabled": enabled}
        patched = call("PATCH", self._at(name), change, headers=bearer(self.token))
        if patched.status in {_NOT_FOUND, _NOT_ALLOWED}:  # before 2.6 there was POST alone
            demand("POST", self._at(name), change, headers=bearer(self.token))
        elif patched.status >= 300:  # noqa: PLR2004 - HTTP's own
            raise OutOfReach(f"{self.url}: the link {name!r} stays as it is: HTTP {patched.status}")

    def add(self, link: str, name: str, kind: str, stream: str, attributes: dict[str, int], toxicity: float) -> None:
        """Puts a toxic on a link. Raises OutOfReach."""
        given: dict[str, JsonValue] = dict(attributes)
        described: JsonValue = {"name": name, "type": kind, "stream": stream, "toxicity": toxicity, "attributes": given}
        demand("POST", self._at(link, "toxics"), described, headers=bearer(self.token))

    def remove(self, link: str, name: str) -> None:
        """Takes a toxic off a link; one that is not there is no error. Raises OutOfReach."""
        reply = call("DELETE", self._at(link, "toxics", name), headers=bearer(self.token))
        if reply.status != _NOT_FOUND and reply.status >= 300:  # noqa: PLR2004 - HTTP's own
            raise OutOfReach(f"{self.url}: the toxic {name!r} stays on {link!r}: HTTP {reply.status}")

    def _names(self) -> list[str]:
        """Those that there are, as far as it tells."""
        try:
            told = demand("GET", f"{self.url}/proxies", headers=bearer(self.token)).document
        except OutOfReach:
            return []
        return sorted(map(str, told)) if isinstance(told, dict) else []

    def _at(self, link: str, *more: str) -> str:
        """The address of a link, or of what is behind it, whatever is in the names; those that a path cannot hold are refused."""
        for name in (link, *more):
            if name in {"", ".", ".."}:
                raise NoTarget(f"no link is addressed by the name {name!r}")
        return "/".join([self.url, "proxies", *(quote(name, safe="") for name in (link, *more))])
