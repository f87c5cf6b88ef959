"""SQL that is put together, for a handle and for people: a name in it stays one name, and a value one value."""

import re
import string

from chaos.errors import NoTarget

# All that PostgreSQL quotes item by item (GUC_LIST_QUOTE, which no extension may have): one literal would be one item.
_NAMES = ("search_path", "temp_tablespaces")
_FILES = (
    "local_preload_libraries",
    "oauth_validator_libraries",
    "output_plugin_libraries",
    "session_preload_libraries",
    "shared_preload_libraries",
    "unix_socket_directories",
)
_ITEM = r'\s*(?:"((?:[^"]|"")*)"|([^",\s]%s))\s*(,|\Z)'  # in double quotes, or without; and what ends it
_NAME, _FILE = (re.compile(_ITEM % rest, re.ASCII) for rest in (r"[^,\s]*", r"[^,]*?"))  # only a file's may have blanks without quotes


def alter_setting(name: str, value: str | None) -> str:
    """Sets it by ALTER SYSTEM to a value as `show` tells it, or takes back what was set so. Raises NoTarget where that can be none."""
    if value is None:
        return f"alter system reset {_identifier(name)}"
    return f"alter system set {_identifier(name)} = {', '.join(map(_literal, _items(name, value)))}"


def alter_limit(database: str, most: int) -> str:
    """Lets in no more than so many. Raises NoTarget where that can be no name."""
    return f"alter database {_identifier(database)} connection limit {most:d}"


def _items(name: str, value: str) -> list[str]:
    """A list's, as PostgreSQL splits it: one at least, if need be an empty one; of any other setting its value."""
    known = name.lower()
    if known not in _NAMES + _FILES:
        return [value]
    text = value.strip(string.whitespace)
    found = list((_NAME if known in _NAMES else _FILE).finditer(text))
    if "".join(item[0] for item in found) != text or (found and found[-1][3]):
        raise NoTarget(f"{value!r} is no list for {name}; allowed: commas between items, double quotes around one with blanks or commas")
    return [_meant(known, quoted, bare) for quoted, bare, _ in (item.groups() for item in found)] or [""]


def _meant(known: str, quoted: str | None, bare: str) -> str:
    """An item without its quotes; a name without any is meant in small letters, of ASCII alone."""
    if quoted is not None:
        return quoted.replace('""', '"')
    return bare.encode().lower().decode() if known in _NAMES else bare


def _identifier(name: str) -> str:
    return '"' + _whole(name).replace('"', '""') + '"'


def _literal(text: str) -> str:
    """A text as PostgreSQL reads it, whatever is in it."""
    quoted = "'" + _whole(text).replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in quoted else quoted


def _whole(text: str) -> str:
    if "\0" in text:
        raise NoTarget(f"{text!r} is nothing for PostgreSQL: it holds a zero byte")
    return text
