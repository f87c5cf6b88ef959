"""Where a target's services are, and how whoever speaks to them knows them, and makes himself known, over TLS."""

import ssl
import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from scenarios.errors import BadInput, Misfit
from scenarios.harmless import clipped, clipped_path
from scenarios.safe_reading import Missing, Unreadable, open_regular
from scenarios.strict import FOLDER, Strict
from scenarios.target.addresses import is_host
from scenarios.target.decryption import Decryption
from scenarios.target.fields import BaseText

Context = TypeVar("Context", bound=ssl.SSLContext)

HTTP1, HTTP2 = "http/1.1", "h2"
"""As TLS calls them when both sides agree on what is spoken (ALPN)."""

_NO_COMMON_PROTOCOL = "no application protocol"
"""As OpenSSL has it, which Python gives no name."""


def _found(text: str, info: ValidationInfo) -> str:
    """A file's whole path, where it is read from the target's own file: there it may be relative to that."""
    folder = (info.context or {}).get(FOLDER)
    if folder is None:
        return text
    try:
        path = (Path(folder) / Path(text).expanduser()).absolute()
    except RuntimeError:  # nobody of that name, or this user has no home
        raise ValueError(f"there is no home for {clipped_path(text)}; allowed: a path from here, or from /") from None
    try:
        open_regular(path, sys.maxsize).close()
    except Missing:
        raise ValueError(f"there is no file {clipped_path(path)}") from None
    except Unreadable as error:
        raise ValueError(f"{clipped_path(path)} {error}") from None
    return str(path)


def _host(name: str) -> str:
    if not is_host(name):
        raise ValueError(f"{clipped(name)!r} is no host; allowed: a name or an address")
    return name


FilePath = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_found)]
HostName = Annotated[str, AfterValidator(_host)]


class Tls(Strict):
    """By which authorities a service is known, and with which certificate it knows us. Files are PEM, relative to the target's."""

    ca: FilePath | None = Field(default=None, description="authorities that alone are trusted; else the system's, or SSL_CERT_FILE's")
    cert: FilePath | None = Field(default=None, description="the certificate that is shown to the service, with its chain")
    key: FilePath | None = Field(default=None, description="its key, where it does not stand in the same file; without a passphrase")
    server_name: HostName | None = Field(default=None, description="the name in its certificate, where it is not the address's")
    verify: bool = Field(default=True, description="false: whoever answers is taken for the service")
    alpn: Literal["h2"] | None = Field(default=None, description="h2: HTTP/2 is spoken; else only where the service refuses HTTP/1.1")

    @model_validator(mode="after")
    def _usable(self, info: ValidationInfo) -> "Tls":
        if self.key and not self.cert:
            raise Misfit("a key is of no use without its certificate; add cert", "key")
        if self.ca and not self.verify:
            raise Misfit("ca says whom to trust, and verify: false trusts everybody; allowed: one of them", "verify")
        if (info.context or {}).get(FOLDER) is not None:
            try:
                tls_context(self, ssl.SSLContext)
            except BadInput as error:
                raise Misfit(error.what, *(("cert",) if "certificate" in error.what else ("ca",))) from None
        return self


class Service(Strict):
    """A base address that operations name."""

    base: BaseText
    also_at: list[BaseText] = Field(
        default=[],
        max_length=20,
        description="where it is to be had besides, without a path: connections are spread over all, and go to the next where one is gone",
    )
    keep_alive: bool = Field(default=True, description="false: each request has a connection of its own, which is closed after its answer")
    tls: Tls | None = None
    decrypt: Decryption | None = Field(default=None, description="how its answers are decrypted; needs --allow-code")

    @model_validator(mode="after")
    def _speaks_tls(self) -> "Service":
        if self.tls and self.base.lower().startswith("http:"):
            raise Misfit("tls is for a base that begins with https", "tls")
        scheme = self.base.partition(":")[0].lower()
        if other := next((text for text in self.also_at if "://" in text and text.partition(":")[0].lower() != scheme), None):
            raise Misfit(f"{clipped(other)!r} is spoken to otherwise than base; allowed: addresses that begin with {scheme}://", "also_at")
        for text in self.also_at:
            if "/" in text.partition("://")[2].rstrip("/"):
                raise Misfit(f"{clipped(text)!r} has more than a host and a port; paths stand in base", "also_at")
        return self


def refuses_protocol(error: OSError) -> bool:
    """Whether a handshake failed since the service does not speak what was offered by ALPN."""
    return _NO_COMMON_PROTOCOL in str(error).lower().replace("_", " ")


def tls_context(tls: Tls | None, kind: type[Context], *, http2: bool = False) -> Context:
    """A client's context of a kind: by the system's authorities, or those that SSL_CERT_FILE names, unless the file has its own.

    HTTP/2 is offered alone or not at all: a service that has both would choose, and mostly the one that costs the generator more.

    Raises:
        BadInput: one of the files is none of what it should be.
    """
    context = kind(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols([HTTP2 if http2 else HTTP1])
    tls = tls or Tls()
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca:
        try:
            context.load_verify_locations(tls.ca)
        except (OSError, ssl.SSLError) as error:
            raise BadInput(f"{tls.ca} holds no authorities in PEM: {_why(error)}") from None
    else:
        context.load_default_certs()
    if tls.cert:
        try:
            context.load_cert_chain(tls.cert, tls.key, _no_passphrase)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise BadInput(f"the certificate {tls.cert} and its key {tls.key or tls.cert} cannot be used: {_why(error)}") from None
    return context


def _no_passphrase() -> NoReturn:
    raise ValueError("the key has a passphrase; give one without")


def _why(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
