"""Marks of an observed drill: who may make them, how, and what is said to whoever may not."""

import os
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scenarios.plugins import load_scenario, load_target
from scenarios.run.events import of_kind
from scenarios.run.folder import Plan, Run, create_run, fix_t0
from scenarios.run.mark_kinds import MOST_WORDS, Marked
from stormdrill.cli import run_command_line
from stormdrill.rehearsal.mark_desk import MOST_NAME, _Handler, mark_desk, token_file, url_file


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other run of this machine is under way here."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def new_run(out: Path) -> tuple[Run, Plan]:
    """A run that has just begun."""
    run, plan = create_run(load_scenario("smoke"), load_target("embedded"), seed=1, workers=1, out=out)
    return run, fix_t0(run, plan, lead_s=0)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A run that takes marks."""
    run, plan = new_run(tmp_path / "runs")
    with mark_desk(run, plan, lambda _: None):
        yield run


def post(run: Run, path: str, body: bytes | None = b"so it is", method: str = "POST", **headers: str) -> tuple[int, str]:
    """A request as a script would make it, with the run's token unless it shows another."""
    shown = {"Authorization": f"Bearer {token_file(run).read_text().strip()}"} | {name.replace("_", "-"): headers[name] for name in headers}
    connection = HTTPConnection("127.0.0.1", urlsplit(url_file(run).read_text()).port or 0, timeout=10)
    connection.request(method, path, body, shown)
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def marks(run: Run) -> list[tuple[str, str, str]]:
    """Those that stand in the run's events."""
    return [(event.facts.mark, event.facts.words, event.facts.by) for event in of_kind(run.events(), Marked)]


def test_a_mark_by_command_and_by_curl(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is an event with its time, its words, and who said it."""
    assert run_command_line(["mark", "detected", "告警：主库无响应", "--by", "值班"]) == 0
    assert capsys.readouterr().out.startswith("marked detected at ")
    url, token = (place(run).read_text().strip() for place in (url_file, token_file))
    curl = ["curl", "-sS", "-H", f"Authorization: Bearer {token}", "-H", "X-Marked-By: runbook", "-d", "promote B", f"{url}/switching"]
    assert subprocess.run(curl, capture_output=True, text=True, check=True, timeout=30).stdout.startswith("marked switching at ")
    assert run_command_line(["mark", "switched", "--run", str(run.folder), "--by", ""]) == 0
    assert marks(run) == [("detected", "告警：主库无响应", "值班"), ("switching", "promote B", "runbook"), ("switched", "", "")]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "Bearer é", "Basic Og=="])
def test_a_wrong_token_is_refused_in_a_sentence(run: Run, token: str) -> None:
    """And nothing is written."""
    status, told = post(run, "/mark/detected", Authorization=token.encode().decode("latin-1"))
    assert (status, told.count("\n"), "not the run's token" in told) == (403, 1, True)
    assert marks(run) == []


def test_a_request_that_is_no_mark_is_refused_in_a_sentence(run: Run) -> None:
    """By its own status; the body is bounded."""
    told = {
        404: post(run, "/mark/noticed"),
        405: post(run, "/mark/detected", None, method="GET"),
        400: post(run, "/mark/detected", b"\xff"),
        411: post(run, "/mark/detected", b"1\r\nx\r\n0\r\n\r\n", Transfer_Encoding="chunked"),
        413: post(run, "/mark/detected", b"x" * (MOST_WORDS + 1)),
    }
    assert {status: answer[0] for status, answer in told.items()} == {status: status for status in told}
    assert "detected, decided, switching, switched, returned" in told[404][1]
    assert post(run, "/mark/detected", b"", Content_Length="99999999999")[0] == 413
    assert post(run, "/mark/detected", b"", Content_Length="000000000099999999999")[0] == 413
    assert post(run, "/elsewhere/detected")[0] == 404
    assert marks(run) == []


def raw(run: Run, head: str, body: bytes, *, ends: bool) -> str:
    """A request byte by byte, after which nothing more is sent or the connection just stays; what is said to it."""
    with socket.create_connection(("127.0.0.1", urlsplit(url_file(run).read_text()).port or 0), timeout=20) as line:
        line.sendall(
            f"POST /mark/switched HTTP/1.1\r\nAuthorization: Bearer {token_file(run).read_text().strip()}\r\n{head}\r\n\r\n".encode() + body
        )
        if ends:
            line.shutdown(socket.SHUT_WR)
        return line.makefile("rb").read().decode()


@pytest.mark.parametrize(("ends", "status"), [(True, "400"), (False, "408")], ids=["cut", "slow"])
def test_words_that_were_cut_on_their_way_are_no_mark(run: Run, *, ends: bool, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is what somebody said, or nothing."""
    monkeypatch.setattr(_Handler, "timeout", 0.5)
    told = raw(run, "Content-Length: 20", b"promote B", ends=ends)
    assert told.splitlines()[0].split()[1] == status
    assert "Content-Length" in told.splitlines()[-1]
    assert marks(run) == []


def test_a_name_is_kept_whole_or_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """In a sentence, by its length and where it is no text; one that is no ASCII may stand in the header as it is."""
    assert post(run, "/mark/detected", X_Marked_By="x" * MOST_NAME)[0] == 200
    assert post(run, "/mark/detected", X_Marked_By="值班".encode().decode("latin-1"))[0] == 200
    assert post(run, "/mark/detected", X_Marked_By="x" * (MOST_NAME + 1)) == (400, "a name has 100 characters at most; this one has 101\n")
    assert post(run, "/mark/detected", X_Marked_By="\xff") == (400, "a name is UTF-8 text\n")
    assert post(run, "/mark/detected", X_Marked_By="%ff") == (400, "a name is UTF-8 text\n")
    for name, says in (("x" * (MOST_NAME + 1), "a name has 100 characters at most; this one has 101"), ("\udcff", "a name is UTF-8 text")):
        assert run_command_line(["mark", "detected", "--by", name]) == 64
        told = capsys.readouterr().err
        assert (told.count("\n"), says in told) == (1, True)
    assert [by for _, _, by in marks(run)] == ["x" * MOST_NAME, "值班"]


def test_only_its_user_learns_the_token_and_only_while_it_runs(tmp_path: Path) -> None:
    """Nor does anybody reach it by another address."""
    run, plan = new_run(tmp_path / "runs")
    with mark_desk(run, plan, lambda _: None):
        assert stat.S_IMODE(token_file(run).stat().st_mode) == 0o600
        port = urlsplit(url_file(run).read_text()).port or 0
        for address in ("127.0.0.2", "::1"):
            with pytest.raises(OSError, match=r"refused|unreachable|not supported|assign"):
                HTTPConnection(address, port, timeout=5).connect()
    assert not token_file(run).exists()
    assert not url_file(run).exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["detected"], "no observed drill of yours is under way here"),
        (["noticed"], "there is no mark 'noticed'; there are: detected, decided, switching, switched, returned"),
        (["detected", "x" * 501], "500 characters at most"),
        (["detected", "\udcff"], "UTF-8"),
        (["detected", "--run", "."], "is no run folder"),
    ],
)
def test_a_mark_that_cannot_be_made_is_one_sentence(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 64."""
    assert run_command_line(["mark", *words]) == 64
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert says in told


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (os.mkfifo, "is a pipe, not a file"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file"),
        (lambda path: path.write_bytes(b"x" * 100_000), "has 100,000 bytes"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "utf-8"),
    ],
    ids=["pipe", "device", "long", "no text"],
)
def test_an_address_for_marks_that_is_none_is_one_sentence(
    tmp_path: Path, make: Callable[[Path], object], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not waited for, and not read without end."""
    run, _ = new_run(tmp_path / "runs")
    make(url_file(run))
    assert run_command_line(["mark", "detected", "--run", str(run.folder)]) == 64
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert says in told


def test_which_run_is_meant_must_be_clear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two that are under way; one that is over takes none; one whose token is another's says so."""
    with ExitStack() as stack:
        first, second = new_run(tmp_path / "one"), new_run(tmp_path / "two")
        for run, plan in (first, second):
            stack.enter_context(mark_desk(run, plan, lambda _: None))
        assert run_command_line(["mark", "detected"]) == 64
        assert "2 observed drills are under way" in capsys.readouterr().err
        assert run_command_line(["mark", "detected", "--run", str(second[0].folder)]) == 0
        token_file(first[0]).write_text("another\n")
        assert run_command_line(["mark", "detected", "--run", str(first[0].folder)]) == 64
        assert "is not the run's token" in capsys.readouterr().err
    assert len(marks(second[0])) == 1
    assert run_command_line(["mark", "detected", "--run", str(second[0].folder)]) == 64
    assert "no observed drill is under way in this run" in capsys.readouterr().err
