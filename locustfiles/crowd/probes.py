"""What a service owes to who asks on purpose for what it must turn down."""

from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import CODE_IN_PROGRESS, CODE_MISMATCH, CODE_MISSING
from scenarios.target.operation_codec import Answer

_OWED = {Probe.MISMATCH: CODE_MISMATCH, Probe.MISSING: CODE_MISSING, Probe.TWIN: CODE_IN_PROGRESS}
_REFUSED = 4  # hundreds: what is not yours is forbidden, or not there at all


def is_turned_down(probe: Probe, answer: Answer, status: int) -> bool:
    """Whether a service that answers so has turned down what it must: that is a correct refusal, no failure."""
    if probe is Probe.FOREIGN:
        return answer.outcome is Outcome.FAILURE and status // 100 == _REFUSED
    return bool(answer.code) and answer.code == _OWED.get(probe)
