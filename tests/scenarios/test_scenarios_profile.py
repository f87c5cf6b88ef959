"""What an access log tells of a crowd comes back from one that was made of a known schedule; and nobody's data comes with it."""

import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.plugins import JOURNEY, load_scenario, names
from scenarios.profile import access_log
from scenarios.profile.access_log import lines
from scenarios.profile.arrivals import Bins, stretches
from scenarios.profile.profile_file import profile
from scenarios.profile.sketches import Distinct, Frequent
from scenarios.profile.tally import Tally
from stormdrill.cli import app

BEGAN = datetime(2026, 11, 11, 10, tzinfo=UTC)
RATES = [(0, 100, 4.0), (100, 150, 16.0)]
"""From, until, arrivals per second."""
MIX = {"flash-sale": 0.5, "ordinary-banking": 0.3, "check-in": 0.2}
ASKS = {
    "flash-sale": [
        "POST /app/auth/login.do",
        "GET /app/activities/spring/stock?sku=ITEM&sign=canary",
        "POST /app/activities/spring/claims",
    ],
    "ordinary-banking": ["POST /app/auth/login.do", "GET /app/accounts/6222000000000WHO/balance", "POST /app/transfer/submit.do"],
    "check-in": ["POST /app/auth/login.do", "POST /app/checkin?token=canary-token"],
}
THINK_MEDIAN_S, THINK_P95_S = 2.0, 6.0
SKUS, ZIPF = 20, 1.2

Line = Callable[[float, str, str, int], str]


def schedule() -> Iterator[tuple[float, str, str]]:
    """Time, client and request of each, in order, of those before the log's end."""
    chance = random.Random(7)  # noqa: S311 - a crowd, no secret
    weights = [1 / rank**ZIPF for rank in range(1, SKUS + 1)]
    asked = []
    number = 0
    for start_s, end_s, rate in RATES:
        at_s = start_s + chance.expovariate(rate)
        while at_s < end_s:
            number += 1
            (journey,) = chance.choices(list(MIX), list(MIX.values()))
            (sku,) = chance.choices(range(SKUS), weights)
            then_s = at_s
            for request in ASKS[journey]:
                asked.append((then_s, number, request.replace("WHO", f"{number:05}").replace("ITEM", f"item-{sku}")))
                then_s += 0.02 + THINK_MEDIAN_S * (THINK_P95_S / THINK_MEDIAN_S) ** (chance.gauss(0, 1) / 1.645)
            at_s += chance.expovariate(rate)
    for at_s, who, request in sorted(asked):
        if at_s < RATES[-1][1]:
            yield at_s, f"10.{who // 62500}.{who // 250 % 250}.{who % 250 + 1}", request


def combined(at_s: float, client: str, request: str, status: int) -> str:
    """As nginx and Apache have it: whole seconds."""
    at = (BEGAN + timedelta(seconds=at_s)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{client} - canary-user [{at}] "{request} HTTP/1.1" {status} 512 "https://x.example/?canary" "An App/1.0 (canary)"'


def as_json(at_s: float, client: str, request: str, status: int) -> str:
    """As nginx writes it at the end of a request."""
    method, uri = request.split()
    at = (BEGAN + timedelta(seconds=at_s + 0.02)).isoformat(timespec="milliseconds")
    said = {
        "time_iso8601": at,
        "remote_addr": client,
        "request_method": method,
        "request_uri": uri,
        "status": str(status),
        "request_time": "0.020",
    }
    return json.dumps(said)


def haproxy(at_s: float, client: str, request: str, status: int) -> str:
    """As HAProxy's httplog has it, behind what syslog puts before it."""
    at = (BEGAN + timedelta(seconds=at_s)).strftime("%d/%b/%Y:%H:%M:%S.%f")[:-3]
    timers = f"0/0/1/19/20 {status} 512 - - ---- 1/1/1/1/0 0/0"
    return f'Nov 11 10:00:00 lb haproxy[77]: {client}:33317 [{at}] front back/a1 {timers} {{canary}} "{request} HTTP/1.1"'


def profiled(log: Path, folder: Path) -> tuple[Scenario, str]:
    """The scenario that the command has made, and its text."""
    file = folder / "november.yaml"
    told = CliRunner().invoke(app, ["profile", str(log), str(file)], standalone_mode=False)
    assert told.exit_code == 0, told.output + repr(told.exception)
    return load_scenario(str(file)), file.read_text()


@pytest.mark.parametrize(("line", "packed"), [(as_json, False), (haproxy, True), (combined, False)])
def test_a_known_crowd_comes_back(tmp_path: Path, line: Line, packed: bool) -> None:  # noqa: FBT001 - a case of the table
    """Rates within a tenth, their change within 2 s, the mix within 3 points, think times too, or within half a second."""
    made = list(schedule())
    raw = "".join(f"{line(at_s, client, request, 200)}\n" for at_s, client, request in made).encode()
    log = tmp_path / "access.log"
    log.write_bytes(gzip.compress(raw) if packed else raw)
    scenario, text = profiled(log, tmp_path)

    (first, second) = scenario.phases
    assert first.lasts_s == pytest.approx(100, abs=2)
    assert second.lasts_s == pytest.approx(50, abs=2)
    assert first.ends[0] == pytest.approx(4, rel=0.1)
    assert second.ends[0] == pytest.approx(16, rel=0.1)
    for journey, share in MIX.items():
        # who comes in the last seconds is cut off before the request that marks the visit
        assert scenario.mix[journey] == pytest.approx(100 * share, abs=3), scenario.mix
    assert set(scenario.mix) <= set(names(JOURNEY))
    assert scenario.population.customers == len({client for _, client, _ in made})
    assert scenario.campaign.prizes.skus == SKUS
    assert scenario.campaign.prizes.zipf == pytest.approx(ZIPF, abs=0.15)

    said = next(each for each in text.splitlines() if each.startswith("# Think times"))
    median_s, p95_s = (float(said.partition(f"{word} ")[2].split()[0]) for word in ("median", "p95"))
    if line is combined:
        assert "whole seconds" in said
        assert median_s == pytest.approx(THINK_MEDIAN_S, abs=0.5)
        assert p95_s == pytest.approx(THINK_P95_S, abs=1)
    else:
        assert median_s == pytest.approx(THINK_MEDIAN_S, rel=0.1)
        assert p95_s == pytest.approx(THINK_P95_S, rel=0.15)
    for value in ("canary", "10.0.", "622200", "item-"):
        assert value not in text, value
    assert "POST /app/activities/spring/claims   looks like claim.submit (" in text
    assert "GET /app/accounts/{" in text


def test_what_cannot_be_read_is_counted_and_its_form_shown(tmp_path: Path) -> None:
    """The first of such lines with its number, and nothing that it says; connections without a request, files and jumps in time apart."""
    log = tmp_path / "access.log"
    said = [combined(at_s, f"10.0.0.{at_s + 1}", "POST /app/checkin", 200) for at_s in range(5)]
    said[2:2] = ["canary-Zhang 19900000001 \x1b[31m", "", '{"time": "canary"}', "{" * 9999, "x" * 99_999]
    said.append('10.0.0.9 - - [11/Nov/2026:10:00:09 +0000] "\\x16\\x03\\x01canary" 400 0 "-" "-"')
    said += [combined(9, "10.0.0.9", "GET /app/logo.png", 200), combined(9e6, "10.0.0.9", "GET /app/checkin", 200)]
    log.write_text("\n".join(said))
    told = CliRunner().invoke(app, ["profile", str(log), str(tmp_path / "few.yaml")], standalone_mode=False)
    text = (tmp_path / "few.yaml").read_text()
    for outlet in (told.output, text):
        assert "5 lines cannot be read, the first is line 3, of the form aaaaaa-aaaaa 99999999999" in outlet, outlet
        assert "canary" not in outlet
        assert "\x1b" not in outlet
    assert "5 requests of about 5 clients" in text
    assert "1 lines without a request" in text
    assert "1 lines of files and other verbs" in text
    assert load_scenario(str(tmp_path / "few.yaml")).mix == {"check-in": 100, "idempotency-probe": 2}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no request that could be read$"),
        (b"\n\n", "holds no request that could be read$"),
        (b"\0\xff\n{}\n", "holds no request that could be read; 2 lines cannot be read, the first is line 1"),
        (b"\x1f\x8b\x08nothing", "is packed by gzip, and broken"),
        (gzip.compress(os.urandom(9999))[:5000], "is packed by gzip, and broken"),
    ],
    ids=["empty", "blank", "no lines", "no gzip", "cut off"],
)
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    """In one sentence, and nothing is written."""
    log = tmp_path / "access.log"
    log.write_bytes(content)
    tally = Tally()

    def read() -> None:
        tally.read(lines(log))
        profile(tally, "none", "access.log")

    with pytest.raises(BadInput, match=says):
        read()
    with pytest.raises(BadInput, match="is missing"):
        tally.read(lines(tmp_path / "none.log"))
    with pytest.raises(BadInput, match="is a folder, not a file"):
        tally.read(lines(tmp_path))
    os.mkfifo(tmp_path / "pipe.log")
    with pytest.raises(BadInput, match="is a pipe, not a file"):
        tally.read(lines(tmp_path / "pipe.log"))


def test_who_comes_through_a_proxy_is_told_apart(tmp_path: Path) -> None:
    """By the address that nginx's own format has at the end; where it has none, the file says that a proxy stands before."""
    log = tmp_path / "access.log"
    said = [combined(at_s, "10.0.0.1", "POST /app/checkin", 200) for at_s in range(300)]
    log.write_text("\n".join(f'{line} "192.0.2.{n % 100}, 10.9.9.9"' for n, line in enumerate(said)))
    assert profiled(log, tmp_path)[0].population.customers == 100
    (tmp_path / "november.yaml").unlink()
    log.write_text("\n".join(f'{line} "-"' for line in said))
    scenario, text = profiled(log, tmp_path)
    assert scenario.population.customers == 1
    assert "a proxy stands before; let it log X-Forwarded-For" in text


def test_a_crowd_that_stays_is_as_long_as_its_log(tmp_path: Path) -> None:
    """Though nobody new comes: the last of its phases is one without arrivals."""
    log = tmp_path / "access.log"
    hits = ((at_s, f"10.0.0.{at_s % 20}", "GET /v1/stock", 200) for at_s in range(150))
    log.write_text("".join(f"{combined(*hit)}\n" for hit in hits))
    scenario, text = profiled(log, tmp_path)
    assert "150 requests of about 20 clients in 150 s from" in text
    assert sum(phase.lasts_s for phase in scenario.phases) == 150
    assert scenario.phases[0].ends[0] == pytest.approx(1, rel=0.2)
    assert scenario.phases[-1].ends == (0, 0)


def test_a_name_in_a_path_is_not_told(tmp_path: Path) -> None:
    """One that few have asked for, and one of many beside each other, though they read as words."""
    names = [f"zhang{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(60)]
    said = [combined(n, f"10.0.0.{k}", f"GET /app/fans/{name}/coupons", 200) for n, name in enumerate(names) for k in range(4)]
    said += [combined(99, "10.0.0.9", "GET /app/zhangsan", 200)]
    log = tmp_path / "access.log"
    log.write_text("\n".join(said))
    _, text = profiled(log, tmp_path)
    assert "zhang" not in text
    assert "GET /app/fans/{}/coupons   looks like coupon.list" in text


def test_a_log_beyond_a_scenario_is_compressed(tmp_path: Path) -> None:
    """Three days of it, at the same rates; and a bin is as wide as it must be."""
    log = tmp_path / "access.log"
    log.write_text(
        "\n".join(combined(60 * minute, f"10.0.{minute // 200}.{minute % 200}", "POST /app/checkin", 200) for minute in range(3 * 1440))
    )
    scenario, text = profiled(log, tmp_path)
    assert scenario.lasts_s <= 86_400
    assert scenario.phases[0].compress in {3, 4}  # the last bin may begin before the third day ends, and end behind it
    assert scenario.phases[0].ends[0] == pytest.approx(1 / 60, rel=0.05)
    assert "compressed" in text


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """Thousands of paths, clients and items need no more than what is kept of each kind; nor does a line without an end."""
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from scenarios.profile.access_log import lines\n"
        "from scenarios.profile.tally import Tally\n"
        "tally = Tally(); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "tally.read(lines(Path(sys.argv[1])))\n"
        "print(tally.requests, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    log = tmp_path / "access.log.gz"
    with gzip.open(log, "wt", 1) as file:
        for n in range(12_000):
            client, word = f"10.{n // 62500}.{n // 250 % 250}.{n % 250}", "".join(chr(97 + int(digit)) for digit in f"{n:06}")
            file.write(combined(n / 1000, client, f"GET /app/{word}?sku={n}", 200) + "\n")
        for _ in range(40):
            file.write("x" * 1_000_000)
    done = subprocess.run([sys.executable, "-c", script, str(log)], capture_output=True, text=True, check=True, timeout=120)
    requests, grown_kb = map(int, done.stdout.split())
    assert requests == 12_000
    assert grown_kb < 25_000


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_empty_lines_are_passed_over_many_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool, end: bytes) -> None:  # noqa: FBT001 - cases
    """By what is buffered, not one by one; and a line behind them still has its number."""
    looks, one_by_one = [], access_log._empty_ones
    monkeypatch.setattr(access_log, "_empty_ones", lambda file: looks.append(1) or one_by_one(file))
    raw = b"first" + end + end * 200_000 + b"second" + end + end * 200_000 + b"third"
    log = tmp_path / "access.log"
    log.write_bytes(gzip.compress(raw) if packed else raw)
    assert list(lines(log)) == [(1, "first"), (200_002, "second"), (400_003, "third")]
    assert len(looks) < 1000


def test_a_rate_that_changes_by_chance_alone_is_one_stretch() -> None:
    """And a second of a spike is one of its own."""
    chance = random.Random(3)  # noqa: S311 - as above
    bins = Bins()
    for at_s in sorted(chance.uniform(0, 600) for _ in range(3000)):
        bins.add(1e9 + at_s, "any")
    assert len(stretches(bins.by_bin())) == 1
    for _ in range(60):
        bins.add(1e9 + 300.5, "any")
    found = stretches(bins.by_bin())
    assert [(each.first, each.last) for each in found][1] == (300, 301)
    assert sum(each.count for each in found) == 3060


def test_sketches_keep_what_they_promise() -> None:
    """How many differ, within 5 %; the hottest of very many, too small by what was lost at most."""
    chance = random.Random(5)  # noqa: S311 - as above
    distinct, frequent = Distinct(), Frequent()
    for n in range(40_000):
        distinct.add(chance.getrandbits(64))
        frequent.add(7 if n % 4 == 0 else n)
    assert distinct.count == pytest.approx(40_000, rel=0.05)
    assert frequent.counts.most_common(1)[0][0] == 7
    assert 10_000 - frequent.lost <= frequent.counts[7] <= 10_000
