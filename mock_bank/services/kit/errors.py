"""What goes wrong, by what it means."""


class ServiceError(Exception):
    """Whatever a node's operator did wrong, in one sentence."""


class BusyError(Exception):
    """Definitely not executed: no connection in time, or the server rolled it back for another's sake."""


class UnknownError(Exception):
    """It may have been executed: the connection or the wait for the other centre broke after sending."""


class BrokenError(Exception):
    """Definitely not executed, by a fault of the statement."""


DATABASE_ERRORS = (BusyError, UnknownError, BrokenError)
"""How a statement can fail."""
