"""What others send does nothing where it is shown."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console
from rich.text import Text

from scenarios.harmless import clipped, clipped_path, harmless, in_markdown

NASTY = ["\x1b[2J", "\x00", "\u202e", "\u2066", "\ufeff", "\x9b", "\n", "\r", "\u2028", "\ud800", "[/red]", "[link=x]", "爱", "\u3000", " "]
"""What acts somewhere, and what is only another script."""
MARKUP = [
    *"\\`*_{}[]()<>#+-.!|~&@:=$ 1a",
    "http://x.example",
    "www.x.example",
    "&lt;",
    "<b>",
    "<!--",
    "- ",
    "1. ",
    "> ",
    "```",
    "---",
    "~~",
]
texts = st.lists(st.sampled_from(NASTY) | st.text(max_size=3), max_size=8).map("".join)
marked = st.lists(st.sampled_from(NASTY) | st.sampled_from(MARKUP) | st.text(max_size=3), max_size=12).map("".join)


@given(texts)
def test_nothing_that_acts_is_left(text: str) -> None:
    """No control, no line end, no bidi mark, no half character; and nothing that can be seen is taken away."""
    shown = harmless(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
    assert harmless(shown) == shown
    shown.encode("utf-8")
    assert [char for char in text if char.isalnum()] == [char for char in text if char.isalnum() and char in shown]


def test_what_acts_is_spelled_out() -> None:
    """So that it is seen that it was there."""
    assert harmless("a\x1b[31m\u202eb\x00\n\ud800") == "a\\x1b[31m\\u202eb\\x00\\n\\ud800"
    assert harmless("春节 活动\u3000é") == "春节 活动\u3000é"


@given(texts)
def test_a_terminal_shows_it_as_it_is(text: str) -> None:
    """Rich makes no markup of it, and nothing that moves the cursor."""
    console = Console(width=10_000, force_terminal=True, color_system="truecolor", highlight=False)
    with console.capture() as capture:
        console.print(Text(harmless(text)), soft_wrap=True, end="")
    assert capture.get() == harmless(text)


def _page(text: str) -> str:
    return f"- {text}\n- **y**: {text}\n  - {text}\n\n| a | b |\n|---|---|\n| {text} | z |\n"


@given(marked)
def test_markdown_makes_nothing_of_it(text: str) -> None:
    """In a list, behind a name and in a table it is that text and nothing else, and what is around it stays what it was."""
    said = harmless(text).strip() or "–"
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens, plain = parser.parse(_page(in_markdown(text))), parser.parse(_page("x"))
    assert [token.type for token in tokens] == [token.type for token in plain]
    for token, other in zip(tokens, plain, strict=True):
        marks = [child for child in token.children or [] if child.type not in ("text", "text_special")]
        assert [child.type for child in marks] == [child.type for child in other.children or [] if child.type != "text"]
        assert _text(token) == _text(other).replace("x", said)


def _text(token: Token) -> str:
    return "".join(child.content for child in token.children or [])


@given(st.text(max_size=300), st.integers(1, 100))
def test_what_is_long_is_cut(text: str, most: int) -> None:
    """And stays harmless."""
    shown = clipped(text, most)
    assert len(shown) <= most
    assert harmless(shown) == shown


def test_a_long_path_keeps_its_files_name() -> None:
    """It is cut in front; a short one is not cut at all."""
    assert clipped_path("/home/bank/ca.pem") == "/home/bank/ca.pem"
    cut = clipped_path("/folder" * 40 + "/ca.pem", 20)
    assert (cut[0], len(cut)) == ("…", 20)
    assert cut.endswith("/folder/ca.pem")
