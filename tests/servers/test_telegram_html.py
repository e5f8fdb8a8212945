"""The Bot API's HTML: what it reads, and what it says about what it cannot read."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.telegram_html import Parsed, parse, parse_html
from tests.servers.telegram_rules import caption_of, text_of
from tests.servers.telegram_words import BadRequestError

REFUSED = {
    "a < b": 'Unsupported start tag "" at byte offset 2',
    "é < b": 'Unsupported start tag "" at byte offset 3',
    "é <": "Unclosed start tag at byte offset 3",
    "a <b": "Unclosed start tag at byte offset 2",
    "<x>": 'Unsupported start tag "x" at byte offset 0',
    "<h1>a</h1>": 'Unsupported start tag "h1" at byte offset 0',
    "a <br/> b": 'Unsupported start tag "br/" at byte offset 2',
    "<>": 'Unsupported start tag "" at byte offset 0',
    "a</b>": "Unexpected end tag at byte offset 1",
    "<b>a": 'Can\'t find end tag corresponding to start tag "b"',
    "<b><i>a</b></i>": 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
    "<b>a</b": "Unclosed end tag at byte offset 4",
    "<span>a</span>": 'Tag "span" must have class "tg-spoiler" at byte offset 0',
    '<span class="x">a</span>': 'Tag "span" must have class "tg-spoiler" at byte offset 0',
    "<a href>a</a>": None,
    "<a href=x/y>a</a>": "Unexpected end of name token at byte offset 8",
    '<a ="x">a</a>': 'Empty attribute name in the tag "a" at byte offset 0',
    '<a href="x>a</a>': "Unclosed start tag at byte offset 0",
    "<a href=": 'Unclosed start tag "a" at byte offset 0',
    "<a href": 'Unclosed start tag "a" at byte offset 0',
    "<tg-emoji emoji-id='x'>a</tg-emoji>": "Invalid custom emoji identifier specified",
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_is_wrong_is_said_as_telegram_says_it(source: str) -> None:
    words = REFUSED[source]
    if words is None:
        assert parse_html(source) == "a"
        return
    with pytest.raises(BadRequestError) as caught:
        parse_html(source)
    assert caught.value.description == f"Bad Request: can't parse entities: {words}"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("&lt;&gt;&amp;&quot;", '<>&"'),
        ("&lt&gt", "<>"),
        ("&#60;&#x3e;&#128002;", "<>🐂"),
        ("&nbsp;&apos;&copy;", "&nbsp;&apos;&copy;"),
        ("&#0;&#x110000;&#99999999;", "&#0;&#x110000;&#99999999;"),
        ("&#" + "9" * 5000, "&#" + "9" * 5000),
        ("a & b > c", "a & b > c"),
        ("&amp;lt;", "&lt;"),
        ("<B>a</b >", "a"),
        ("<b>a</>", "a"),
    ],
)
def test_characters_and_tags_that_are_read(source: str, text: str) -> None:
    assert parse_html(source) == text


pieces = st.sampled_from(
    ["<", ">", "/", "<b>", "</b>", "<a href=", '"', "'", "=", "&", "&lt", "&#", "x", ";", " ", "\0",
     "<pre><code class='language-", "</code>", "</pre>", "🐂", "<blockquote expandable>", "\n"]
)  # fmt: skip


@given(st.lists(pieces, max_size=20).map("".join))
def test_whatever_comes_is_read_or_refused(source: str) -> None:
    try:
        read = parse(source)
    except BadRequestError as refusal:
        words = refusal.description
        read = Parsed("")
    else:
        words = "Bad Request: can't parse entities: "
    end = len(read.text.encode("utf-16-le")) // 2
    assert words.startswith("Bad Request: can't parse entities: ")
    assert all(0 <= one.offset < one.end <= end for one in read.entities)


@given(st.text())
def test_escaped_words_come_back(text: str) -> None:
    assert parse_html(f"<b>{escape(text)}</b>") == text


def marks(source: str) -> list[tuple[Any, ...]]:
    return [
        (one.type, one.offset, one.length, *filter(None, (one.url, one.language, one.user_id)))
        for one in parse(source).entities
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<b>a</b><strong>b</strong>", [("bold", 0, 2)]),
        ("<i>a</i> <em>b</em>", [("italic", 0, 1), ("italic", 2, 1)]),
        ("<u>a</u> <ins>b</ins>", [("underline", 0, 1), ("underline", 2, 1)]),
        ("<s>a</s>-<strike>b</strike>-<del>c</del>",
         [("strikethrough", 0, 1), ("strikethrough", 2, 1), ("strikethrough", 4, 1)]),
        ('<span class="tg-spoiler">a</span> <tg-spoiler>b</tg-spoiler>',
         [("spoiler", 0, 1), ("spoiler", 2, 1)]),
        ("🐂<b>🐂</b>", [("bold", 2, 2)]),
        ("<b>a<i>b</i></b>", [("bold", 0, 2), ("italic", 1, 1)]),
        ("<b>a<b>b</b>c</b>", [("bold", 0, 3)]),
        ("<b></b>a", []),
        ('<a href="https://t.me">a</a>', [("text_link", 0, 1, "https://t.me/")]),
        ('<a href="tg://user?id=42">a</a>', [("text_mention", 0, 1, 42)]),
        ('<a href="nowhere">a</a>', []),
        ('<a href="https://x.io/?a=1&amp;b=2">a</a>',
         [("text_link", 0, 1, "https://x.io/?a=1&b=2")]),
        ("<code>a</code>", [("code", 0, 1)]),
        ("<pre>a</pre>", [("pre", 0, 1)]),
        ('<pre><code class="language-python">a</code></pre>', [("pre", 0, 1, "python")]),
        ('<code class="language-python"><pre>a</pre></code>', [("pre", 0, 1, "python")]),
        ("<b>ab<code>cd</code>ef</b>", [("bold", 0, 2), ("code", 2, 2), ("bold", 4, 2)]),
        ("<code><b>a</b></code>", [("code", 0, 1)]),
        ("<blockquote>a</blockquote>", [("blockquote", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", [("expandable_blockquote", 0, 1)]),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", [("blockquote", 0, 2)]),
    ],
)  # fmt: skip
def test_tags_become_entities_counted_in_utf16(
    source: str, expected: list[tuple[Any, ...]]
) -> None:
    assert marks(source) == expected


def test_outer_space_and_control_characters_go_and_entities_move_along() -> None:
    read = text_of({"text": "\n  a\r\x07\t<b>bold \n</b> \n", "parse_mode": "html"})
    assert read.text == "a  bold"
    assert [one.shape() for one in read.entities] == [{"type": "bold", "offset": 3, "length": 4}]
    led = text_of({"text": " <b> a</b>", "parse_mode": "HTML"})
    assert led.text == " a"


@pytest.mark.parametrize("text", [" ", "\n\n", "<b></b>", "<b> </b>", "\u2028", "\r"])
def test_a_text_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadRequestError, match="must be non-empty"):
        text_of({"text": text, "parse_mode": "HTML"})
    with pytest.raises(BadRequestError, match="Message text is empty"):
        text_of({"text": ""})


def test_length_is_counted_in_utf16_once_the_tags_are_gone() -> None:
    assert text_of({"text": "<b>" + "&amp;" * 4096 + "</b>", "parse_mode": "HTML"}).text
    assert text_of({"text": "🐂" * 2048}).text
    for text in ("a" * 4097, "🐂" * 2048 + "a"):
        with pytest.raises(BadRequestError, match="Message is too long"):
            text_of({"text": text})
    with pytest.raises(BadRequestError, match="Text is too long"):
        text_of({"text": "&amp;" * 7000, "parse_mode": "HTML"})
    assert caption_of({"caption": "🐂" * 512}).text
    with pytest.raises(BadRequestError, match="Message caption is too long"):
        caption_of({"caption": "🐂" * 512 + "a"})


def test_commands_names_links_and_tags_in_plain_words_are_found() -> None:
    text = "/price BTC for @ann_lee, see https://x.io #news $BTC, not a/b or a@b.io"
    read = text_of({"text": text})
    assert [(one.type, text[one.offset : one.offset + one.length]) for one in read.entities] == [
        ("bot_command", "/price"), ("mention", "@ann_lee"), ("url", "https://x.io"),
        ("hashtag", "#news"), ("cashtag", "$BTC"),
    ]  # fmt: skip
    code = text_of({"text": "<code>/x</code>", "parse_mode": "HTML"})
    assert [one.type for one in code.entities] == ["code"]


def test_only_html_is_read() -> None:
    with pytest.raises(BadRequestError, match="Unsupported parse_mode"):
        text_of({"text": "a", "parse_mode": "BBCode"})
