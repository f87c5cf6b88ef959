"""The one table of what the proxy's API refuses, in Toxiproxy's words."""


class Refusal(Exception):
    """An answer of the API with a status that is not 2xx; its text is all that the answer says."""

    def __init__(self, status: int, error: str) -> None:
        """`error` as Toxiproxy says it."""
        super().__init__(error)
        self.status = status


def bad_body(detail: str) -> Refusal:
    """The body is not what the call takes."""
    return Refusal(400, f"bad request body: {detail}")


def missing(field: str) -> Refusal:
    """A field that has no default is not there, or empty."""
    return Refusal(400, f"missing required field: {field}")


def no_proxy() -> Refusal:
    """There is no proxy of this name."""
    return Refusal(404, "proxy not found")


def proxy_exists() -> Refusal:
    """There is a proxy of this name already."""
    return Refusal(409, "proxy already exists")


def no_toxic() -> Refusal:
    """There is no toxic of this name on the proxy."""
    return Refusal(404, "toxic not found")


def toxic_exists() -> Refusal:
    """There is a toxic of this name on the proxy already."""
    return Refusal(409, "toxic already exists")


def bad_stream() -> Refusal:
    """The stream is neither of the two."""
    return Refusal(400, "stream was invalid, can be either upstream or downstream")


def bad_kind() -> Refusal:
    """No toxic of this type is known."""
    return Refusal(400, "invalid toxic type")


def bad_address(detail: str) -> Refusal:
    """The address is none, or leads nowhere."""
    return Refusal(500, detail)


def cannot_listen(detail: str) -> Refusal:
    """The address cannot be bound."""
    return Refusal(500, f"listen tcp{detail}")
