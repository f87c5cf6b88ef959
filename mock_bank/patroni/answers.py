"""What Patroni's agents say of their cluster, as values."""

from dataclasses import dataclass
from typing import cast

_RUNS = ("running", "streaming", "in archive recovery")


@dataclass(frozen=True, slots=True)
class ClusterView:
    """What an agent last read of what all have agreed upon."""

    leader: str | None  # who holds the leader's key and runs
    follows: str | None  # the standby that runs and follows
    synchronous: bool  # whether commits wait for it
    timeline: int


def read_cluster(told: object) -> ClusterView:
    """The answer of ``GET /cluster``; what is not understood counts as nobody."""
    members = cast("dict[str, object]", told).get("members") if isinstance(told, dict) else None
    rows = [row for row in members if isinstance(row, dict)] if isinstance(members, list) else []
    leaders = [row for row in rows if row.get("role") == "leader" and row.get("state") == "running"]
    others = [row for row in rows if row.get("role") in ("replica", "sync_standby") and row.get("state") in _RUNS]
    timelines = [row["timeline"] for row in leaders if isinstance(row.get("timeline"), int)]
    return ClusterView(
        leader=str(leaders[0].get("name")) if len(leaders) == 1 else None,
        follows=str(others[0].get("name")) if len(others) == 1 else None,
        synchronous=any(row["role"] == "sync_standby" for row in others),
        timeline=timelines[0] if timelines else 0,
    )


def agreed(views: list[ClusterView]) -> ClusterView | None:
    """What the agents that answered say together: one that knows of a later timeline knows better. None where none answered."""
    return max(views, key=lambda view: (view.timeline, view.leader is not None), default=None)
