"""How customers get to an operation, in words."""

from reports.formatting import many
from scenarios.target.model import Target


def access_path(target: Target, operation: str) -> str:
    """Over connections that are kept or made for each request, to so many addresses."""
    service = target.services[target.operations[operation].service]
    return f"{'pooled' if service.keep_alive else 'direct'}, {many(1 + len(service.also_at), 'address')}"
