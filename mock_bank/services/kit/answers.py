"""Who wants to see how a node's requests end."""

from collections.abc import Callable
from dataclasses import dataclass

from mock_bank.services.kit.codes import Code
from mock_bank.services.kit.operation import Operation
from mock_bank.services.kit.service_node import ServiceNode


@dataclass(frozen=True, slots=True)
class AnswerObserver:
    """Called with every request's operation and the code of its answer, in the path of the answer: it must be quick, and never raise."""

    see: Callable[[ServiceNode, Operation, Code], None]
