"""What is done of every call of the bank's other services before its own work."""

from typing import Final

from mock_bank.services.kit.codes import SYSTEM_ERROR, RefusedError
from mock_bank.services.kit.operation import Request
from mock_bank.services.kit.service_node import ServiceNode

QUERY: Final = {"caller": "which node calls; not noted if not said", "sent_ns": "when, in ns of its machine's monotonic clock"}
_MOST_DIGITS: Final = 18


async def note_call(node: ServiceNode, request: Request, path: str) -> None:
    """Note it, where it says who calls and when.

    Raises:
        RefusedError: it is to be answered by an error, as the dial stands.
    """
    caller, sent_ns = request.query.get("caller", ""), request.query.get("sent_ns", "")
    said = caller and sent_ns.isascii() and sent_ns.isdecimal() and len(sent_ns) <= _MOST_DIGITS
    told = (caller, path, int(sent_ns)) if said else ("", path, 0)
    if (await node.database.row("select bank.note_call($1, $2, $3)", *told))[0]:
        raise RefusedError(SYSTEM_ERROR)
