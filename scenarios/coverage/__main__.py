"""`python -m scenarios.coverage` writes `docs/plan-coverage.md`."""

from scenarios.coverage.declarations import ROOT
from scenarios.coverage.page import page
from scenarios.plan.scenario import Scenario
from scenarios.plan.yaml_loading import load_yaml


def journeys_of(name: str) -> set[str]:
    """The journeys that a scenario of the catalog plays."""
    scenario = load_yaml(ROOT / "scenarios" / "catalog" / f"{name}.yaml", Scenario)
    mixes = [scenario.mix, *(phase.mix for phase in scenario.phases if phase.mix)]
    return {journey for mix in mixes for journey, weight in mix.items() if weight > 0}


def main() -> None:
    """Writes it."""
    (ROOT / "docs" / "plan-coverage.md").write_text(page(journeys_of("campaign-day")), encoding="utf-8")


if __name__ == "__main__":
    main()
