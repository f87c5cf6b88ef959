"""What is ordered in mid-sale is found where it comes otherwise than promised, on a real world."""

from typing import Any, Final

import pytest
from rehearsing import SHORT, Lab, said

pytestmark = pytest.mark.rehearsal

SALE: Final[dict[str, Any]] = SHORT | {
    "describe": "A prize that is gone in seconds, and of which more is ordered.",
    "population": {"customers": 400},
    "campaign": {"prizes": {"skus": 1, "stock": 40, "restock": {"skus": 1, "units": 30, "most": 60, "lead_s": 4}}},
    "phases": [{"name": "sale", "lasts": "12 s", "arrivals": "12/s"}],
    "mix": {"flash-sale": 1},
}


@pytest.mark.parametrize(
    ("switch", "found"),
    [
        ("", ""),
        ("restock_asks_both", ": delivered by depot and depot-backup"),
        ("restock_twice", "sku-1: 120 added to the stock, 60 were delivered"),
        ("restock_unforecast", ", by the forecast; it is ordered when that is 4 s"),
        ("restock_unbound", " more than the 60 that are planned"),
    ],
    ids=lambda value: value.split("_")[-1] if "_" in value else "",
)
def test_orders_otherwise_than_promised_are_found(lab: Lab, switch: str, found: str) -> None:
    """By a switch alone; without one they are as promised, and one of two came from the other supplier."""
    lab.target(**({switch: True} if switch else {}))
    outcome = lab.rehearse(SALE)
    restocking = lab.finding("restocking")
    assert restocking["status"] == ("FAIL" if switch else "PASS"), said(outcome)
    assert restocking["detail"].startswith("2 orders of prizes, 60 pieces delivered") or switch == "restock_unbound"
    assert lab.verdict()["worst"] == "restocking" or not switch
    assert found in (lab.latest / "report.html").read_text("utf-8")
