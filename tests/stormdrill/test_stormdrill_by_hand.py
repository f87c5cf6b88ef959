"""What is tried by hand needs people who can come."""

from pathlib import Path

import pytest

from scenarios.errors import BadInput
from scenarios.plugins import load_scenario, load_target
from scenarios.target.people import Data
from stormdrill.commands.by_hand import trace


@pytest.mark.parametrize("scenario", [None, "smoke"])
def test_too_few_rows_are_the_files_mistake(tmp_path: Path, scenario: str | None) -> None:
    """With the file and what to do, before anything is asked; with a campaign of its own as with a scenario's."""
    people = tmp_path / "people.csv"
    people.write_text("account\n1\n")
    target = load_target("embedded").model_copy(update={"data": Data(file=str(people), customer="account")})
    with pytest.raises(BadInput, match=r"has too few rows to try anything: .* prizes are more than .*; add rows") as told:
        trace(target, 1, "target_check", planned=load_scenario(scenario) if scenario else None)
    assert told.value.path == str(people)


def test_a_handle_that_is_not_there_is_the_files_mistake() -> None:
    """Before anything is asked, as before a run."""
    embedded = load_target("embedded")
    target = embedded.model_copy(update={"handles": {"proxy_apii": "http://127.0.0.1:1"}})
    with pytest.raises(BadInput, match=r"there is no handle 'proxy_apii'; did you mean 'proxy_api'\?"):
        trace(target, 1, "target_check", planned=load_scenario("smoke"))
