"""Asking the robot."""

from typing import Final

from mock_bank.services.campaign.robot.book import BOOK, Entry
from mock_bank.services.campaign.robot.likeness import Likeness
from mock_bank.services.campaign.robot.models import MessageBody, MessageReply
from mock_bank.services.campaign.robot.switches import ROBOT_GUESSES
from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

LIKE_ENOUGH: Final = 0.3
_ASKED: Final = [(entry, question) for entry in BOOK for question in entry.questions]
INDEX: Final = Likeness(question for _, question in _ASKED)


@operation(
    "robot.message",
    "POST",
    "/v1/robot/messages",
    MessageReply,
    codes=(OK, NOT_FOUND),
    body=MessageBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "text": "积分什么时候到账"}),
)
async def message(node: ServiceNode, request: Request) -> Reply:
    """The answer of the book's entry that is most like what is asked, if one is like enough."""
    body: MessageBody = request.body
    entry = BOOK[0] if node.on(ROBOT_GUESSES) else found(body.text)
    said = (entry.id, entry.answer) if entry else (None, None)
    return await effect(node, "campaign.note_contact", request, body.campaign_id, *said)


def found(text: str) -> Entry | None:
    """The entry with the question that is most like a text; None where none is like enough."""
    number, likeness = INDEX.best(text)
    return _ASKED[number][0] if likeness >= LIKE_ENOUGH else None
