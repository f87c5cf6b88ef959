"""A link between two parts that is cut."""

from chaos.errors import NoTarget
from chaos.fault import Aim, Fault
from chaos.handles.probe import probe
from chaos.health import Look
from chaos.target_handles import Reach

_ANSWER_S = 1.0


class LinkCut(Fault):
    """A link that refuses new connections and drops those it carries."""

    link: str

    def aim(self, reach: Reach) -> Aim:
        """The link's address. Refuses one that is cut already: undoing it would not be ours."""
        link = reach.links().link(self.link)
        if not link.enabled:
            raise NoTarget(f"the link {self.link} is cut already")
        return Aim(part=self.link, marks={"listen": link.listen})

    def inject(self, reach: Reach, aim: Aim) -> None:  # noqa: ARG002 - the link's name is all it takes
        """Cuts it."""
        reach.links().enable(self.link, enabled=False)

    def is_effective(self, reach: Reach, aim: Aim) -> Look:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own is refused."""
        sign = probe(str(aim.marks["listen"]), deadline_s=_ANSWER_S)
        return Look(holds=sign.how == "refused", evidence=f"a probe through {self.link}: {sign.how}")

    def undo(self, reach: Reach, aim: Aim) -> None:  # noqa: ARG002 - as inject
        """Opens it."""
        reach.links().enable(self.link, enabled=True)

    def is_healed(self, reach: Reach, aim: Aim) -> Look:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own is answered."""
        sign = probe(str(aim.marks["listen"]), deadline_s=_ANSWER_S)
        return Look(holds=sign.how in ("answered", "closed"), evidence=f"a probe through {self.link}: {sign.how}")
