"""What pop-ups take and give."""

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class ShowBody(Body):
    """The app's own name for this showing, so that asking again is not another one."""

    campaign_id: Name
    view: Name


class ShowReply(BaseModel):
    """The pop-up, and how many more the customer may be shown today."""

    popup_id: str
    left: int
    at_ms: int


class PopupRow(BaseModel):
    """A pop-up that a customer was shown, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    view: str
    state: str
    at_ms: int
    site: str
