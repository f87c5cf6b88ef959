"""A profile tells a crowd's habits, each number with its mark; a scenario takes one and says what it has otherwise."""

from pathlib import Path

import pytest
import yaml

from scenarios.errors import BadInput
from scenarios.plan.crowd import Profile, usual_crowd
from scenarios.plan.scenario import Scenario
from scenarios.plan.yaml_loading import load_yaml
from scenarios.plugins import PROJECT, load_target
from stormdrill.rehearsal.validation import validate

SCENARIO = "name: ours\ndescribe: Ours.\nphases: [{name: one, lasts: 10 s, arrivals: 1/s}]\nmix: {zone-page: 1}\n"
SHIPPED = PROJECT / "scenarios" / "profiles" / "campaign.yaml"


def loaded(folder: Path, more: str = "") -> Scenario:
    """A scenario file with more lines in it."""
    path = folder / "ours.yaml"
    path.write_text(SCENARIO + more, "utf-8")
    return load_yaml(path, Scenario)


def own_profile(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, **changes: dict[str, object]) -> Path:
    """The shipped profile with changes, in a folder of the user's own."""
    plain = yaml.safe_load(SHIPPED.read_text("utf-8")) | {"name": name}
    for group, habits in changes.items():
        plain[group] |= habits
    path = folder / "scenarios" / "profiles" / f"{name}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(plain, sort_keys=False), "utf-8")
    monkeypatch.setenv("STORMDRILL_PATH", str(folder))
    return path


def test_a_scenario_has_the_habits_of_its_profile_and_its_own_instead(tmp_path: Path) -> None:
    """What it says itself bears its own mark; a copy of it, as a run folder has, needs no profile any more."""
    usual = loaded(tmp_path).crowd
    assert (usual.patience.taps_mean, usual.patience.marks["taps_mean"], usual.inviting.nobody) == (3.3, "V20", 0.7)
    ours = loaded(tmp_path, "crowd: {patience: {taps_mean: 5, polite: 10 %, marks: {polite: 'L: our own app'}}}\n")
    assert (ours.crowd.patience.taps_mean, ours.crowd.patience.polite, ours.crowd.patience.gap_median_s) == (5, 0.1, 1.2)
    marks = ours.crowd.patience.marks
    assert (marks["taps_mean"], marks["polite"], marks["gap_median_s"]) == ("A: the scenario's own", "L: our own app", "A")
    assert Scenario.model_validate_json(ours.model_dump_json().replace('"profile":"campaign"', '"profile":"gone"')) == ours.model_copy(
        update={"profile": "gone"}
    )


def test_a_profile_of_the_users_own_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name, in their folder."""
    own_profile(tmp_path, monkeypatch, "hasty", patience={"late_s": 9.0})
    assert loaded(tmp_path, "profile: hasty\n").crowd.patience.late_s == 9.0


@pytest.mark.parametrize(
    ("more", "line", "says"),
    [
        ("profile: campain\n", 5, "there is no profile 'campain'; did you mean 'campaign'?"),
        ("crowd: {inviting: {nobody: 60 %}}\n", 5, "make 90 % together; allowed: 100 %"),
        ("crowd: {inviting: {nobody: 1, one_or_two: 0, three_to_five: 0, more: 0}}\n", 5, "nobody is 100 %; allowed: less"),
        ("crowd: {patience: {tap_mean: 4}}\n", 5, "unknown key 'crowd.patience.tap_mean'; did you mean 'taps_mean'?"),
        ("crowd: {patience: {late_s: 2}}\n", 5, "late_s is 2; allowed: early_s, which is 8, or more"),
        ("crowd: {patience: {gap_p95_s: 1}}\n", 5, "gap_p95_s is 1; allowed: more than gap_median_s"),
        ("crowd: {patience: {polite: 120 %}}\n", 5, "less than or equal to 1"),
        ("crowd: {patience: {marks: {polite: guessed}}}\n", 5, "'guessed' is no mark; allowed: V and a source's number"),
        ("crowd: {patience: {marks: {politeness: A}}}\n", 5, "the mark of politeness is of no number here; did you mean 'polite'?"),
        ("crowd: {patience: 3}\n", 5, "crowd.patience: 3 is no mapping"),
        ("crowd: 3\n", 5, "crowd: 3 is no mapping"),
        ("crowd: {segments: [{name: a, share: 50 %, mark: A}, {name: b, share: 40 %, mark: A}]}\n", 5, "shares make 90 % together"),
        ("crowd: {segments: [{name: a, share: 50 %, mark: A}, {name: a, share: 50 %, mark: A}]}\n", 5, "two segments have one name"),
        ("crowd: {segments: [{name: a, share: 1, journeys: {zone-page: 0}, mark: A}]}\n", 4, "the segment a has no journey in this mix"),
        ("crowd: {pauses: {look: {median_s: 9}}}\n", 5, "p95_s is 6; allowed: more than median_s, which is 9"),
        ("crowd: {pauses: {lok: {median_s: 9}}}\n", 5, "unknown key 'crowd.pauses.lok'; did you mean 'look'?"),
        ("crowd: {skew: {teams: 0}}\n", 5, "greater than or equal to 1"),
        ("crowd: {skew: {team: 2}}\n", 5, "unknown key 'crowd.skew.team'; did you mean 'teams'?"),
        ("crowd: {weights: {zone-page: {weight: -1}}}\n", 5, "greater than or equal to 0"),
        ("crowd: {weights: {zone-page: 3}}\n", 5, "3 is no mapping"),
        ("crowd: {segments: [{name: a, share: 1}]}\n", 5, "'crowd.segments.0.mark' is missing"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, more: str, line: int, says: str) -> None:
    """In the scenario's file."""
    with pytest.raises(BadInput) as refused:
        loaded(tmp_path, more)
    assert says in refused.value.what
    assert (refused.value.path, refused.value.line) == (tmp_path / "ours.yaml", line)


def test_what_is_wrong_in_a_profile_is_told_with_its_own_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number without a mark; and nobody's habits are taken instead."""
    path = own_profile(tmp_path, monkeypatch, "bare", patience={"marks": {"taps_mean": "V20"}})
    with pytest.raises(BadInput, match="has no mark; each number needs one") as refused:
        loaded(tmp_path, "profile: bare\n")
    assert refused.value.path == path
    assert path.read_text("utf-8").splitlines()[(refused.value.line or 0) - 1].startswith("patience:")


def test_a_scenario_without_a_mix_has_the_weights_of_its_profile(tmp_path: Path) -> None:
    """And its own instead of some of them; each says where it comes from."""
    path = tmp_path / "ours.yaml"
    path.write_text(SCENARIO.replace("mix: {zone-page: 1}\n", "crowd: {weights: {zone-page: {weight: 99}, dance: {weight: 0}}}\n"), "utf-8")
    ours = load_yaml(path, Scenario)
    weights = load_yaml(SHIPPED, Profile).weights
    assert ours.mix == {name: one.weight for name, one in weights.items()} | {"zone-page": 99, "dance": 0}
    assert (ours.crowd.weights["zone-page"].mark, ours.crowd.weights["check-in"].mark) == ("A: the scenario's own", "A")
    assert loaded(tmp_path).mix == {"zone-page": 1}


def test_a_scenario_has_its_own_pauses_and_skew(tmp_path: Path) -> None:
    """What it does not say is as the profile says."""
    ours = loaded(tmp_path, "crowd: {pauses: {look: {median_s: 5}}, skew: {teams: 3}}\n").crowd
    assert (ours.pauses.look.median_s, ours.pauses.look.p95_s, ours.pauses.look.mark) == (5, 6, "A: the scenario's own")
    assert (ours.skew.teams, ours.skew.merchants, ours.skew.marks["teams"]) == (3, 25, "A: the scenario's own")


def test_the_plans_segments_are_all_customers_and_like_the_usual_crowd(tmp_path: Path) -> None:
    """Five, and all their other habits are everybody's."""
    crowd = loaded(tmp_path, "profile: segments\n").crowd
    assert [segment.name for segment in crowd.segments] == ["young", "family", "small-business", "cross-border", "others"]
    assert (crowd.pauses, crowd.skew, crowd.weights) == (usual_crowd().pauses, usual_crowd().skew, usual_crowd().weights)


def test_a_segment_that_wants_what_is_not_there_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    """With what was meant."""
    ours = loaded(tmp_path, "crowd: {segments: [{name: all, share: 1, journeys: {flash-sail: 2}, mark: A}]}\n")
    with pytest.raises(BadInput, match="'flash-sail'; did you mean 'flash-sale'"):
        validate(ours, load_target("embedded"))
