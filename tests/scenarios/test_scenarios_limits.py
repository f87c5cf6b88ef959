"""Every number, text and list of a scenario and of a target has a limit, which is said with file and line."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.plan.yaml_loading import load_yaml
from scenarios.plugins import PROJECT
from scenarios.target.model import Target

SCENARIO: dict[str, Any] = {
    "name": "small",
    "describe": "A small one.",
    "phases": [{"name": "sale", "lasts": "60 s", "arrivals": "5/s"}],
    "mix": {"flash-sale": 1},
    "pulse": {"operations": ["a.read"], "rate": "20/s"},
}
TARGET: dict[str, Any] = {
    "name": "small",
    "describe": "A small one.",
    "services": {"campaign": {"base": "http://127.0.0.1:8080"}},
    "operations": {"claim.submit": {"service": "campaign", "path": "/claims"}},
}


def _phase(**changes: object) -> dict[str, object]:
    return {"phases": [SCENARIO["phases"][0] | changes]}


def _drill(**changes: object) -> dict[str, object]:
    return {"drills": [{"drill": "primary-kill", "at": "12 s", "deadline": "10 s", "window": "10 s"} | changes]}


def _waive(reason: str) -> dict[str, object]:
    return {"waive": [{"check": "idempotency", "reason": reason}]}


def _operation(**changes: object) -> dict[str, object]:
    return {"operations": {"claim.submit": TARGET["operations"]["claim.submit"] | changes}}


def _base(url: str) -> dict[str, object]:
    return {"services": {"campaign": {"base": url}}}


def _table(name: str) -> dict[str, object]:
    return {"readback": {"tables": {name: {"role": "stock", "service": "campaign", "path": "/rows", "fields": {"sku": "$.sku"}}}}}


def refusal(tmp_path: Path, model: type[Scenario | Target], whole: dict[str, Any]) -> BadInput:
    """What a file of these keys is refused with."""
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False), "utf-8")
    with pytest.raises(BadInput) as error:
        load_yaml(path, model)
    return error.value


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (_phase(lasts="1000 min", compress=1e308), "less than or equal to 10000"),
        (_phase(lasts="1 ms", compress=10), "compressed, it lasts 0.0001 s; allowed: 0.001 s or more"),
        (_phase(lasts="0.0001 ms"), "greater than or equal to 0.001"),
        (_phase(lasts=24_000 * "9" + " h"), "finite number"),
        (_phase(lasts="24000 h"), "less than or equal to 604800"),
        (_phase(lasts="25 h", arrivals=1), "the load lasts 90,000 s; allowed: 86,400 s, which is a day"),
        (_phase(arrivals="1000000000/s"), "less than or equal to 1000000"),
        (_phase(arrivals="999999/s"), "59,999,940 customers would come; allowed: 10,000,000"),
        (_phase(arrivals="nan"), "is no rate"),
        (_phase(arrivals=[0.0001, 10], ramp="exponential"), "neither begins nor ends at 0/s; allowed: 0.001/s or more"),
        (_phase(arrivals=[1, 2], steps=10**9), "less than or equal to 1000"),
        (_phase(spike={"to": "10/s", "rise": "0.0000001 s"}), "greater than or equal to 0.001"),
        (_phase(mix={"a": "inf"}), "finite number"),
        (_phase(mix={"a": -1}), "greater than or equal to 0"),
        (_phase(arrivals=[True, 10]), "phases.0.arrivals.0: input should be a number, not true or false"),
        (_phase(mix={"a": True}), "phases.0.mix.a: input should be a number, not true or false"),
        (_phase(name="x" * 61), "at most 60 characters"),
        ({"phases": [{"name": f"p{number}", "lasts": "1 s", "arrivals": 1} for number in range(501)]}, "at most 500 items"),
        ({"mix": {"flash-sale": "NaN"}}, "finite number"),
        ({"mix": {"flash-sale": 1e300}}, "less than or equal to 1000000"),
        ({"busy_hour": "9" * 400 + "/s"}, "finite number"),
        ({"pulse": {"operations": ["a.read"], "rate": "1000000/s"}}, "the pulse would send 60,000,000 requests; allowed: 10,000,000"),
        ({"pulse": {"operations": ["a.read"] * 101}}, "at most 100 items"),
        ({"pulse": {"operations": ["a b"]}}, "should match pattern"),
        ({"population": {"customers": True}}, "population.customers: input should be a number, not true or false"),
        ({"population": {"customers": 2_000_001}}, "less than or equal to 2000000"),
        ({"population": {"opening_balance_fen": 10**18}}, "less than or equal to 1000000000000"),
        ({"campaign": {"prizes": {"stock": 10**9}}}, "less than or equal to 100000000"),
        ({"campaign": {"prizes": {"face_fen": 10**12}}}, "less than or equal to 1000000000"),
        ({"campaign": {"prizes": {"restock": {"units": 9, "most": 8}}}}, "units 9 is more than most 8"),
        ({"campaign": {"prizes": {"skus": 1, "restock": {"skus": 2}}}}, "restock.skus 2 is more than skus 1"),
        ({"campaign": {"red_packets": {"pool_fen": 2**62}}}, "less than or equal to 1000000000000"),
        ({"trust": {"stall_ms": "inf"}}, "finite number"),
        ({"trust": {"dispatch_lag_p99_ms": 1e12}}, "less than or equal to 60000"),
        ({"trust": {"cpu_ceiling": 50}}, "less than or equal to 1"),
        ({"trust": {"core_wait_s": 1e9}}, "less than or equal to 3600"),
        ({"drain": "١ s"}, "is no duration"),
        ({"gates": ["tps >= ١"]}, "is not understood"),
        ({"slo": 7}, "slo: 7 is no mapping; allowed keys: effect_ms, read_ms"),
        ({"mix": "all"}, "mix: 'all' is no mapping of keys to values"),
        ({"gates": "p99"}, "gates: 'p99' is no list"),
        ({"slo": {"read_ms": 1e9}}, "less than or equal to 600000"),
        ({"drain": "2 h"}, "less than or equal to 3600"),
        ({"seed": False}, "seed: input should be a number, not true or false"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"describe": " \u3000\u200b "}, "is blank"),
        ({"describe": "x" * 501}, "at most 500 characters"),
        (_waive(" " * 40), "is no reason; allowed: 10 characters or more, blanks apart"),
        (_waive("\u200b\u2060" * 40), "is no reason"),
        (_waive("because   "), "is no reason"),
        (_drill(at="9" * 100), "drill primary-kill strikes at '999"),
        (_drill(at="9" * 90 + " s"), "needs load until"),
        (_drill(p99_limit_ms="inf"), "finite number"),
        (_drill(settings={"x": "nan\n" * 1000}), "at most 1000 characters"),
        (_drill(drill="../../x"), "should match pattern"),
        ({"gates": ["p99 <= " + "9" * 200 + " s"]}, "is not understood"),
        ({"gates": ["tps >= 1 abort after 0 s"]}, "aborts after 0 s; allowed: 1 s to 60 s"),
        ({"gates": ["tps >= 1 abort after 61 s"]}, "aborts after 61 s; allowed: 1 s to 60 s"),
        ({"gates": ["p99 <= 1 s", "goodput ratio >= 95"]}, "gate 'goodput ratio >= 95' can never hold: a share is 0 to 1 (100 %)"),
        ({"gates": ["p99 of " * 60]}, "at most 300 characters"),
        ({"gates": ["tps >= 1"] * 501}, "at most 500 items"),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"name": "small\n"}, "should match pattern"),
        ({"k" * 200_000: 1}, "unknown key"),
    ],
)
def test_a_scenarios_limit_is_said(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    """In one short sentence, with the line."""
    error = refusal(tmp_path, Scenario, SCENARIO | changes)
    assert says in str(error)
    assert error.line is not None
    assert len(error.what) <= 1000
    assert str(error).isprintable()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (_base("127.0.0.1:8080"), "is no address; allowed: http://host:port or https://host:port"),
        (_base("ftp://127.0.0.1"), "is no address"),
        (_base("http://bank..example"), "is no address"),
        (_base(f"http://{'x' * 64}.example"), "is no address"),
        (_base(f"http://{'abc.' * 70}example"), "is no address"),
        (_base("http://-bank.example"), "is no address"),
        (_base("http://银行.example"), "is no address"),
        (_base("http://127.1"), "is no address"),
        (_base("http://[::1"), "is no address"),
        (_base("http://bank.example:99999"), "is no address"),
        (_base("http://bank.example:0"), "is no address"),
        (_base("http://bank.example:8o8o"), "is no address"),
        (_base("http://ops:secret@bank.example"), "names a user"),
        (_base("http://bank.example/?next="), "it has neither ? nor #"),
        (_base("http://bank.example\r\nX-Evil: 1"), "is no address"),
        (_operation(path="@evil.example/"), "is no path; it begins with one /"),
        (_operation(path="//evil.example/"), "is no path"),
        (_operation(path=".evil.example/"), "is no path"),
        (_operation(path="/x\r\nHost: evil"), "holds a control character"),
        (_operation(headers={"X-A": "1\r\nX-B: 2"}), "holds a control character"),
        (_operation(headers={"X-A: 1\r\nX-B": "2"}), "is no name of a header"),
        (_operation(headers={"": "2"}), "is no name of a header"),
        (_operation(body={"a": "{"}), "a lone '{'"),
        (_operation(outcome={"success": "(" * 21 + "http == 200" + ")" * 21}), "nests more than 20 levels deep"),
        (_operation(outcome={"success": "not " * 900 + "http == 200"}), "nests more than 20 levels deep"),
        (_operation(outcome={"success": "http == 200 or " * 400 + "http == 200"}), "is longer than 4,000 characters"),
        (_operation(outcome={"success": "http == " + "9" * 400}), "is not understood"),
        (_operation(extract={"x": "$[" + "9" * 400 + "]"}), "is not a path"),
        (_operation(extract={"x": "$" + ".a" * 3000}), "is longer than 4,000 characters"),
        (_operation(extract={"\x1b[2J": "$.a"}), "should match pattern"),
        (_operation(timeout_s="inf"), "finite number"),
        (_operation(timeout_s=True), "operations.claim.submit.timeout_s: input should be a number, not true or false"),
        (_operation(timeout_s=1e6), "less than or equal to 600"),
        ({"operations": {"\u202egnp.exe": TARGET["operations"]["claim.submit"]}}, "should match pattern"),
        ({"operations": {"x" * 81: TARGET["operations"]["claim.submit"]}}, "at most 80 characters"),
        (_table("../../../tmp/x"), "should match pattern"),
        (_table("x" * 300), "at most 60 characters"),
        ({"secrets": ["STORMDRILL_SEAL_KEY"]}, "is one of this program's own"),
        ({"secrets": ["A=B"]}, "should match pattern"),
        ({"handles": {"proxy_api": "http://{secret.KEY}.example"}}, "a secret never enters a URL"),
        ({"world": {"module": "os; ls"}}, "should match pattern"),
        ({"world": {"module": "mock_bank", "switches": {"--dir": "/etc"}}}, "should match pattern"),
        ({"world": {"module": "mock_bank", "switches": {"rejoin": "--dir=/etc"}}}, "should match pattern"),
        ({"world": {"module": "mock_bank", "secrets": {"LD_PRELOAD": "nonce"}}}, "should match pattern"),
        ({"world": {"module": "mock_bank", "secrets": {"STORMDRILL_PATH": "world"}}}, "should match pattern"),
    ],
)
def test_a_targets_limit_is_said(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    """What could lead elsewhere, hide in a request, write outside the run or end the interpreter is refused in the file."""
    error = refusal(tmp_path, Target, TARGET | changes)
    assert says in str(error)
    assert error.line is not None
    assert len(error.what) <= 1000
    assert str(error).isprintable()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/x", "https://uat.bank.example", "http://[::1]:80", "http://a_b.example.", "{topology.url}"]
)
def test_an_address_that_can_be_is_let_pass(tmp_path: Path, url: str) -> None:
    """Names, both kinds of addresses, and what is not known yet."""
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(TARGET | _base(url)))
    assert load_yaml(path, Target).services["campaign"].base == url


@pytest.mark.parametrize("model", [Scenario, Target])
def test_every_number_of_a_file_has_both_ends(model: type[Scenario | Target]) -> None:
    """No number, text pattern apart, that a file may hold is without a limit: found in the schema, so a new field is too."""
    schema = model.model_json_schema()
    endless = [
        f"{name}.{field}"
        for name, part in {**schema["$defs"], model.__name__: schema}.items()
        for field, kind in part.get("properties", {}).items()
        for choice in kind.get("anyOf", [kind])
        if choice.get("type") in ("number", "integer")
        and not ({"minimum", "exclusiveMinimum"} & choice.keys() and {"maximum", "exclusiveMaximum"} & choice.keys())
    ]
    assert endless == []


def test_what_is_shipped_keeps_the_limits() -> None:
    """They are far from what anybody needs."""
    assert max(path.stat().st_size for path in (PROJECT / "scenarios").rglob("*.yaml")) < 100_000
