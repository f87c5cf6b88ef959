"""A node more, on purpose: it comes out of nothing, and gets its share of the customers."""

from typing import ClassVar

from chaos.scaling_fault import ScalingFault


class NodeScaledOut(ScalingFault):
    """A node is started and joins; afterwards it is drained and ended."""

    comes: ClassVar[bool] = True
