"""Faults by SQL, on a real server of the test's own: what they name is what they hit, and what they take back is what was there."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import asyncpg
import pytest
from chaos_postgres import running_server
from chaos_support import wait
from hypothesis import given
from hypothesis import strategies as st

from chaos.errors import ChaosError, NoTarget, OutOfReach
from chaos.faults.connection_limit import ConnectionLimit
from chaos.faults.database_setting import DatabaseSetting
from chaos.faults.sessions_end import SessionsEnd
from chaos.handles.postgresql import Postgresql
from chaos.handles.sql import alter_setting
from chaos.target_handles import Handles

ODD_NAMES = ("lanting-prod", "Bank", "user", "a.b", 'say "yes"', "全家", "it's")
LISTS = (
    "local_preload_libraries",
    "oauth_validator_libraries",
    "output_plugin_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server with a database of each odd name."""
    with running_server() as address:
        for name in ODD_NAMES:
            quoted = name.replace('"', '""')
            do(address, f'create database "{quoted}"')
        yield address


@pytest.fixture
def handles(address: str) -> Handles:
    """It, as its superuser."""
    return Handles(others={"postgresql": address})


def do(address: str, *commands: str) -> None:
    """Each by itself, as a person types them."""

    async def done() -> None:
        server = await asyncpg.connect(address)
        for command in commands:
            await server.execute(command)
        await server.close()

    asyncio.run(done())


class Guest:
    """Somebody who has a session of a database, and sleeps in it."""

    def __init__(self, address: str, database: str) -> None:
        """Comes."""
        self.ended = ""
        self._address = address.replace("/postgres?", f"/{database}?")
        self._thread = Thread(target=lambda: asyncio.run(self._stay()), daemon=True)
        self._thread.start()

    @property
    def there(self) -> bool:
        """Whether nothing has put it out."""
        return self._thread.is_alive()

    async def _stay(self) -> None:
        server = await asyncpg.connect(self._address)
        try:
            await server.execute("select pg_sleep(20)")
        except asyncpg.PostgresError as error:
            self.ended = type(error).__name__
        finally:
            server.terminate()


def sleeping(server: Postgresql, *databases: str) -> None:
    """Waits until there is one in each."""
    for database in databases:
        wait(lambda there=database: server.sessions(there), f"somebody is in {database}")  # type: ignore[misc]


def test_a_limit_cuts_off_and_counts_whoever_is_in_that_database_and_nobody_else(address: str, handles: Handles) -> None:
    """Its neighbours keep their sessions; those are ended, as before, where every session is to be."""
    server, fault = handles.postgresql(), ConnectionLimit(database="Bank", most=0)
    inside, beside = Guest(address, "Bank"), Guest(address, "user")
    sleeping(server, "Bank", "user")
    assert server.sessions("Bank") | server.sessions("user") == server.sessions()
    target = fault.find_target(handles)
    fault.inject(handles, target)
    wait(lambda: not inside.there, "it is cut off")
    wait(lambda: fault.is_effective(handles, target).holds, "the limit holds, whoever is elsewhere")
    assert beside.there
    assert fault.is_effective(handles, target).evidence == "0 sessions of Bank, and the limit is 0"
    fault.undo(handles, target)
    assert fault.is_healed(handles, target).holds
    SessionsEnd().inject(handles, SessionsEnd().find_target(handles))
    wait(lambda: not beside.there, "every session is ended")


@pytest.mark.parametrize("database", ODD_NAMES)
def test_a_database_may_have_any_name(database: str, address: str, handles: Handles) -> None:
    """It is limited, and has the limit back that it had, by the undo and by what a person is told to type."""
    server, fault = handles.postgresql(), ConnectionLimit(database=database, most=3)
    server.limit_connections(database, 1_234_567)
    fault.check(handles)
    target = fault.find_target(handles)
    for undo in (lambda: fault.undo(handles, target), lambda: do(address, fault.by_hand(target))):
        fault.inject(handles, target)
        assert fault.is_effective(handles, target).holds
        undo()
        assert server.most_connections(database) == 1_234_567


def test_whoever_would_shut_itself_out_by_a_limit_is_refused_before_the_load(address: str) -> None:
    """An address that names the very database; of another one it is taken, and so is a superuser, who is let in always."""
    do(address, "create role drill login", "create database drilled owner drill")
    fault, at = ConnectionLimit(database="drilled"), address.partition("?")[0].replace("/postgres", "")
    itself = Handles(others={"postgresql": f"{at}/drilled?user=drill"})
    for asked in (fault.check, fault.find_target):
        with pytest.raises(NoTarget, match="would shut itself out; allowed: an address that names another database than drilled"):
            asked(itself)
    fault.check(Handles(others={"postgresql": f"{at}/postgres?user=drill"}))
    fault.check(Handles(others={"postgresql": f"{at}/drilled?user=postgres"}))


def test_a_commit_that_has_ended_is_not_cancelled_in_the_next_one_s_stead(address: str, handles: Handles) -> None:
    """The same session may be about something else by then."""
    server, guest = handles.postgresql(), Guest(address, "user")
    sleeping(server, "user")
    pid = next(iter(server.sessions("user"))).partition("@")[0]
    server.cancel(frozenset({f"{pid}@1.000000"}))
    assert server.sessions("user")
    assert guest.there
    server.end_sessions("user")
    wait(lambda: not guest.there, "it is gone")
    assert guest.ended != "QueryCanceledError"


@pytest.mark.parametrize(
    ("setting", "before", "value"),
    [
        ("search_path", '"$user", public, audit', "audit"),
        ("search_path", '"Odd one", "a,b", "say ""yes""", "it\'s", public', "public, audit"),
        ("search_path", '""', "public"),
        ("Search_Path", "public", "audit"),
        ("temp_tablespaces", '""', "pg_default"),
        ("session_preload_libraries", '"$libdir/plpgsql", pg_stat_statements', "pg_stat_statements"),
        ("TimeZone", "Asia/Shanghai", "UTC"),
        ("timezone", "Asia/Shanghai", "UTC"),
        ("DateStyle", "ISO, DMY", "SQL, MDY"),
        ("log_line_prefix", "it's \\ 100 %% \"", "%m "),
    ],
)
def test_a_setting_is_set_back_to_the_letter(setting: str, before: str, value: str, address: str, handles: Handles) -> None:
    """By the undo, and by what a person is told to type; another connection sees it as it was, and so does the server's own file."""
    server, fault = handles.postgresql(), DatabaseSetting(setting=setting, value=value)
    server.order(setting, before)
    wait(lambda: server.setting(setting) == before, f"it is {before}")
    fault.check(handles)
    target = fault.find_target(handles)
    for undo in (lambda: fault.undo(handles, target), lambda: do(address, *fault.by_hand(target).split("; "))):
        fault.inject(handles, target)
        wait(lambda: fault.is_effective(handles, target).holds, "it is wrong")
        assert server.setting(setting) == value
        undo()
        wait(lambda: fault.is_healed(handles, target).holds, "it is as before")
        assert (server.ordered(setting), server.setting(setting)) == (before, before)
    server.order(setting, None)
    wait(lambda: server.ordered(setting) is None, "nothing is left")


@pytest.mark.parametrize("setting", ["local_preload_libraries", "session_preload_libraries"])
def test_a_setting_that_keeps_out_whoever_could_set_it_back_is_set_back_at_once(setting: str, address: str, handles: Handles) -> None:
    """By the session that has set it, for no other one gets in; and it is no fault that has been injected."""
    fault = DatabaseSetting(setting=setting, value="nowhere")
    found = fault.find_target(handles)
    with pytest.raises(OutOfReach, match=rf"{setting} = nowhere keeps out whoever could set it back \(.*nowhere.*\); it is set back"):
        fault.inject(handles, found)
    wait(lambda: fault.is_healed(handles, found).holds, "newcomers get in")
    do(address, "select 1")


def test_capitals_make_no_other_setting() -> None:
    """Two drills of one setting may not overlap, however they write it."""
    assert DatabaseSetting(setting="TimeZone", value="UTC").scope().overlaps(DatabaseSetting(setting="timezone", value="GMT").scope())


@pytest.mark.parametrize("value", ['"open', 'public, "open', "a b", "a,", ",a", "a,,b", '"a" b', '"a""', "zero\0byte"])
def test_a_list_that_is_none_is_refused_before_the_load(value: str, handles: Handles) -> None:
    """In one sentence that says what is allowed, and by PostgreSQL too."""
    fault = DatabaseSetting(setting="search_path", value=value)
    for asked in (fault.check, fault.find_target):
        with pytest.raises(NoTarget, match=r"is no list for search_path; allowed: |it holds a zero byte") as refused:
            asked(handles)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("setting", ["", "no_such_thing", "work_mem = 1; select 1", 'a"b', "zero\0byte"])
def test_a_setting_that_is_none_is_refused_before_the_load(setting: str, handles: Handles) -> None:
    """In one sentence; no text becomes a command."""
    with pytest.raises(ChaosError, match=re.escape(f"PostgreSQL has no setting {setting!r}") + "|zero byte") as refused:
        DatabaseSetting(setting=setting, value="1").check(handles)
    assert "\n" not in str(refused.value)


def test_every_setting_whose_items_the_server_quotes_is_written_item_by_item(address: str) -> None:
    """Asked of the server itself: a literal with blanks comes back in double quotes. Some look up what it names, which nothing does."""

    async def asked() -> set[str]:
        server = await asyncpg.connect(address)
        found = set()
        for row in await server.fetch("select name from pg_settings where vartype = 'string' and context <> 'internal'"):
            for odd in ("an odd one", ""):
                with suppress(asyncpg.PostgresError):
                    await server.execute(f"alter system set \"{row['name']}\" = '{odd}'")
                    stored = await server.fetchval(
                        "select setting from pg_file_settings where name = $1 order by seqno desc limit 1", row["name"]
                    )
                    found |= {row["name"]} if stored == f'"{odd}"' else set()
                    await server.execute(f'alter system reset "{row["name"]}"')
        await server.close()
        return found

    assert asyncio.run(asked()) == set(LISTS)
    assert {name for name in LISTS if alter_setting(name, "a, b").endswith(" = 'a', 'b'")} == set(LISTS)


@pytest.mark.parametrize(
    ("setting", "value", "meant"),
    [
        ("search_path", "", "''"),
        ("search_path", ' Audit,PUBLIC , "Audit" ', "'audit', 'public', 'Audit'"),
        ("Search_Path", 'Ä,a"b', "'Ä', 'a\"b'"),
        ("local_preload_libraries", "Audit one , b", "'Audit one', 'b'"),
        ("DateStyle", "ISO, DMY", "'ISO, DMY'"),
        ("deadlock_timeout", "1'; select 1 --\\", "E'1''; select 1 --\\\\'"),
    ],
)
def test_a_value_is_read_as_postgresql_reads_it(setting: str, value: str, meant: str) -> None:
    """A name without quotes is meant in small letters, of ASCII alone; a library's is not."""
    assert alter_setting(setting, value) == f'alter system set "{setting}" = {meant}'


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
@pytest.mark.parametrize("setting", LISTS)
def test_what_postgresql_quotes_is_read_as_it_was_meant(setting: str, items: list[str]) -> None:
    """Whatever the items are: quoted, joined and split again they are the same."""
    quoted = ", ".join('"' + item.replace('"', '""') + '"' for item in items)
    told = alter_setting(setting, quoted)
    literals = re.findall(r"E?'(?:[^'\\]|''|\\\\)*'", told.partition(" = ")[2])
    assert told == f'alter system set "{setting}" = ' + ", ".join(literals)
    read = [text[text.index("'") + 1 : -1].replace("''", "'") for text in literals]
    assert [text.replace("\\\\", "\\") if literal[0] == "E" else text for text, literal in zip(read, literals, strict=True)] == items
