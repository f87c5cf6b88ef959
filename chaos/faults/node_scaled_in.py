"""A node less, on purpose: it finishes what it is at, and goes."""

from typing import ClassVar

from chaos.scaling_fault import ScalingFault


class NodeScaledIn(ScalingFault):
    """A node that serves is drained and ended; afterwards it comes back."""

    comes: ClassVar[bool] = False
