"""A certificate authority of a bank's own, for tests of TLS with real servers."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NAME = "uat.bank.example"
"""Of the server that it has signed."""


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a bank's own, with what it has signed."""

    folder: Path

    def made(self, name: str, *extra: str, ca: bool = False) -> None:
        """`name`.pem with its certificate, `name`-key.pem, and both in `name`-whole.pem."""
        signed = [] if ca else ["-CA", "ca.pem", "-CAkey", "ca-key.pem"]
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        command += ["-subj", f"/CN={name}", "-keyout", f"{name}-key.pem", "-out", f"{name}.pem", *signed, *extra]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=60)
        parts = [(self.folder / f"{name}{part}.pem").read_bytes() for part in ("", "-key")]
        (self.folder / f"{name}-whole.pem").write_bytes(b"".join(parts))


def a_banks_own(folder: Path) -> Authority:
    """One that has signed `server`, of the bank's name, and `client`."""
    if not shutil.which("openssl"):
        pytest.skip("this machine has no openssl command to make a certificate with")
    found = Authority(folder)
    found.made("ca", ca=True)
    for name in ("server", "client"):
        found.made(name, "-addext", f"subjectAltName=DNS:{NAME}", "-addext", "basicConstraints=critical,CA:FALSE")
    return found
