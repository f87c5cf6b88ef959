"""A request of the control plane: how a target's file says it."""

from scenarios.strict import Strict
from scenarios.target.fields import BodyTree, Headers, InnerName, Method, UrlPath


class RequestTemplate(Strict):
    """A request of the control plane, sent by the operator and not by a customer."""

    service: InnerName
    method: Method = "GET"
    path: UrlPath
    headers: Headers = {}
    body: BodyTree = None

    @property
    def whole_path(self) -> str:
        """The path as it is asked for."""
        return self.path
