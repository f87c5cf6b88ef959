"""What was promised, and the table that says what became of it. A bench reports its figures; the others' stay as they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import ge, le
from pathlib import Path

from bench.kit.page import markdown, replaced, table_of

HEAD = ("work, one core", "goal", "measured", "met")
_NONE = "not measured"


@dataclass(frozen=True)
class Goal:
    """One promise."""

    what: str
    holds: Callable[[float, float], bool]
    limit: float
    form: str  # of a figure, with its unit

    @property
    def text(self) -> str:
        """The promise as it is read."""
        return f"{'≥' if self.holds is ge else '≤'} {self.form.format(self.limit)}"

    def row(self, measured: float | None) -> tuple[str, str, str, str]:
        """Its line in the table."""
        if measured is None:
            return self.what, self.text, _NONE, ""
        return self.what, self.text, self.form.format(measured), "yes" if self.holds(measured, self.limit) else "no"


GOALS = {
    "post-fast": Goal("POST of fixed bytes, every sample recorded: against FastHttpUser", ge, 10, "{:.3g} ×"),
    "post-wrk": Goal("POST of fixed bytes: against wrk", ge, 0.6, "{:.2f} ×"),
    "json-fast": Goal("POST, JSON built and parsed, sample and ack recorded: against FastHttpUser", ge, 7, "{:.3g} ×"),
    "json-k6": Goal("POST, JSON built and parsed: against k6", ge, 5, "{:.3g} ×"),
    "journey-fast": Goal("flash-sale journey, all of it recorded: against FastHttpUser", ge, 6, "{:.3g} ×"),
    "journey-k6": Goal("flash-sale journey: against k6", ge, 4, "{:.3g} ×"),
    "gzip": Goal("claims whose answers are packed by gzip: requests per CPU-second, of plain ones'", ge, 0.5, "{:.2f} ×"),
    "tls": Goal("claims over TLS: of plain ones'", ge, 0.6, "{:.2f} ×"),
    "http2-k6": Goal("POST, JSON built and parsed, over HTTP/2: against k6 over HTTP/2", ge, 2, "{:.3g} ×"),
    "thinking-fast": Goal("the same journey with 8,000 customers thinking: against FastHttpUser", ge, 5, "{:.3g} ×"),
    "added": Goal("latency the generator adds itself: p99 at 2,000/s", le, 0.5, "{:.2f} ms"),
    "lag-2000": Goal("send lag p99 at 2,000/s", le, 0.5, "{:.2f} ms"),
    "share-2000": Goal("share of a core at 2,000/s", le, 0.6, "{:.2f}"),
    "lag-20000": Goal("send lag p99 at 20,000/s", le, 1.0, "{:.2f} ms"),
    "share-20000": Goal("share of a core at 20,000/s", le, 0.6, "{:.2f}"),
    "lag-half": Goal("dispatch lag p99 at half of the measured ceiling", le, 2.0, "{:.2f} ms"),
    "lag-most": Goal("dispatch lag p99 at 80 % of it", le, 10.0, "{:.2f} ms"),
    "memory": Goal("memory of a load process: growth after warm-up", le, 20.0, "{:.1f} MB"),
    "disk": Goal("disk per sample", le, 48.0, "{:.0f} bytes"),
    "customer": Goal("100,000 customers thinking at once: each", le, 1024.0, "{:.0f} bytes"),
    "timers": Goal("CPU per request with 100,000 of them, against 1,000 (a timer scan would make it 100 ×)", le, 2, "{:.2f} ×"),
    "judging": Goal("5 million samples and 500,000 acks, judged and drawn", le, 30.0, "{:.1f} s"),
    "judging-memory": Goal("the same: memory", le, 1500.0, "{:.0f} MB"),
    "truth": Goal("a stall of 2 s: the largest error of a percentile against the schedule's", le, 2.0, "{:.1f} %"),
    "link-stream": Goal("bytes of one stream through a link, against none", ge, 0.5, "{:.2f} ×"),
    "link-sql": Goal("SELECTs of 16 clients through a link, against none", ge, 0.5, "{:.2f} ×"),
    "link-added": Goal("a link's own share of a question's p50", le, 0.2, "{:.3f} ms"),
    "world-claims": Goal("two cores: claims over the embedded world, against pgbench with the same SQL", ge, 0.4, "{:.2f} ×"),
    "world-redemptions": Goal("the same: coupons redeemed", ge, 0.25, "{:.2f} ×"),
    "world-exchanges": Goal("the same: points exchanged", ge, 0.25, "{:.2f} ×"),
    "world-friends": Goal("the same: invited friends verified, three a coupon", ge, 0.25, "{:.2f} ×"),
    "world-reads": Goal("balances read over the embedded world, a second", ge, 3000, "{:,.0f}"),
}


def filled(text: str, measured: Mapping[str, float | None]) -> str:
    """The page's text with these figures in its table of goals."""
    there = {}
    for line in table_of(text, "goals").splitlines()[2:]:
        cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
        there[cells[0]] = cells
    rows = [goal.row(measured[name]) if name in measured else there.get(goal.what, goal.row(None)) for name, goal in GOALS.items()]
    return replaced(text, "goals", markdown(HEAD, rows))


def report(page: Path | None, measured: Mapping[str, float | None]) -> None:
    """Prints how the goals stand, and puts them on the page where there is one."""
    for name, value in measured.items():
        what, limit, figure, met = GOALS[name].row(value)
        print(f"goal: {what}: {limit}: {figure}{f': {met}' if met else ''}", flush=True)
    if page is not None:
        page.write_text(filled(page.read_text(), measured))
