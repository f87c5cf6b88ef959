"""What an OpenAPI document (3.x, JSON or YAML) says of a service's operations. Examples and default values in it are never looked at."""

from collections.abc import Iterator, Mapping

from scenarios.draft.published import (
    METHODS,
    MOST_DEPTH,
    Published,
    Service,
    few,
    is_header,
    is_path,
    items,
    mapping,
    text,
    words_of,
)
from scenarios.draft.servers import address_of


def is_openapi(document: object) -> bool:
    """Whether it is such a document, as far as its first lines say."""
    found = mapping(document)
    version = found.get("openapi")
    return isinstance(found.get("paths"), dict) and isinstance(version, str | int | float) and str(version).startswith("3")


def service_of(document: Mapping[str, object]) -> Service:
    """What it says of the service."""
    schemes = mapping(mapping(document.get("components")).get("securitySchemes")).values()
    found = [_resolved(document, scheme) for scheme in schemes]
    keys = [text(scheme.get("name")) for scheme in found if scheme.get("type") == "apiKey" and scheme.get("in") == "header"]
    bearer = any(scheme.get("type") in ("oauth2", "openIdConnect") or text(scheme.get("scheme")).lower() == "bearer" for scheme in found)
    base, about = address_of(document)
    return Service(base, tuple(_operations(document)), bearer, tuple(filter(is_header, keys)), about_base=about)


def _operations(document: Mapping[str, object]) -> Iterator[Published]:
    for path, item in mapping(document["paths"]).items():
        shared = mapping(item).get("parameters")
        for method in METHODS:
            said = mapping(mapping(item).get(method))
            if not said or not is_path(path):
                continue
            parameters = [_resolved(document, each) for each in [*items(shared), *items(said.get("parameters"))]]
            headers = tuple(text(each.get("name")) for each in parameters if each.get("in") == "header")
            content = mapping(_resolved(document, said.get("requestBody")).get("content"))
            kind = next((kind for kind in map(text, content) if "json" in kind or "form" in kind), "")
            sent = mapping(content.get(kind)).get("schema")
            words = words_of(f"{path} {text(said.get('operationId'))} {text(said.get('summary'))}")
            body = few(_fields(document, sent))
            required = tuple(text(name) for name in items(_resolved(document, sent).get("required")))
            told = few(_answer(document, said))
            query = few(text(each.get("name")) for each in parameters if each.get("in") == "query")
            yield Published(method.upper(), path, words, body, required, "form" in kind, tuple(filter(is_header, headers)), told, query)


def _answer(document: Mapping[str, object], said: Mapping[str, object]) -> Iterator[str]:
    answers = mapping(said.get("responses"))
    good = next((answer for code, answer in answers.items() if str(code) in ("200", "201", "202")), None)
    content = mapping(_resolved(document, good).get("content"))
    kind = next((kind for kind in map(text, content) if "json" in kind), "")
    yield from _fields(document, mapping(content.get(kind)).get("schema"))


def _fields(document: Mapping[str, object], schema: object, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Names of the fields that are no objects, with dots; and nothing, once for each schema that is looked at, so that `few` ends it."""
    found = _resolved(document, schema)
    yield ""
    for part in items(found.get("allOf")):
        yield from _fields(document, part, prefix, depth + 1) if depth < MOST_DEPTH else ()
    for name, inner in mapping(found.get("properties")).items():
        below = _resolved(document, inner)
        if (below.get("properties") or below.get("allOf")) and depth < MOST_DEPTH:
            yield from _fields(document, below, f"{prefix}{name}.", depth + 1)
        else:
            yield f"{prefix}{name}"


def _resolved(document: Mapping[str, object], node: object) -> Mapping[str, object]:
    """The node, or what its reference within the document leads to."""
    for _ in range(MOST_DEPTH):
        found = mapping(node)
        reference = found.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return found
        node = document
        for step in reference[2:].split("/"):
            node = mapping(node).get(step.replace("~1", "/").replace("~0", "~"))
    return {}
