"""Opening a ticket, and how it stands."""

from mock_bank.services.campaign.tickets.models import AnswerBody, TicketBody, TicketReply
from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, effect, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode


@operation(
    "ticket.create",
    "POST",
    "/v1/tickets",
    TicketReply,
    codes=(OK, NOT_FOUND),
    body=TicketBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "category": "complaint", "text": "{tag}"}),
)
async def create(node: ServiceNode, request: Request) -> Reply:
    """A complaint, an appeal, or a question that the robot could not answer."""
    body: TicketBody = request.body
    return await effect(node, "campaign.open_ticket", request, body.campaign_id, body.category)


@operation("ticket.get", "GET", "/v1/tickets/{ticket_id}", TicketReply, codes=(OK, NOT_FOUND), sample=Sample())
async def get(node: ServiceNode, request: Request) -> Reply:
    """How a ticket of this customer stands, and when somebody first responded."""
    row = await node.database.row(
        "select 'OK', campaign.told_ticket(t) from campaign.tickets t where ticket_id = $1 and customer_no = $2",
        request.path[0],
        request.customer_no,
    )
    return reply_of(row) if row is not None else Reply(NOT_FOUND)


@operation(
    "ticket.answer",
    "POST",
    "/v1/ops/tickets/{ticket_id}/answer",
    TicketReply,
    codes=(OK, NOT_FOUND),
    body=AnswerBody,
    access=Access.OPERATOR,
    effectful=True,
    sample=Sample({"actor": "{tag}", "reason": "{tag}"}),
)
async def answer(node: ServiceNode, request: Request) -> Reply:
    """Respond to a ticket out of turn."""
    body: AnswerBody = request.body
    ticket = (request.path[0], body.actor, body.reason, node.site)
    return reply_of(await node.database.row("select code, data from campaign.answer_ticket($1, $2, $3, $4)", *ticket))
