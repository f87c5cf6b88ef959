"""The term: written down whole, and compared in the very process that becomes the server."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mock_bank.errors import WorldFaultError
from mock_bank.postgres.term import Data, Term, TermFile, guarded
from mock_bank.processes.system_user import SystemUser

TERM = Term(7, "db-b", "db-a", other=Data.DIVERGED, hold_until_s=3.5, released=False)


@pytest.fixture
def file(tmp_path: Path) -> TermFile:
    """A file with the term."""
    file = TermFile(tmp_path / "the term", SystemUser(os.getuid(), os.getgid()))
    file.write(TERM)
    return file


def start(file: TermFile, term: Term, **more: Path) -> subprocess.CompletedProcess[str]:
    """A server's start, the server being a word said."""
    argv = guarded(["echo", "leads; $HOME *"], file.path, term, **more)
    return subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)


def test_term_is_read_as_it_was_written(file: TermFile) -> None:
    """Whole, by its owner alone."""
    assert file.read() == TERM
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_server_starts_in_its_term_and_in_no_other(file: TermFile) -> None:
    """Neither in an older one, nor for another leader, nor in one that was not decided yet; 78 and one sentence."""
    assert start(file, TERM).stdout == "leads; $HOME *\n"
    for stale in (replace(TERM, number=6), replace(TERM, number=8), replace(TERM, leader="db-a")):
        done = start(file, stale)
        assert (done.returncode, done.stdout) == (78, "")
        assert done.stderr == f"fenced: the term is 7 db-b, not {stale.token}\n"


def test_data_that_must_not_lead_starts_as_a_standby_only(file: TermFile, tmp_path: Path) -> None:
    """Without its mark it would take writes."""
    data = tmp_path / "db a"
    data.mkdir()
    assert start(file, TERM, standby=data).returncode == 78
    (data / "standby.signal").touch()
    assert start(file, TERM, standby=data).returncode == 0


def test_server_without_any_term_does_not_start(file: TermFile) -> None:
    """What cannot be compared is not the same."""
    file.path.unlink()
    assert start(file, TERM).returncode == 78


@pytest.mark.parametrize("text", ["", "7 db-b\n", "7 db-b\n{}\n", "7 db-b\n[]\n", '7 db-b\n{"number": 7, "other": "fine"}\n'])
def test_file_that_is_no_term_is_told(file: TermFile, text: str) -> None:
    """By its name."""
    file.path.write_text(text)
    with pytest.raises(WorldFaultError, match="the term holds no term"):
        file.read()


def test_term_that_cannot_be_written_is_not_decided(file: TermFile) -> None:
    """The old one stays."""
    file.path.with_name(".the term.new").mkdir()
    with pytest.raises(WorldFaultError, match="the term 8 could not be written"):
        file.write(replace(TERM, number=8))
    assert file.read() == TERM
