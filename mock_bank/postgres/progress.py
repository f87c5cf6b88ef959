"""How far a term has come, as far as the process that carries it out knows. What has been decided stands in the term, on disk."""

from dataclasses import dataclass, field

from mock_bank.postgres.silence import Confirmation


@dataclass(slots=True)
class Progress:
    """How far a term has come, as far as this process knows."""

    deadline_s: float
    planned: bool = False  # by somebody's order, from a leader that was well
    fenced: bool = False
    recovering: bool | None = None
    promoted_at_s: float | None = None
    told: set[str] = field(default_factory=set)
    restarts: int = 0
    not_before_s: float = 0.0


@dataclass(slots=True)
class Other:
    """What is known of the one who does not lead."""

    followed: bool = False  # it has followed the leader of this term
    synchronous: bool = False  # every commit acknowledged now is on both
    names_set: bool | None = False  # the leader's configuration tells it to wait; None: it was a predecessor's to know
    lost_at_s: float | None = None
    lost_told: bool = False
    due_at_s: float = 0.0
    confirmation: Confirmation = field(default_factory=Confirmation)
