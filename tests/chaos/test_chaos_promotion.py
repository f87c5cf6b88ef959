"""A promotion of a standby by SQL, over two real servers that nobody manages."""

from collections.abc import Iterator

import pytest
from answering import JsonAnswers, answering
from chaos_postgres import running_pair
from chaos_support import wait

from chaos.errors import NoTarget
from chaos.faults.standby_promoted import StandbyPromoted
from chaos.handles.postgresql import Postgresql
from chaos.health import HealthCheck
from chaos.target_handles import Handles


class Told(JsonAnswers):
    """A target that says whether it is whole."""

    whole = True

    def get(self) -> None:
        """Says so."""
        self.say(200, {"healthy": type(self).whole, "reason": "two writers"})


@pytest.fixture
def health() -> Iterator[HealthCheck]:
    """How it is asked."""
    Told.whole = True
    with answering(Told) as url:
        yield HealthCheck(url=url, headers={}, healthy="$.healthy == true", reason="$.reason")


def test_a_standby_is_promoted_and_its_manager_makes_the_pair_whole_again(health: HealthCheck) -> None:
    """A primary is refused; so is a target that does not say whether it is whole, for nobody could take that back."""
    with running_pair() as (primary, standby):
        follows = Handles(others={"postgresql": standby}, health=health)
        leads = follows.model_copy(update={"others": {"postgresql": primary}})
        fault = StandbyPromoted()
        for asked in (fault.check, fault.find_target):
            with pytest.raises(NoTarget, match=f"{primary.partition('?')[0]} is no standby"):
                asked(leads)
            with pytest.raises(NoTarget, match="the target has no 'health'"):
                asked(follows.model_copy(update={"health": None}))
        with pytest.raises(NoTarget, match="is no standby"):
            Postgresql(primary).promote()
        fault.check(follows)
        target = fault.find_target(follows)
        assert not fault.is_effective(follows, target).holds
        fault.inject(follows, target)
        wait(lambda: fault.is_effective(follows, target).holds, "it leads")
        fault.undo(follows, target)
        Told.whole = False
        seen = fault.is_healed(follows, target)
        assert not seen.holds
        assert "two writers" in seen.evidence
        assert fault.by_hand(target) in seen.evidence
        Told.whole = True
        assert fault.is_healed(follows, target).holds
        with pytest.raises(NoTarget, match="is no standby"):
            fault.find_target(follows)
