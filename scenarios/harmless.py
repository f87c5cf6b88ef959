"""What others send, made harmless to show: one line of plain text for every outlet, before that outlet's own escapes.

Scenario names, causes, marks and host names come from files and services. Shown as they are, ESC rewrites a terminal, a bidi mark turns a
sentence round, a line end forges a line, and NUL makes a file that is no XML.
"""

import re
import unicodedata

_MOST = 80
_SHORT_NAMES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ACTS = re.compile(
    r"[\\`*_\[\]|~]"  # wherever it stands
    r"|<(?=[A-Za-z/!?])|&(?=#|\w+;)|[@#](?=\w)|:(?=//)|(?<=www)\."  # a tag, an entity, a mention, a link
    r"|^[#>]|^[-+](?=\s|$)|^--|^=+$",  # begins a list, a heading, a quotation, a rule
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")


def harmless(text: object) -> str:
    r"""It as one line in which nothing acts: whatever is neither visible nor a space is spelled out, as `\x1b` or `\u202e`."""
    return "".join(map(_shown, str(text)))


def clipped(text: object, most: int = _MOST) -> str:
    """It, harmless, and cut where it is longer than that."""
    said = harmless(text)
    return said if len(said) <= most else f"{said[: most - 1]}…"


def clipped_path(path: object, most: int = _MOST) -> str:
    """It, harmless, and cut in front where it is longer than that: its end is the file's name."""
    said = harmless(path)
    return said if len(said) <= most else f"…{said[1 - most :]}"


def in_markdown(text: object) -> str:
    """It, harmless, as text of a Markdown document, in a table or not: no markup, link, mention or tag. A dash where it is blank."""
    return _NUMBERED.sub(r"\1\\\2", _ACTS.sub(lambda acts: f"\\{acts[0]}", harmless(text).strip() or "–"))


def _shown(char: str) -> str:
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return _SHORT_NAMES.get(char) or char.encode("unicode_escape").decode("ascii")
