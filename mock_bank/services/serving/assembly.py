"""Puts a service together from whatever features are there."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from mock_bank.services.kit.codes import Code
from mock_bank.services.kit.errors import ServiceError
from mock_bank.services.kit.features import about, find
from mock_bank.services.kit.operation import Operation
from mock_bank.services.kit.read_back import ReadBackTable
from mock_bank.services.serving import openapi


def operations(service: str) -> tuple[Operation, ...]:
    """Everything that a service does, its own description included.

    Raises:
        ServiceError: two operations, or two codes, go by one name.
    """
    says = about(service)
    tables = [table.operation(service) for table in find(service, ReadBackTable)]
    found = [_under(says.prefix, operation) for operation in (*find(service, Operation), *tables)]
    _refuse_twice("operations", (operation.id for operation in found))
    _refuse_twice("operations", (f"{operation.method} {operation.path}" for operation in found))
    _refuse_twice("codes", (str(code) for code in find(service, Code)))
    return (*found, openapi.describing(says.title, found))


def _under(prefix: str, operation: Operation) -> Operation:
    return operation if operation.path.startswith("/") else replace(operation, path=f"{prefix}/{operation.path}")


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ServiceError(f"two {what} go by the name {twice[0]}")
