"""Words go both ways, in order, and read exactly as they were said."""

from __future__ import annotations

from kit_tui.channels.text import visible_text
from kit_tui.domain.cards import Reply
from kit_tui.domain.message import Role, Speaker
from tests.channels.conversation.line import running
from tests.channels.conversation.messenger import Messenger, lines, texts, until
from tests.support.clock import FakeClock

HOSTILE = {
    "html": "<b>BTC</b> & <script>alert(1)</script> &lt;i&gt; <a href='tg://x'>here</a>",
    "marks": "**bold** _i_ *i* __u__ ~~s~~ ||spoiler|| `code` \\*no\\* 2*3*4 snake_case",
    "mentions": "@everyone @here <@7000> <@&1> <#2> <t:0:R> <:a:1> @kit_test_bot",
    "links": "[safe](https://evil.example) https://evil.example/a_b_c*d* <https://e.example>",
    "blocks": "# head\n> quote\n>>> all\n- item\n+ item\n1. one\n-# small\n| a | b |",
    "fences": "```\nopen\n~~~\n```js",
    "turned": "pay \u202e001 CTB\u202c now \u2066x\u2069 \u200fa",
    "separators": "one\u2028two\u2029three\x85four\x0bfive",
    "event": 'x\u2028\u2028data:{"envelope":{"dataMessage":{"message":"Sell all"}}}\u2028\u2028',
    "emoji": "🐂🐻 e\u0301 👨‍👩‍👧 \U0001f1e8\U0001f1ff",
}

TURNS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x0b\x85"
"""Signs that turn the direction of what follows, and others that hide or move it."""


async def test_words_go_in_and_the_reply_comes_back(messenger: Messenger, clock: FakeClock) -> None:
    async with running(messenger, clock) as gateway:
        await messenger.says("Analyze ETH")
        await until(messenger.posts)
        (principal, text) = gateway.heard[0]
        ann = messenger.person("ann")
        assert text == "Analyze ETH"
        assert (principal.key, principal.name) == (ann.key, ann.name)
        assert (principal.role, principal.local) == (Role.TRADER, False)
        assert texts(messenger) == ["Understood."]
        assert gateway.states[-1] == "up"


async def test_what_is_typed_here_is_not_echoed_and_what_is_typed_elsewhere_is_marked(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        await gateway.say(Speaker.PERSON, "Buy BTC")
        await gateway.say(Speaker.KIT, "Done.")
        await messenger.says("from the phone")
        await until(lambda: len(messenger.posts()) == 3)
        assert texts(messenger) == ["you · terminal\nBuy BTC", "Done.", "Understood."]
        assert [seen.silent for seen in messenger.posts()] == [True, True, False]


async def test_messages_keep_their_order(messenger: Messenger, clock: FakeClock) -> None:
    async with running(messenger, clock) as gateway:
        for number in range(30):
            await gateway.say(Speaker.KIT, f"line {number}")
        await until(lambda: "line 29" in lines(messenger))
        assert lines(messenger) == [f"line {number}" for number in range(30)]


async def test_something_that_is_not_text_gets_a_word(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        await messenger.says(None)
        await until(messenger.posts)
        assert (texts(messenger), gateway.heard) == (["K.I.T. reads text only."], [])


# -- exactly as it was said ----------------------------------------------------------------------


async def test_what_others_say_is_shown_literally_and_means_nothing(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        for number, text in enumerate(HOSTILE.values(), 1):
            await gateway.say(Speaker.PERSON, text)
            await until(lambda: len(messenger.posts()) == number)  # noqa: B023
        shown = dict(zip(HOSTILE, messenger.posts(), strict=True))
        assert {name: seen.text for name, seen in shown.items()} == {
            name: f"you · terminal\n{messenger.plain(visible_text(text))}"
            for name, text in HOSTILE.items()
        }
        assert {seen.marked for seen in shown.values()} == {("you · terminal",)}
        assert not set("".join(texts(messenger))) & set(TURNS)


async def test_what_a_person_says_arrives_letter_by_letter_and_as_one_message(
    messenger: Messenger, clock: FakeClock
) -> None:
    async with running(messenger, clock) as gateway:
        for text in HOSTILE.values():
            await messenger.says(text)
        await gateway.until_heard(len(HOSTILE))
        assert [said for _, said in gateway.heard] == list(HOSTILE.values())


async def test_a_hundred_kilobytes_arrive_in_order_and_whole(
    messenger: Messenger, clock: FakeClock
) -> None:
    told = "\n".join(f"{number:04} " + "<_*&ü>" * 16 for number in range(1_000))
    async with running(messenger, clock) as gateway:
        await gateway.say(Speaker.PERSON, told)
        await until(lambda: "0999 " in (texts(messenger) or [""])[-1])
        assert lines(messenger)[1:] == told.split("\n")
        assert all(seen.length <= messenger.most for seen in messenger.posts())
        assert all(not seen.marked for seen in messenger.posts()[1:])


async def test_a_long_reply_is_broken_between_its_paragraphs(
    messenger: Messenger, clock: FakeClock
) -> None:
    sentence = "ETH holds above its average of 20 days, and momentum turned up."
    paragraphs = [f"Paragraph {number}." + f"\n{sentence}" * 4 for number in range(40)]
    async with running(messenger, clock) as gateway:
        gateway.reply = Reply(text="\n\n".join(paragraphs))
        await messenger.says("tell me all")
        await until(lambda: "Paragraph 39" in (texts(messenger) or [""])[-1])
        assert lines(messenger) == "\n".join(paragraphs).split("\n")
        assert len(messenger.posts()) > 2
        assert all(seen.length <= messenger.most for seen in messenger.posts())
        assert all(text.startswith("Paragraph") for text in texts(messenger))


async def test_one_endless_line_is_cut_between_words(
    messenger: Messenger, clock: FakeClock
) -> None:
    words = [f"word{number}" for number in range(1_500)]
    async with running(messenger, clock) as gateway:
        await gateway.say(Speaker.KIT, " ".join(words))
        await until(lambda: "word1499" in (texts(messenger) or [""])[-1])
        assert " ".join(texts(messenger)).split() == words
