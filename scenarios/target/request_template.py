"""A request of the control plane: how a target's file says it."""

from scenarios.target.bodies import WithBody
from scenarios.target.fields import Headers, InnerName, Method, UrlPath


class RequestTemplate(WithBody):
    """A request of the control plane, sent by the operator and not by a customer."""

    service: InnerName
    method: Method = "GET"
    path: UrlPath
    headers: Headers = {}

    @property
    def whole_path(self) -> str:
        """The path as it is asked for."""
        return self.path
