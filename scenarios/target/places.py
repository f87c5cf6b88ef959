"""Where the services of a target are, and what is said beside their addresses."""

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.target.addresses import Address, parse_address
from scenarios.target.decryption import Opener, opener
from scenarios.target.model import Target
from scenarios.target.services import Tls
from scenarios.target.templates import Scope, TextTemplate


def base_url(target: Target, service: str, statics: Scope) -> str:
    """Base address of a service, without a slash at its end.

    Raises:
        BadInput: it is no http or https address.
    """
    base = TextTemplate.of(target.services[service].base).render(statics).rstrip("/")
    if "?" in base or "#" in base:
        raise BadInput(f"target {target.name}: service {service!r}: {clipped(base)!r} is no base address; it has neither ? nor #")
    try:
        parse_address(base)
    except BadInput as error:
        raise BadInput(f"target {target.name}: service {service!r}: {error.what}") from None
    return base


def other_places(target: Target, service: str, statics: Scope) -> tuple[Address, ...]:
    """Where a service is to be had besides its base.

    Raises:
        BadInput: one of them is no http or https address, or has a path.
    """
    found = []
    for text in target.services[service].also_at:
        place = TextTemplate.of(text).render(statics).rstrip("/")
        try:
            found.append(parse_address(place))
        except BadInput as error:
            raise BadInput(f"target {target.name}: service {service!r}: also_at: {error.what}") from None
        if "/" in place.partition("://")[2] or "?" in place or "#" in place:
            raise BadInput(f"target {target.name}: service {service!r}: also_at: {clipped(place)!r} has more than a host and a port")
    return tuple(found)


def others_by_address(target: Target, statics: Scope) -> dict[Address, tuple[Address, ...]]:
    """Where services are to be had besides, by the address of their base; of several with one base, all. As `base_url`, `other_places`."""
    found: dict[Address, tuple[Address, ...]] = {}
    for name in target.services:
        base = parse_address(base_url(target, name, statics))
        found[base] = tuple(dict.fromkeys((*found.get(base, ()), *other_places(target, name, statics))))
    return found


def tls_by_address(target: Target, statics: Scope) -> dict[Address, Tls]:
    """What is said of TLS, by the address of the service beside which it stands. Raises as `base_url`."""
    said = {name: service.tls for name, service in target.services.items() if service.tls}
    return {parse_address(base_url(target, name, statics)): tls for name, tls in said.items()}


def openers_by_address(target: Target, statics: Scope) -> dict[Address, Opener]:
    """How answers are decrypted, by the address of the service beside which that stands. Raises as `base_url` and `opener`."""
    found = {name: opener(service.decrypt, statics) for name, service in target.services.items()}
    return {parse_address(base_url(target, name, statics)): each for name, each in found.items() if each is not None}
