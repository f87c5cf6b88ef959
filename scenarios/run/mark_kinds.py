"""What is told in a drill that other hands perform: what they say, and since when they may begin."""

from typing import ClassVar

from scenarios.plan.observed import MarkKind
from scenarios.run.facts import Facts

MOST_WORDS = 500
"""Characters that a mark may say."""


class OfOthers(Facts):
    """Something about what others do."""


class ObservedSteady(OfOthers):
    """The state is steady for the first time: others may begin."""

    kind: ClassVar[str] = "observed.steady"
    evidence: str


class Marked(OfOthers):
    """The people who fail over say what they have done; at the time when it was heard."""

    kind: ClassVar[str] = "mark.made"
    fsynced: ClassVar[bool] = True
    mark: str  # a MarkKind
    words: str = ""
    by: str = ""  # who says it, as he or she was called

    @property
    def of(self) -> MarkKind | None:
        """Which; None for one that this version does not know."""
        return MarkKind(self.mark) if self.mark in tuple(MarkKind) else None
