"""Scenario files: what is found, what is refused, and with which sentence."""

import os
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from scenarios.errors import BadInput
from scenarios.plan.campaign import popularity, prize_names, stock_split
from scenarios.plan.campaign_model import Prizes
from scenarios.plan.scenario import Scenario
from scenarios.plan.schema import SCHEMAS, schema_text
from scenarios.plan.yaml_loading import load_yaml
from scenarios.plugins import PATH_VARIABLE, TARGET, discover, load_scenario, load_target, names

GOOD = """
name: small
describe: A small one.
phases:
  - {name: calm, lasts: 20 s, arrivals: 5/s}
  - {name: peak, lasts: 30 s, arrivals: [5/s, 20/s], spike: {to: 40/s, rise: 2 s, half_life: 5 s}}
mix: {flash-sale: 1}
pulse: {operations: [a.read]}
drills:
  - {drill: primary-kill, at: peak + 2 s, deadline: 8 s, window: 10 s}
gates:
  - p99 of claim.submit <= 1 s in peak
"""


def load(tmp_path: Path, text: str) -> Scenario:
    """The text as a scenario file."""
    path = tmp_path / "small.yaml"
    path.write_text(text)
    return load_yaml(path, Scenario)


def test_durations_rates_and_places_are_understood(tmp_path: Path) -> None:
    """Words with units become seconds and rates."""
    scenario = load(tmp_path, GOOD)
    assert scenario.lasts_s == 50
    assert scenario.span("peak") == (20, 50)
    assert scenario.at_s(scenario.drills[0]) == 22
    assert scenario.curve.rate(10) == 5


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("describe", "descibe", 3, "unknown key 'descibe'; did you mean 'describe'?"),
        ("lasts: 20 s", "lasts: 0 s", 5, "greater than or equal to 0.001"),
        ("lasts: 20 s", "lasts: soon", 5, "'soon' is no duration; allowed: a number with ms, s, min or h"),
        ("arrivals: 5/s}", "arrivals: -5/s}", 5, "'-5/s' is no rate"),
        ("arrivals: 5/s}", "arrivals: -5}", 5, "greater than or equal to 0"),
        ("arrivals: 5/s}", "arivals: 5/s}", 5, "did you mean 'arrivals'"),
        ("p99 of", "p98 of", 12, "names the measure 'p98'"),
        ("in peak", "in paek", 12, "names the phase 'paek'; there are: calm, peak"),
        ("name: peak", "name: calm", 4, "two phases have one name"),
        ("flash-sale: 1", "flash-sale: 0", 7, "a sum above 0"),
        ("to: 40/s", "to: 4/s", 6, "is less than its arrivals"),
        ("at: peak + 2 s", "at: paek + 2 s", 10, "strikes at 'paek + 2 s'; allowed"),
        ("at: peak + 2 s", "at: 5 s", 10, "before 10 s of steady state"),
        ("at: peak + 2 s", "at: peak + 20 s", 10, "needs load until 58 s"),
        ("pulse: {operations: [a.read]}", "", 10, "needs a pulse"),
        ("mix: {flash-sale: 1}", "mix: ]", 7, "is no YAML"),
    ],
)
def test_a_bad_file_gets_one_sentence_with_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    """File, line where there is one, what is wrong, what is allowed."""
    with pytest.raises(BadInput) as error:
        load(tmp_path, GOOD.replace(old, new, 1))
    sentence = str(error.value)
    assert says in sentence
    assert sentence.startswith(f"{tmp_path / 'small.yaml'}:")
    assert "\n" not in sentence
    assert error.value.line == line


def test_what_is_not_there_is_told_with_what_is() -> None:
    """A near miss gets a hint."""
    with pytest.raises(BadInput, match=r"did you mean 'flash-sale'.*there are: .*smoke"):
        load_scenario("flash-sail")
    with pytest.raises(BadInput, match="no such scenario file"):
        load_scenario("nowhere/x.yaml")
    with pytest.raises(BadInput, match="there is no target 'moon'"):
        load_target("moon")


def test_what_is_there_and_no_file_is_said_to_be_that(tmp_path: Path) -> None:
    """A pipe is not waited for, and a folder is none of a target without its main file."""
    os.mkfifo(tmp_path / "pipe.yaml")
    for name in ("pipe.yaml", "."):
        with pytest.raises(BadInput, match="is no scenario file, but a folder, a pipe or a device"):
            load_scenario(str(tmp_path / name) + "/" * (name == "."))
    with pytest.raises(BadInput, match=r"is no target: a folder of one holds target\.yaml"):
        load_target(f"{tmp_path}/")


def test_a_banks_own_folder_is_found_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank's scenarios live in the bank's repository, and may stand in place of ours."""
    (tmp_path / "scenarios" / "catalog").mkdir(parents=True)
    (tmp_path / "scenarios" / "catalog" / "small.yaml").write_text(GOOD)
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    assert "small" in discover("scenarios/catalog", ".yaml")
    assert load_scenario("small").name == "small"
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(BadInput, match="is not there"):
        discover("scenarios/catalog", ".yaml")


@pytest.mark.parametrize("name", discover("scenarios/catalog", ".yaml"))
def test_every_scenario_of_the_catalog_is_sound(name: str) -> None:
    """Whatever lies in the folder loads, bears its file's name, and lasts no longer than an hour."""
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.lasts_s <= 3600
    assert load_target(scenario.target).operations


@pytest.mark.parametrize("name", names(TARGET))
def test_every_target_is_sound(name: str) -> None:
    """Whatever lies in the folder loads and bears its file's name."""
    assert load_target(name).name == name


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schemas_are_those_of_the_models(name: str) -> None:
    """Editors complete what the program accepts. To renew: python -m scenarios.plan.schema."""
    committed = Path(__file__).parents[2] / "scenarios" / "schema" / name
    assert committed.read_text() == schema_text(name)


def test_models_do_not_change_after_reading() -> None:
    """A plan is a plan."""
    scenario: BaseModel = load_scenario("smoke")
    with pytest.raises(ValidationError):
        scenario.name = "other"  # type: ignore[attr-defined]  # the very thing that is refused


@pytest.mark.parametrize(("skus", "stock", "zipf"), [(1, 1, 0.0), (5, 40, 1.0), (20, 300, 1.2), (200, 100, 0.99), (7, 1000, 3.0)])
def test_the_stock_is_split_to_the_last_prize(skus: int, stock: int, zipf: float) -> None:
    """Nothing is lost in rounding, and the popular have no less."""
    split = stock_split(Prizes(skus=skus, stock=stock, zipf=zipf))
    assert sum(split) == stock
    assert split == sorted(split, reverse=True)
    assert len(set(prize_names(Prizes(skus=skus)))) == skus


def test_popularity_is_the_domains() -> None:
    """Zipf 1.2 over 20 prizes: the first has 35 %, the first three 60 %."""
    shares = popularity(Prizes(skus=20, zipf=1.2))
    assert shares[0] == pytest.approx(0.35, abs=0.01)
    assert sum(shares[:3]) == pytest.approx(0.60, abs=0.01)


LIKE = """
name: loud
like: small
campaign: {prizes: {stock: 7}}
drills: []
gates:
  - p99 of claim.submit <= 2 s in peak
"""


@pytest.fixture
def loud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario that is like another one of its folder."""
    catalog = tmp_path / "scenarios" / "catalog"
    catalog.mkdir(parents=True)
    (catalog / "small.yaml").write_text(GOOD + "campaign: {bell: peak, prizes: {skus: 3, stock: 9}}\n")
    (catalog / "loud.yaml").write_text(LIKE)
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    return catalog / "loud.yaml"


def test_a_scenario_that_is_like_another_has_all_that_it_does_not_say_itself(loud: Path) -> None:
    """Of a mapping key by key; a list stands for the whole of the other's. It may be named by its file, too."""
    like, small = load_scenario("loud"), load_scenario("small")
    assert (like.name, like.phases, like.mix, like.pulse) == ("loud", small.phases, small.mix, small.pulse)
    assert like.campaign.prizes == small.campaign.prizes.model_copy(update={"stock": 7})
    assert (like.campaign.bell, like.drills, like.gates) == ("peak", [], ["p99 of claim.submit <= 2 s in peak"])
    loud.write_text(LIKE.replace("like: small", f"like: {loud.with_name('small.yaml')}"))
    assert load_scenario(str(loud)).phases == small.phases


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("like: small", "like: smal", r"loud.yaml:3: like: there is no scenario 'smal'; did you mean 'small'"),
        ("like: small", "like: loud", r"loud.yaml:3: like: loud is itself like loud; allowed: one that says all by itself"),
        ("like: small", "like: [small]", r"loud.yaml:3: like: \['small'\] is no name"),
        ("stock: 7", "stock: -7", r"loud.yaml:4: campaign.prizes.stock"),
        ("in peak", "in noon", r"loud.yaml:7: gate .* names the phase .noon."),
        ("like: small", "", r"the key '\w+' is missing"),
    ],
)
def test_what_is_wrong_in_a_scenario_like_another_is_told_with_its_line(loud: Path, old: str, new: str, told: str) -> None:
    """Of what it is like, and of what it says instead."""
    loud.write_text(LIKE.replace(old, new))
    with pytest.raises(BadInput, match=told):
        load_scenario("loud")


def test_what_is_wrong_in_the_scenario_that_another_is_like_is_told_with_that_ones_line(loud: Path) -> None:
    """It is not this file's to mend."""
    loud.with_name("small.yaml").write_text(GOOD.replace("lasts: 20 s", "lasts: soon"))
    with pytest.raises(BadInput, match=r"small.yaml:5: .*'soon' is no duration"):
        load_scenario("loud")
