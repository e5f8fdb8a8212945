"""The loopback Bot API itself, asked by the real client."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
)

from tests.servers.telegram_api import (
    CHANNEL,
    CHAT,
    EVE,
    FORUM,
    GROUP,
    OTHER_BOT,
    Chat,
    TelegramApi,
)
from tests.servers.telegram_client import a_bot, ask, refused, said
from tests.servers.telegram_words import NOT_MODIFIED, TOO_OLD
from tests.support.clock import FakeClock

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 800, 600) + b"rest"
KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Approve", callback_data="a:1")]])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[TelegramApi]:
    async with TelegramApi(clock.monotonic) as server:
        yield server


@pytest.fixture
async def bot(api: TelegramApi) -> AsyncIterator[Bot]:
    async with a_bot(api) as one:
        yield one


# -- what is sent ------------------------------------------------------------------------------


async def test_a_message_comes_back_as_it_stands_in_the_chat(api: TelegramApi, bot: Bot) -> None:
    sent = await bot.send_message(
        CHAT, " <b>Bought</b> BTC at https://x.io ", "HTML", reply_markup=KEYS,
        disable_notification=True, protect_content=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )  # fmt: skip
    assert (sent.text, sent.chat.id, sent.chat.type) == (
        "Bought BTC at https://x.io",
        CHAT,
        "private",
    )
    assert sent.text_html_urled == '<b>Bought</b> BTC at <a href="https://x.io">https://x.io</a>'
    assert sent.from_user is not None
    assert (sent.from_user.is_bot, sent.has_protected_content) == (True, True)
    assert sent.reply_markup == KEYS
    assert sent.link_preview_options is not None
    kept = api.messages[sent.message_id]
    assert (kept.silent, kept.protected, kept.parse_mode) == (True, True, "HTML")
    assert (kept.buttons, kept.source) == (
        {"Approve": "a:1"},
        " <b>Bought</b> BTC at https://x.io ",
    )


async def test_numbers_rise_over_all_private_chats_and_small_groups(
    api: TelegramApi, bot: Bot
) -> None:
    api.add_person(7, "Bob")
    await api.says("hello")
    first = api.last_heard
    await api.says("hello", by=7)
    third = await bot.send_message(CHAT, "a")
    fourth = await bot.send_message(GROUP, "b")
    elsewhere = await bot.send_message(FORUM, "c")
    assert (third.message_id, fourth.message_id) == (first + 2, first + 3)
    assert elsewhere.message_id > 1_000
    assert len(api.messages) == 3


async def test_replies_need_the_message_they_are_to(api: TelegramApi, bot: Bot) -> None:
    await api.says("what is BTC at?")
    reply = await bot.send_message(CHAT, "67,000", reply_parameters=ReplyParameters(api.last_heard))
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.text == "what is BTC at?"
    gone = ReplyParameters(99)
    words = await refused(bot.send_message(CHAT, "a", reply_parameters=gone))
    assert words == "message to be replied not found"
    anyway = ReplyParameters(99, allow_sending_without_reply=True)
    assert (await bot.send_message(CHAT, "a", reply_parameters=anyway)).reply_to_message is None


async def test_keyboards_are_as_telegram_takes_them(api: TelegramApi, bot: Bot) -> None:
    keyboard = ReplyKeyboardMarkup(
        [["Positions", "Halt"]], resize_keyboard=True, is_persistent=True,
        input_field_placeholder="Ask or trade",
    )  # fmt: skip
    sent = await bot.send_message(CHAT, "a", reply_markup=keyboard)
    markup = api.messages[sent.message_id].markup
    assert (markup.kind, markup.labels) == ("reply", [["Positions", "Halt"]])
    assert markup.options["input_field_placeholder"] == "Ask or trade"
    assert await refused(bot.edit_message_text("b", CHAT, sent.message_id)) == (
        "message can't be edited"
    )
    await bot.send_message(CHAT, "a", reply_markup=ReplyKeyboardRemove())
    await bot.send_message(CHAT, "a", reply_markup=ForceReply())
    kinds = [message.markup.kind for message in api.messages.values()]
    assert kinds == ["reply", "remove", "force"]
    long = ReplyKeyboardMarkup([["a"]], input_field_placeholder="x" * 65)
    await refused(bot.send_message(CHAT, "a", reply_markup=long))
    assert await refused(bot.send_message(CHANNEL, "a", reply_markup=keyboard)) == (
        "inline keyboard expected"
    )


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "a", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "a"}, "can't parse inline keyboard button: Text buttons are unallowed in the "
                        "inline keyboard"),
        ({"text": "a", "callback_data": ""}, "can't parse inline keyboard button: Text buttons are "
                                             "unallowed in the inline keyboard"),
        ({"callback_data": "a"}, 'can\'t parse inline keyboard button: Can\'t find field "text"'),
        ("a", "can't parse inline keyboard button: InlineKeyboardButton must be an Object"),
    ],
)  # fmt: skip
async def test_a_wrong_button_is_refused(api: TelegramApi, button: object, words: str) -> None:
    markup = {"inline_keyboard": [[button]]}
    found = await said(api, "sendMessage", text="a", reply_markup=markup)
    assert found == f"Bad Request: {words}"


async def test_refusals_are_worded_as_telegram_words_them(api: TelegramApi) -> None:
    html = {"text": "a <x>", "parse_mode": "HTML"}
    assert await said(api, "sendMessage", **html) == (
        'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 2'
    )
    assert await said(api, "sendMessage") == "Bad Request: message text is empty"
    assert await said(api, "sendMessage", text=" ") == "Bad Request: text must be non-empty"
    assert await said(api, "sendMessage", text="a" * 4097) == "Bad Request: message is too long"
    assert await said(api, "sendMessage", text="a", chat_id="") == "Bad Request: chat_id is empty"
    assert (
        await said(api, "answerCallbackQuery", callback_query_id="1") == f"Bad Request: {TOO_OLD}"
    )
    number = (await ask(api, "SENDMESSAGE", chat_id=CHAT, text="a")).json()["result"]["message_id"]
    again = await said(api, "editMessageText", message_id=number, text="a")
    assert again == f"Bad Request: {NOT_MODIFIED}"
    unknown = await ask(api, "flyToTheMoon")
    assert (unknown.status_code, unknown.json()) == (
        404, {"ok": False, "error_code": 404, "description": "Not Found: method not found"},
    )  # fmt: skip
    assert [call.status for call in api.called("sendMessage")] == [400] * 5


async def test_a_photo_is_kept_with_its_caption(api: TelegramApi, bot: Bot) -> None:
    sent = await bot.send_photo(
        CHAT, InputFile(PNG, "chart.png"), "<i>BTC</i>", parse_mode="HTML", reply_markup=KEYS
    )
    assert (sent.caption, sent.text) == ("BTC", None)
    assert (sent.photo[-1].width, sent.photo[-1].height) == (800, 600)
    assert api.messages[sent.message_id].photo == PNG
    again = await bot.send_photo(CHAT, sent.photo[-1].file_id)
    assert api.messages[again.message_id].photo == PNG
    edited = await bot.edit_message_caption(CHAT, sent.message_id, caption="ETH")
    assert not isinstance(edited, bool)
    assert (edited.caption, edited.reply_markup) == ("ETH", None)
    assert await refused(bot.edit_message_text("b", CHAT, sent.message_id)) == (
        "there is no text in the message to edit"
    )
    for photo, words in (
        (b"GIF89a", "IMAGE_PROCESS_FAILED"),
        (PNG[:16] + struct.pack(">II", 9_000, 100), "PHOTO_INVALID_DIMENSIONS"),
    ):
        assert (await refused(bot.send_photo(CHAT, photo))).lower() == words.lower()


# -- what is changed ---------------------------------------------------------------------------


async def test_edits_are_written_down_with_their_time(
    api: TelegramApi, bot: Bot, clock: FakeClock
) -> None:
    sent = await bot.send_message(CHAT, "one", reply_markup=KEYS)
    clock.advance(2)
    edited = await bot.edit_message_text("two", CHAT, sent.message_id)
    assert not isinstance(edited, bool)
    assert edited.edit_date is not None
    assert (edited.edit_date - sent.date).total_seconds() == 2
    clock.advance(1)
    await bot.edit_message_reply_markup(CHAT, sent.message_id, reply_markup=KEYS)
    kept = api.messages[sent.message_id]
    assert [(one.at, one.text, dict(one.buttons)) for one in kept.history] == [
        (0, "one", {"Approve": "a:1"}), (2, "two", {}), (3, "two", {"Approve": "a:1"}),
    ]  # fmt: skip
    assert (kept.edits, kept.text) == (2, "two")


async def test_what_cannot_be_edited(api: TelegramApi, bot: Bot) -> None:
    sent = await bot.send_message(CHAT, "one", reply_markup=KEYS)
    same = bot.edit_message_text("<b></b>one", CHAT, sent.message_id, parse_mode="HTML",
                                 reply_markup=KEYS)  # fmt: skip
    assert await refused(same) == NOT_MODIFIED.lower()
    await api.says("mine")
    assert await refused(bot.edit_message_text("a", CHAT, api.last_heard)) == (
        "message can't be edited"
    )
    for number, chat in ((999, CHAT), (sent.message_id, GROUP)):
        words = await refused(bot.edit_message_text("a", chat, number))
        assert words == "message to edit not found"
    assert await refused(bot.edit_message_caption(CHAT, sent.message_id, caption="a")) == (
        "there is no caption in the message to edit"
    )
    assert await bot.delete_message(CHAT, sent.message_id)
    assert await refused(bot.edit_message_text("a", CHAT, sent.message_id)) == (
        "message to edit not found"
    )
    assert await refused(bot.delete_message(CHAT, sent.message_id)) == "message to delete not found"
    assert (api.messages, api.world.deleted[sent.message_id].text) == ({}, "one")


async def test_a_message_of_two_days_ago_cannot_be_deleted(bot: Bot, clock: FakeClock) -> None:
    sent = await bot.send_message(CHAT, "one")
    clock.advance(2 * 86_400 + 1)
    assert await refused(bot.delete_message(CHAT, sent.message_id)) == "message can't be deleted"


# -- who may be written to ---------------------------------------------------------------------


async def test_chats_that_do_not_take_a_message(api: TelegramApi, bot: Bot) -> None:
    api.add_person(7, "Bob", private="unstarted")
    api.add_person(8, "Gone", private="deactivated")
    api.add_chat(Chat(-900, "group", "Old", trouble="migrated", migrated_to=FORUM))
    api.add_chat(Chat(-901, "group", "Out", trouble="kicked"))
    api.add_chat(Chat(-902, "supergroup", "Left", trouble="left"))
    await api.blocks()
    expected = {
        CHAT: "Forbidden: bot was blocked by the user",
        7: "Forbidden: bot can't initiate conversation with a user",
        8: "Forbidden: user is deactivated",
        OTHER_BOT: "Forbidden: the bot can't send messages to the bot",
        -901: "Forbidden: bot was kicked from the group chat",
        -902: "Forbidden: bot is not a member of the supergroup chat",
    }
    for chat, words in expected.items():
        assert await refused(bot.send_message(chat, "a"), Forbidden) == words
        assert await refused(bot.send_chat_action(chat, "typing"), Forbidden) == words
    for unknown in (12345, "@nobody", EVE):
        assert await refused(bot.send_message(unknown, "a")) == "chat not found"
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(-900, "a")
    assert moved.value.new_chat_id == FORUM
    assert (await bot.send_message("@kit_signals", "a")).chat.id == CHANNEL
    await api.blocks(unblocks=True)
    await bot.send_message(CHAT, "a")
    changes = await bot.get_updates(allowed_updates=[])
    assert [change.my_chat_member is not None for change in changes] == [True, True]


async def test_a_forum_has_topics(api: TelegramApi, bot: Bot) -> None:
    sent = await bot.send_message(FORUM, "a", message_thread_id=2)
    assert (sent.message_thread_id, sent.is_topic_message, sent.chat.is_forum) == (2, True, True)
    assert api.messages[sent.message_id].thread == 2
    for chat, topic in ((FORUM, 1), (FORUM, 9), (CHAT, 2)):
        words = await refused(bot.send_message(chat, "a", message_thread_id=topic))
        assert words == "message thread not found"
    assert (await bot.send_message(GROUP, "a", message_thread_id=2)).message_thread_id is None


# -- menus, actions, presses -------------------------------------------------------------------


async def test_menus_are_kept_by_scope(api: TelegramApi, bot: Bot) -> None:
    await bot.set_my_commands([("buy", "Buy something"), BotCommand("halt", "Stop")])
    here = BotCommandScopeChat(CHAT)
    await bot.set_my_commands([("sell", "Sell")], scope=here)
    assert [one.command for one in await bot.get_my_commands()] == ["buy", "halt"]
    assert [one.command for one in await bot.get_my_commands(here)] == ["sell"]
    await bot.delete_my_commands(here)
    assert await bot.get_my_commands(here) == ()
    unknown = bot.set_my_commands([("a", "b")], scope=BotCommandScopeChat(5))
    assert await refused(unknown) == "chat not found"
    assert await bot.set_chat_menu_button()
    assert (await bot.get_chat_menu_button()).type == "default"
    assert api.commands == ["sell"]


@pytest.mark.parametrize(
    ("command", "about", "words"),
    [
        ("Buy", "b", "BOT_COMMAND_INVALID"),
        ("buy-now", "b", "BOT_COMMAND_INVALID"),
        ("", "b", "command must be non-empty"),
        ("a" * 33, "b", "command length must not exceed 32"),
        ("a", " ", "command description must be non-empty"),
        ("a", "b" * 257, "command description length must not exceed 256"),
    ],
)
async def test_a_wrong_command_is_refused(bot: Bot, command: str, about: str, words: str) -> None:
    assert (await refused(bot.set_my_commands([(command, about)]))).lower() == words.lower()


async def test_a_hundred_commands_are_the_most(bot: Bot) -> None:
    assert await bot.set_my_commands([(f"c{n}", "b") for n in range(100)])
    with pytest.raises(BadRequest, match=r"(?i)bot_commands_too_much"):
        await bot.set_my_commands([(f"c{n}", "b") for n in range(101)])


async def test_a_press_is_answered_once_and_soon(
    api: TelegramApi, bot: Bot, clock: FakeClock
) -> None:
    sent = await bot.send_message(CHAT, "one", reply_markup=KEYS)
    query = await api.press(sent.message_id, "Approve")
    (update,) = await bot.get_updates()
    pressed = update.callback_query
    assert pressed is not None
    assert (pressed.id, pressed.data, pressed.from_user.id) == (query, "a:1", CHAT)
    assert pressed.message is not None
    assert pressed.message.is_accessible
    assert await bot.answer_callback_query(query, "Sent")
    assert await refused(bot.answer_callback_query(query)) == TOO_OLD.lower()
    assert await refused(bot.answer_callback_query("17")) == TOO_OLD.lower()
    late = await api.press(sent.message_id, "Approve")
    clock.advance(api.methods.query_life + 1)
    assert await refused(bot.answer_callback_query(late)) == TOO_OLD.lower()
    assert api.presses == {query: "Sent"}
    await bot.delete_message(CHAT, sent.message_id)
    await api.press_data(sent.message_id, "a:1")
    press = (await bot.get_updates())[-1].callback_query
    assert press is not None
    assert press.message is not None
    assert not press.message.is_accessible


async def test_who_the_bot_is_and_what_it_is_doing(api: TelegramApi, bot: Bot) -> None:
    assert (await bot.get_me()).username == "kit_test_bot"
    await bot.send_chat_action(CHAT, "typing")
    assert api.methods.actions == [(CHAT, "typing")]
    words = await refused(bot.send_chat_action(CHAT, "dancing"))
    assert words == "wrong parameter action in request"
    assert (await bot.get_chat(GROUP)).title == "Traders"
    assert await refused(bot.get_chat(5)) == "chat not found"
    stranger = a_bot(api, "123456:another")
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()
