"""The suppliers' real process on a free port, and a client for it."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from world_lab import CHECKOUT, until

from mock_bank.layout.ports import free_ports

CONTROL, SERVICES = "control-token", "services-token"


class Suppliers:
    """A client of both sides of the API."""

    def __init__(self, url: str) -> None:
        """`url` is the API's."""
        self.url = url

    def ask(self, method: str, path: str, body: object = None, *, token: str = SERVICES, **more: Any) -> requests.Response:
        """One request."""
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=more.pop("timeout", 5), **more)

    def do(self, supplier: str, key: str, subject: str = "", amount_fen: int = 0, **more: Any) -> requests.Response:
        """Ask a supplier for something."""
        return self.ask("POST", f"/{supplier}", {"key": key, "subject": subject or key, "amount_fen": amount_fen}, **more)

    def turn(self, supplier: str, **dials: float | None) -> requests.Response:
        """Turn dials."""
        return self.ask("PUT", f"/dials/{supplier}", dials, token=CONTROL)

    def calls(self, key: str, *, limit: int = 1000) -> list[dict[str, Any]]:
        """What the ledger says of a key, page by page."""
        rows: list[dict[str, Any]] = []
        after = ""
        while True:
            page = self.ask("GET", f"/calls?after={after}&limit={limit}", token=CONTROL).json()
            rows += page["rows"]
            if page["next"] is None:
                return [row for row in rows if row["key"] == key]
            after = page["next"]

    def answers(self) -> bool:
        """Whether the process does."""
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/health", timeout=1).json() == {"status": "up"}
        return False


@contextlib.contextmanager
def suppliers_process(folder: Path, services_token: str = SERVICES) -> Iterator[tuple[Suppliers, "subprocess.Popen[bytes]"]]:
    """The process, with its ledger in the folder; ended afterwards."""
    (port,) = free_ports(1)
    config = folder / "suppliers.json"
    told = {"host": "127.0.0.1", "port": port, "ledger": str(folder / "suppliers.jsonl")}
    config.write_text(json.dumps(told | {"control_token": CONTROL, "services_token": services_token}))
    process = subprocess.Popen([sys.executable, "-m", "mock_bank.suppliers", str(config)], cwd=CHECKOUT)
    client = Suppliers(f"http://127.0.0.1:{port}")
    try:
        until(client.answers, "the suppliers answer")
        yield client, process
    finally:
        if process.poll() is None:
            process.terminate()
            assert process.wait(10) == 0
