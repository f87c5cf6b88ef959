"""The two servers, and the term that says which of them leads."""

from collections.abc import Callable, Iterator

from mock_bank.postgres.interfaces import Member
from mock_bank.postgres.term import Term


class Pair:
    """Who leads and who does not, as it has been decided; a decision is on disk before it is one."""

    def __init__(self, members: tuple[Member, Member], term: Term, keep: Callable[[Term], None]) -> None:
        """`term` is on disk already; `keep` puts the next ones there."""
        self._members, self._keep = {member.name: member for member in members}, keep
        self.term = term

    def decide(self, term: Term) -> None:
        """From now on it is this one. Raises what `keep` raises, and then nothing has been decided."""
        self._keep(term)
        self.term = term

    def __iter__(self) -> Iterator[Member]:
        """Both."""
        return iter(self._members.values())

    def __getitem__(self, name: str) -> Member:
        """The one of that name."""
        return self._members[name]

    @property
    def primary(self) -> Member:
        """Who leads, or is to lead, in this term."""
        return self._members[self.term.leader]

    @property
    def standby(self) -> Member:
        """The other one, whatever its state."""
        return next(member for name, member in self._members.items() if name != self.term.leader)

    @property
    def following(self) -> bool:
        """Whether the standby follows the leader now."""
        status = self.primary.status
        return bool(self.term.established and self.primary.writer and self.standby.alive and status and status.followed())
