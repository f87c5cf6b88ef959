"""Figures leave the door by a page or a push, under the conventions' names; a wrong place is one sentence, a deaf collector no harm."""

import re
import socket
import sys
from pathlib import Path

import pytest
import requests
from collecting import Collector, collecting
from prometheus_client.parser import text_string_to_metric_families

from scenarios.errors import BadInput
from scenarios.plugins import PATH_VARIABLE, PROJECT, load_scenario, load_target
from scenarios.run.event_kinds import LoadHealth, RunPhase
from scenarios.run.fault_event_kinds import DrillPlanned, FaultInjecting
from scenarios.run.folder import Plan, Run, create_run
from scenarios.run.outcomes import Outcome
from scenarios.run.records import SAMPLE_STRUCT, BlockWriter, operation_id
from stormdrill.metrics import Metrics, OpenOutlet, open_metrics
from stormdrill.metrics.counters import Family
from stormdrill.metrics.outlets.otlp import endpoint
from stormdrill.metrics.outlets.prometheus import address, name_of

HEALTH = LoadHealth(
    cpu_share=0.25,
    lag_ms=3,
    lag_max_ms=4,
    stall_ms=1,
    in_flight=2,
    customers=12,
    connection_queue=0,
    run_delay_share=None,
    gc_ms=0,
    wall_step_ms=0,
    slept_ms=0,
)


@pytest.fixture
def run(tmp_path: Path) -> tuple[Run, Plan]:
    """A run with a few attempts and one of each event that becomes a figure."""
    run, plan = create_run(load_scenario("smoke"), load_target("embedded"), seed=1, workers=1, out=tmp_path)
    writer = BlockWriter(run.samples_folder / "load-0.bin", SAMPLE_STRUCT)
    for number in range(300):
        outcome = Outcome.SUCCESS if number % 3 else Outcome.REFUSAL
        took_us = (number + 1) * 10_000
        writer.append(number, operation_id(0, number, 1), 0, 0, took_us, 0, 0, 0, number % 2, 200, outcome, 1, 0, 2)
    writer.close()
    events = run.event_writer("load-0", 0)
    events.write(RunPhase(phase="sale"), 0)
    events.write(HEALTH, 0)
    events.write(DrillPlanned(drill="primary-kill", at_s=1, deadline_s=2, window_s=3), 0)
    events.write(FaultInjecting(fault="kill-process", drill="primary-kill"), 0)
    events.close()
    return run, plan


def followed(metrics: Metrics, run: tuple[Run, Plan]) -> None:
    """All that the run has."""
    metrics.follow(*run)
    metrics.take(run[0].samples())
    metrics.refresh(3.0)


def test_the_page_is_text_exposition_that_prometheus_own_parser_reads(run: tuple[Run, Plan]) -> None:
    """Names, types, labels; cumulative buckets that end in the count."""
    said: list[str] = []
    with open_metrics(["0"], said.append) as metrics:
        followed(metrics, run)
        url = said[0].rpartition(" ")[2]
        assert url.startswith("http://127.0.0.1:")
        answer = requests.get(url, timeout=5)
    assert answer.headers["Content-Type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    attempts = families["stormdrill_attempts"]
    assert attempts.type == "counter"
    assert {sample.name for sample in attempts.samples} == {"stormdrill_attempts_total"}
    first = {"operation": run[1].operations[0], "source": "crowd", "run": run[1].run, "scenario": "smoke"}
    assert {sample.labels["outcome"]: sample.value for sample in attempts.samples if sample.labels.items() >= first.items()} == {
        "success": 100,
        "refusal": 50,
    }
    latency = families["stormdrill_latency_seconds"]
    assert latency.type == "histogram"
    buckets = {
        sample.labels["le"]: sample.value for sample in latency.samples if sample.labels.items() >= first.items() and "le" in sample.labels
    }
    assert (buckets["0.01"], buckets["1"], buckets["2.5"], buckets["+Inf"]) == (1, 50, 125, 150)
    assert families["stormdrill_customers"].samples[0].value == 12
    assert families["stormdrill_dispatch_lag_seconds"].samples[0].value == pytest.approx(0.003)
    assert {sample.labels["phase"]: sample.value for sample in families["stormdrill_phase"].samples}["sale"] == 1


def test_the_same_figures_are_pushed_and_at_the_end_once_more(run: tuple[Run, Plan]) -> None:
    """To OTLP's own path; the last push has all, however short the run."""
    said: list[str] = []
    with collecting() as collector:
        with open_metrics([f"otlp:{collector.url}"], said.append) as metrics:
            followed(metrics, run)
        assert collector.raw[-1].startswith(b"/v1/metrics")
        latest = collector.latest()
    assert sum(latest["stormdrill.attempts"].values()) == sum(latest["stormdrill.latency"].values()) == 300
    assert latest["stormdrill.customers"] == {frozenset({("worker", "load-0")}): 12}
    assert said == [f"metrics go to {collector.url}/v1/metrics"]
    (resource,) = {
        each.value.string_value for each in collector.requests[-1].resource_metrics[0].resource.attributes if each.key == "service.name"
    }
    assert resource == "stormdrill"


def test_both_ways_have_the_same_names(run: tuple[Run, Plan]) -> None:
    """Those that OpenTelemetry's translation gives: dots to underscores, the unit and `_total` behind."""
    said: list[str] = []
    with collecting() as collector:
        with open_metrics(["0", f"otlp:{collector.url}"], said.append) as metrics:
            followed(metrics, run)
            page = requests.get(said[0].rpartition(" ")[2], timeout=5).text
        shown = {family.name for family in text_string_to_metric_families(page)}
        pushed = {_translated(metric.name, metric.unit) for metric in _metrics(collector)}
    assert shown == pushed


def _metrics(collector: Collector) -> list[object]:
    return list(collector.requests[-1].resource_metrics[0].scope_metrics[0].metrics)


def _translated(name: str, unit: str) -> str:
    return name.replace(".", "_") + {"s": "_seconds", "1": "_ratio"}.get(unit, "")


@pytest.mark.parametrize("status", [0, 500, 404])
def test_a_collector_that_does_not_take_them_is_said_and_does_no_harm(run: tuple[Run, Plan], status: int) -> None:
    """In bounded time, in one sentence each."""
    said: list[str] = []
    with collecting(status or 200) as collector:
        url = collector.url
        if status:
            with open_metrics([f"otlp:{url}"], said.append) as metrics:
                followed(metrics, run)
    if not status:  # it is gone by now
        with open_metrics([f"otlp:{url}"], said.append) as metrics:
            followed(metrics, run)
    assert said[1:] == [f"metrics do not reach {url}/v1/metrics; the rehearsal goes on without them"]


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("nowhere", "--metrics 'nowhere' is no place for metrics; allowed: PORT, HOST:PORT, otlp:http://HOST:PORT"),
        ("127.0.0.1:65536", "is no place for metrics"),
        ("127.0.0.1:", "is no place for metrics"),
        ("otlp:127.0.0.1:4318", "is no place for metrics"),
        ("otlp:ftp://127.0.0.1", "is no place for metrics"),
        ("otlp:http://me:word@127.0.0.1:4318", "give it in OTEL_EXPORTER_OTLP_HEADERS instead"),
        ("no-such-host.invalid:9464", "--metrics cannot listen on no-such-host.invalid:9464"),
        ("192.0.2.1:9464", "--metrics cannot listen on 192.0.2.1:9464"),
    ],
)
def test_a_wrong_place_is_one_sentence(place: str, says: str) -> None:
    """With what is allowed, and without the password."""
    with pytest.raises(BadInput) as refused, open_metrics([place], lambda _text: None):
        pass
    assert says in str(refused.value)
    assert "word" not in str(refused.value).replace("password", "")


def test_a_port_in_use_is_one_sentence() -> None:
    """Before anything is started; the page that was opened first is closed again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = rf"--metrics cannot listen on 127\.0\.0\.1:{port} \(Address already in use\); give a free PORT or HOST:PORT"
        with pytest.raises(BadInput, match=sentence), open_metrics(["0", str(port)], lambda _text: None):
            pass


def test_what_the_push_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its packages are an extra."""
    monkeypatch.delitem(sys.modules, "stormdrill.metrics.otlp_push", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.metric_exporter", None)
    with pytest.raises(BadInput, match=r"pip install 'stormdrill\[otel\]'"), open_metrics(["otlp:http://127.0.0.1:1"], lambda _text: None):
        pass


def test_places_are_read_as_written() -> None:
    """Loopback where no host is named; OTLP's own path where the URL has none."""
    assert address("9464") == ("127.0.0.1", 9464)
    assert address("10.0.0.7:9464") == ("10.0.0.7", 9464)
    assert address("[::1]:9464") == ("::1", 9464)
    assert endpoint("http://127.0.0.1:4318") == "http://127.0.0.1:4318/v1/metrics"
    assert endpoint("http://127.0.0.1:4318/") == "http://127.0.0.1:4318/v1/metrics"
    assert endpoint("https://prometheus.example/api/v1/otlp/v1/metrics") == "https://prometheus.example/api/v1/otlp/v1/metrics"


class _Kept:
    figures: tuple[Family, ...] = ()

    def show(self, figures: tuple[Family, ...]) -> None:
        """Keeps them."""
        self.figures = figures


def test_every_figure_is_documented(run: tuple[Run, Plan]) -> None:
    """Its name, type and labels, in the table of docs/metrics.md; and nothing else is."""
    kept = _Kept()
    followed(Metrics([OpenOutlet("kept", kept)]), run)
    rows = re.findall(r"^\| `(stormdrill_\w+)` \| (\w+) \| ([^|]*)\|", (PROJECT / "docs" / "metrics.md").read_text(), re.MULTILINE)
    documented = {(name, kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    shown = {
        (
            name_of(family) + ("_total" if family.kind.value == "counter" else ""),
            family.kind.value,
            tuple(label for label in family.points[0].labels if label not in ("run", "scenario")),
        )
        for family in kept.figures
    }
    assert shown == documented


OUTLET = '''"""Breaks."""
from contextlib import contextmanager

PLACE = "breaking:WHEN"

class Breaking:
    def __init__(self, when): self.when = when
    def show(self, figures):
        if self.when == "show": raise KeyError("no")

@contextmanager
def opened(place, tell):
    if place == "open": 1 / 0
    yield Breaking(place)
    if place == "close": 1 / 0
'''


@pytest.fixture
def breaking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An outlet of a user's own that breaks when it is told to."""
    path = tmp_path / "own" / "stormdrill" / "metrics" / "outlets" / "breaking.py"
    path.parent.mkdir(parents=True)
    path.write_text(OUTLET)
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "own"))
    return path


def test_an_outlet_that_cannot_be_opened_is_refused_with_file_and_line(breaking: Path) -> None:
    """Before anything is started."""
    sentence = f"{breaking}:13: the outlet breaking cannot be opened: ZeroDivisionError"
    with pytest.raises(BadInput, match=re.escape(sentence)), open_metrics(["breaking:open"], lambda _text: None):
        pass
    with pytest.raises(BadInput, match="allowed: PORT, HOST:PORT, breaking:WHEN, otlp:http"), open_metrics(["brekking:open"], print):
        pass


@pytest.mark.parametrize(("when", "line"), [("show", 9), ("close", 15)])
def test_an_outlet_that_breaks_is_named_once_and_the_others_get_theirs(breaking: Path, run: tuple[Run, Plan], when: str, line: int) -> None:
    """Whether it breaks over the figures or when it is closed."""
    kept = _Kept()
    with open_metrics([f"breaking:{when}"], lambda _text: None) as metrics:
        metrics.outlets = [*metrics.outlets, OpenOutlet("kept", kept)]
        followed(metrics, run)
        kept.figures = ()
        metrics.refresh(4.0)
        metrics.close()
        failures = metrics.take_failures()
    assert [(one.plugin, one.file, one.line) for one in failures] == [("metric outlet breaking", str(breaking), line)]
    assert kept.figures
    assert metrics.take_failures() == []
