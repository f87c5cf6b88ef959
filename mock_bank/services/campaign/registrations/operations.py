"""Having a code sent, and registering by it."""

import hashlib
from typing import Final

from mock_bank.services.campaign.campaigns.codes import CLOSED_TO_ALL
from mock_bank.services.campaign.registrations.models import CodeBody, CodeReply, RegisterBody, RegisterReply
from mock_bank.services.campaign.suppliers.codes import CIRCUIT_OPEN
from mock_bank.services.campaign.suppliers.suppliers import Suppliers
from mock_bank.services.kit.codes import OK, Code
from mock_bank.services.kit.errors import BrokenError, BusyError, UnknownError
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

REGISTERED: Final = Code("REGISTERED", 409, "this customer has registered and needs no code")
TOO_MANY_CODES: Final = Code("TOO_MANY_CODES", 409, "this customer has been sent five codes that are still good")
ALREADY_REGISTERED: Final = Code("ALREADY_REGISTERED", 409, "this customer has registered")
WRONG_CODE: Final = Code("WRONG_CODE", 403, "this is no code of this customer's that is still good")

LIFE_S: Final = 300
_SEND: Final = "SEND"
_DIGITS: Final = 6
_SAMPLE: Final = "0" * _DIGITS


def digits(node: ServiceNode, key: str) -> str:
    """The code of a request: the same whenever it is repeated, and nobody's guess who has not the services' secret."""
    if node.alone:
        return _SAMPLE  # a node that is being warmed up sends nothing
    drawn = hashlib.blake2b(f"sms {key}".encode(), key=node.config.secret.encode(), digest_size=8).digest()
    return f"{int.from_bytes(drawn) % 10**_DIGITS:0{_DIGITS}}"


@operation(
    "register.code",
    "POST",
    "/v1/registrations/codes",
    CodeReply,
    codes=(OK, REGISTERED, TOO_MANY_CODES, CIRCUIT_OPEN, *CLOSED_TO_ALL),
    body=CodeBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}"}),
)
async def send(node: ServiceNode, request: Request) -> Reply:
    """Send a code to the customer's telephone, once for each key."""
    body: CodeBody = request.body
    row = await node.database.row("select campaign.may_send_code($1, $2, $3)", request.key, request.customer_no, body.campaign_id)
    code, sends = digits(node, request.key), row[0] == _SEND
    if sends:
        await node.one(Suppliers).send_sms(f"SC-{request.key}", request.customer_no, code)
    try:
        return await effect(node, "campaign.keep_code", request, body.campaign_id, code, LIFE_S, row[0])
    except (BusyError, BrokenError) as error:
        if sends:  # nothing was done here, and something there: only the same key can end it
            raise UnknownError(f"the code has been sent, and we have not kept it: {error}") from error
        raise


@operation(
    "register.submit",
    "POST",
    "/v1/registrations",
    RegisterReply,
    codes=(OK, ALREADY_REGISTERED, WRONG_CODE, *CLOSED_TO_ALL),
    body=RegisterBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "code": _SAMPLE}),
)
async def register(node: ServiceNode, request: Request) -> Reply:
    """Register by a code that was sent to this customer, once."""
    body: RegisterBody = request.body
    return await effect(node, "campaign.register", request, body.campaign_id, body.code)
