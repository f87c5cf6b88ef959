"""Whatever a service publishes of itself, or was recorded of it, as published operations: the file's own words say what it is."""

from pathlib import Path

from scenarios.draft import har, openapi, postman
from scenarios.draft.published import Service, mapping, read_document
from scenarios.errors import BadInput

MOST_BYTES = 64_000_000
"""Recordings are long: they hold the answers."""


def read_published(path: Path) -> Service:
    """An OpenAPI document, a HAR or a collection of Postman. Raises BadInput where it is none of them."""
    document = read_document(path, MOST_BYTES)
    if har.is_har(document):
        return har.recorded(mapping(document))
    if postman.is_postman(document):
        return postman.collected(mapping(document))
    if openapi.is_openapi(document):
        return openapi.service_of(mapping(document))
    raise BadInput(
        "is nothing that a draft can be made from; allowed: an OpenAPI document of version 3 ('openapi: 3…' and 'paths'), a HAR ('log' "
        "with 'entries'), a collection of Postman v2.0 or v2.1 ('info' and 'item')",
        path=path,
    )
