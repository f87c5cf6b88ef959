"""What an effectful operation says of its effect: whom it is for, for how much, and between whom. Filled per request, sent to nobody."""

from collections.abc import Callable

from locustfiles.crowd.shared_facts import beyond_records
from scenarios.run.records import NO_AMOUNT, answer_digest
from scenarios.target.operation_codec import OperationCodec
from scenarios.target.request_encoder import Args, Filler, Session, Template, as_text
from scenarios.target.templates import TextTemplate

_FEN = 1 << 63


class EffectTexts:
    """The business key, amount and terms of one operation's effect."""

    def __init__(self, codec: OperationCodec) -> None:
        """Compiles the operation's texts; of one without an effect they are empty."""
        effect = codec.effect
        self.business: Filler = _template(effect.business if effect else None).compiled()
        """Whom the effect is for, what, and in which period."""
        amount = _template(effect.amount) if effect and effect.amount else None
        fixed = amount.constant if amount else None
        self.fixed_fen = NO_AMOUNT if fixed is None else int(fixed)
        self.amount = _fen(amount.compiled()) if amount and fixed is None else None
        """The amount asked for, where it is not the same for all. Raises ValueError where it is none, or beyond what a record holds."""
        terms = _template(effect.terms) if effect and effect.terms else None
        agreed = terms.constant if terms else None
        self.fixed_terms = 0 if agreed is None else answer_digest(agreed)
        self.terms: Filler | None = terms.compiled() if terms and agreed is None else None
        """Between whom or for what it is asked, where that is not the same for all."""


def _template(text: TextTemplate | None) -> Template:
    template = Template()
    if text is not None:
        template.add_text(text, as_text)
    return template


def _fen(fill: Filler) -> Callable[[Args, Session], int]:
    def amount(args: Args, session: Session) -> int:
        fen = int(fill(args, session))
        if not -_FEN <= fen < _FEN:
            raise beyond_records(f"{fen} fen")
        return fen

    return amount
