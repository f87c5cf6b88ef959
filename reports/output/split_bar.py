"""The way to recovery as one bar."""

from reports.formatting import number
from reports.measures.recovery import Recovery
from reports.output.html import text


def split_bar(recovery: Recovery) -> str:
    """The way to recovery as one bar."""
    steps = [("detection", recovery.detection_s), ("decision", recovery.decision_s), ("failover", recovery.failover_s)]
    known = [(name, step) for name, step in steps if step is not None]
    total = recovery.rto_s or 0.0
    rest = total - sum(step for _, step in known)
    parts = [*known, ("until it holds", rest)] if rest > 0 else known
    whole = sum(step for _, step in parts)
    if not whole:
        return ""
    bar = "".join(f'<i class="s{place}" style="flex-grow:{step / whole:.4f}"></i>' for place, (_, step) in enumerate(parts))
    names = "".join(
        f'<span><i class="s{place}"></i><b>{text(name)}</b> {number(step, 2)} s</span>' for place, (name, step) in enumerate(parts)
    )
    return f'<div class="split"><div class="bar">{bar}</div><div class="names">{names}</div></div>'
