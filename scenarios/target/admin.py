"""A service's own admin interface, as faults may use it: what it can break there, and how it is mended. At the handle `http_admin`."""

from scenarios.strict import Strict
from scenarios.target.bodies import WithBody
from scenarios.target.fields import DONE, Headers, Method, PredicateText, UrlPath


class AdminRequest(WithBody):
    """A request to the admin interface, marked and signed as every other."""

    method: Method = "GET"
    path: UrlPath
    headers: Headers = {}
    expect: PredicateText = DONE

    @property
    def placeholders(self) -> frozenset[str]:
        """Names that must be known to send it."""
        return self.placeholders_with(self.path, *self.headers.values())


class AdminSwitch(Strict):
    """One thing that the admin interface can break: how it is seen, broken and mended."""

    state: AdminRequest
    whole: PredicateText
    broken: PredicateText
    inject: AdminRequest
    undo: AdminRequest

    @property
    def requests(self) -> dict[str, AdminRequest]:
        """All three by their names in the file."""
        return {"state": self.state, "inject": self.inject, "undo": self.undo}
