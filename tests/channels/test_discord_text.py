"""How lines are written in Discord's Markdown: nothing from outside can act there."""

from __future__ import annotations

import pytest

from kit_tui.channels.discord_markdown import LIMIT, as_markdown, escaped, size
from kit_tui.channels.text import Line, Span, bold_line, lines_of, packed, plain_line

FENCE = "```"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("**b** _i_ ~~s~~ ||h|| `c`", r"\*\*b\*\* \_i\_ \~\~s\~\~ \|\|h\|\| \`c\`"),
        ("@everyone <@42> <#7> <:x:1>", r"\@everyone \<\@42\> \<\#7\> \<:x:1\>"),
        ("[free](https://evil.example/a_b)", r"\[free\]\(<https://evil.example/a_b>\)"),
        ("see https://a.example/x, ok", "see <https://a.example/x>, ok"),
        ("# head", r"\# head"),
        ("> quoted", r"\> quoted"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("-# small", r"-\# small"),
        (r"\*", r"\\\*"),
        ("BTC-USD 1.5 +3 %", "BTC-USD 1.5 +3 %"),
    ],
)
def test_every_sign_from_outside_is_text(text: str, written: str) -> None:
    assert escaped(text) == written
    assert as_markdown([plain_line(text)]) == written


def test_our_own_marks_are_marks_around_escaped_text() -> None:
    (line,) = lines_of("**b_b** and *i* and `c*c`")
    assert as_markdown([line]) == r"**b\_b** and *i* and `c*c`"
    assert as_markdown([bold_line("a**b")]) == r"**a\*\*b**"


def test_marks_next_to_each_other_stay_apart() -> None:
    line = Line((Span("a", "bold"), Span("b", "italic")))
    assert as_markdown([line]) == "**a**\u200b*b*"


def test_a_fence_cannot_be_left_from_within() -> None:
    block = [plain_line("a ``` **b**", fixed=True), plain_line("```", fixed=True)]
    written = as_markdown([plain_line("x"), *block, plain_line("y")])
    assert written.count(FENCE) == 2
    assert written.startswith(f"x\n{FENCE}\na ")
    assert written.endswith(f"\n{FENCE}\ny")


def test_code_cannot_be_left_from_within() -> None:
    assert as_markdown([Line((Span("a`b", "code"),))]) == "`a\u02cbb`"


def test_the_size_is_never_below_what_is_sent() -> None:
    lines = [plain_line("*" * 500), plain_line("\U0001f600" * 100), plain_line("x", fixed=True)]
    assert size(lines) >= len(as_markdown(lines))


def test_parts_fit_with_all_their_escapes() -> None:
    parts = packed([plain_line("_" * 5_000)], LIMIT, size)
    assert all(len(as_markdown(part)) <= LIMIT for part in parts)
    assert "".join(line.plain for part in parts for line in part) == "_" * 5_000
