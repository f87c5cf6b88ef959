"""What can go wrong with a world, as one sentence for the user."""


class WorldError(Exception):
    """The user, or the machine, does not let the world be: wrong use, an unmet precondition."""

    exit_code = 64


class Busy(WorldError):
    """Somebody else is at work in a world's folder."""


class WorldFaultError(WorldError):
    """The world itself failed."""

    exit_code = 70
