"""Parts of a whole as one bar."""

from collections.abc import Sequence

from reports.formatting import number
from reports.measures.recovery import Recovery
from reports.output.html import text

Part = tuple[str, float, str]
"""Its name, its size, and that in words."""


def split_bar(parts: Sequence[Part], colours: Sequence[int] = range(4)) -> str:
    """The parts as pieces of one bar, each of its colour, with their names below it; nothing where there is no whole."""
    whole = sum(size for _, size, _ in parts)
    if not whole:
        return ""
    coloured = list(zip(colours, parts, strict=False))
    bar = "".join(f'<i class="s{colour}" style="flex-grow:{size / whole:.4f}"></i>' for colour, (_, size, _) in coloured)
    names = "".join(f'<span><i class="s{colour}"></i><b>{text(name)}</b> {told}</span>' for colour, (name, _, told) in coloured)
    return f'<div class="split"><div class="bar">{bar}</div><div class="names">{names}</div></div>'


def recovery_bar(recovery: Recovery) -> str:
    """The way to recovery as one bar."""
    steps = [("detection", recovery.detection_s), ("decision", recovery.decision_s), ("failover", recovery.failover_s)]
    known = [(name, step) for name, step in steps if step is not None]
    rest = (recovery.rto_s or 0.0) - sum(step for _, step in known)
    parts = [*known, ("until it holds", rest)] if rest > 0 else known
    return split_bar([(name, step, f"{number(step, 2)} s") for name, step in parts])
