"""Retry amplification: how often something was sent for each time that it was wanted.

Sends of one operation share its id (an effectful one its idempotency key). A customer's new try under a new key is a new operation.
"""

import numpy as np

from reports.measures.aggregation import Operations


def amplification(operations: Operations) -> float | None:
    """Sends / intended operations, of those that were sent at all; None where none was."""
    sent = operations.attempts[~operations.unsent]
    return float(np.mean(sent)) if len(sent) else None
