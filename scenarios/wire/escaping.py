"""What URLs and forms do not allow, quoted: a text that the file spells, and a value that is put into it."""

import re
from urllib.parse import quote

_PLAIN = re.compile(r"[\w.~-]*", re.ASCII).fullmatch
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_IN_URLS = "/?&=:@!$'()*+,;~%"


def spelled(text: str) -> str:
    """A text as a file spells it: what divides paths and queries, and what is quoted already, stays; what URLs do not allow is quoted."""
    return quote(_LONE_PERCENT.sub("%25", text), safe=_IN_URLS)


def quoted(value: object) -> str:
    """A value inside a path, a query or a form: it stays one value, whatever it holds."""
    text = value if type(value) is str else str(value)
    return text if _PLAIN(text) else quote(text, safe="", errors="replace")
