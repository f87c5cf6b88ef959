"""The one table of what the proxy's API refuses, in Toxiproxy's words."""


class Refusal(Exception):
    """An answer of the API with a status that is not 2xx."""

    def __init__(self, status: int, title: str, detail: str = "") -> None:
        """`title` is Toxiproxy's sentence, `detail` what exactly is wrong."""
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status = status
        self.title = title


def bad_body(detail: str) -> Refusal:
    """The body is not what the call takes."""
    return Refusal(400, "bad request body", detail)


def missing(field: str) -> Refusal:
    """A field that has no default is not there."""
    return Refusal(400, "missing required field", field)


def no_proxy(name: str) -> Refusal:
    """There is no proxy of this name."""
    return Refusal(404, "proxy not found", name)


def proxy_exists(name: str) -> Refusal:
    """There is a proxy of this name already."""
    return Refusal(409, "proxy already exists", name)


def no_toxic(name: str) -> Refusal:
    """There is no toxic of this name on the proxy."""
    return Refusal(404, "toxic not found", name)


def toxic_exists(name: str) -> Refusal:
    """There is a toxic of this name on the proxy already."""
    return Refusal(409, "toxic already exists", name)


def bad_stream(name: str) -> Refusal:
    """The stream is neither of the two."""
    return Refusal(400, "stream was invalid, can be either upstream or downstream", name)


def bad_kind(name: str) -> Refusal:
    """No toxic of this type is known."""
    return Refusal(400, "invalid toxic type", name)


def cannot_listen(listen: str, reason: str) -> Refusal:
    """The address cannot be bound."""
    return Refusal(500, "internal server error", f"listen {listen}: {reason}")
