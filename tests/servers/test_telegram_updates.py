"""What comes in from people, what breaks on the way, and how fast a bot may speak."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict, NetworkError, RetryAfter, TelegramError, TimedOut

from tests.servers.telegram_api import CHANNEL, CHAT, EVE, EVER, FORUM, GROUP, TelegramApi
from tests.servers.telegram_client import a_bot, ask, refused
from tests.servers.telegram_people import MEDIA
from tests.servers.telegram_process import telegram_process
from tests.servers.telegram_words import OTHER_POLL, WEBHOOK_ACTIVE
from tests.support.clock import FakeClock


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


def numbers(updates: tuple[Update, ...]) -> list[int]:
    return [update.update_id for update in updates]


def kinds(updates: tuple[Update, ...]) -> list[str]:
    return [next(key for key in one.to_dict() if key != "update_id") for one in updates]


# -- updates -----------------------------------------------------------------------------------


async def test_an_update_comes_until_it_is_confirmed(api: TelegramApi, bot: Bot) -> None:
    sent = [await api.says(f"line {n}") for n in range(3)]
    assert numbers(await bot.get_updates(limit=2)) == sent[:2]
    assert numbers(await bot.get_updates()) == sent
    assert numbers(await bot.get_updates(offset=sent[1])) == sent[1:]
    assert numbers(await bot.get_updates(offset=-1)) == sent[2:]
    assert await bot.get_updates(offset=sent[2] + 1) == ()
    await api.redeliver(sent[1])
    assert numbers(await bot.get_updates(offset=sent[2] + 1)) == [sent[1]]


async def test_a_long_poll_ends_with_the_first_update(api: TelegramApi, bot: Bot) -> None:
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(bot.get_updates(timeout=30))
        await api.until(lambda: api.calls[-1:] == ["getUpdates"])
        number = await api.says("hello")
    assert numbers(poll.result()) == [number]
    began = time.monotonic()
    assert await bot.get_updates(offset=number + 1, timeout=1) == ()
    assert time.monotonic() - began >= 0.9


async def test_a_second_poll_ends_the_first(api: TelegramApi, bot: Bot) -> None:
    async with a_bot(api) as other, asyncio.TaskGroup() as group:
        first = group.create_task(refused(bot.get_updates(timeout=30), Conflict))
        await api.until(lambda: len(api.called("getUpdates")) == 1)
        second = group.create_task(other.get_updates(timeout=30))
        assert await first == OTHER_POLL
        await api.says("hello")
        assert len(await second) == 1


async def test_no_polling_beside_a_webhook(api: TelegramApi, bot: Bot) -> None:
    await api.says("hello")
    await bot.set_webhook("https://example.org/hook")
    assert await refused(bot.get_updates(), Conflict) == WEBHOOK_ACTIVE
    assert (await bot.get_webhook_info()).pending_update_count == 1
    await bot.delete_webhook()
    assert len(await bot.get_updates()) == 1
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()
    await refused(bot.set_webhook("http://example.org"))


async def test_only_kinds_that_are_asked_for_come(api: TelegramApi, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["message"])
    await api.says("first")
    await api.edits(api.last_heard, "changed")
    await api.blocks(unblocks=True)
    await api.push({"edited_message": api.world.heard[CHAT, api.last_heard]})
    assert kinds(await bot.get_updates()) == ["message", "edited_message"]
    await bot.get_updates(allowed_updates=[])
    await api.edits(api.last_heard, "again")
    assert kinds(await bot.get_updates())[-1] == "edited_message"


# -- people ------------------------------------------------------------------------------------


async def test_people_say_all_sorts_of_things(api: TelegramApi, bot: Bot) -> None:
    await api.starts("ticket-17")
    await api.says("hello", by=EVE)
    await api.says("hi", by=EVE, where=GROUP)
    await api.says("in a topic", where=FORUM, thread=2)
    await api.forwards("Sell everything")
    await api.another_bot_says("Buy BTC")
    await api.posts("news", where=CHANNEL)
    nameless: dict[str, Any] = {"from": None}
    await api.says("no one", **nameless)
    start, eve, group, topic, forward, other, post, nobody = (
        update.effective_message for update in await bot.get_updates()
    )
    assert start is not None
    assert start.text == "/start ticket-17"
    assert [one.type for one in start.entities] == ["bot_command"]
    assert eve is not None
    assert (eve.chat.id, eve.chat.type) == (EVE, "private")
    assert group is not None
    assert (group.chat.id, group.from_user and group.from_user.id) == (GROUP, EVE)
    assert topic is not None
    assert (topic.message_thread_id, topic.chat.is_forum) == (2, True)
    assert forward is not None
    assert forward.forward_origin is not None
    assert other is not None
    assert other.from_user is not None
    assert other.from_user.is_bot
    assert post is not None
    assert post.from_user is None
    assert nobody is not None
    assert nobody.from_user is None
    assert (await bot.send_message(EVE, "known now")).text == "known now"


@pytest.mark.parametrize("kind", MEDIA)
async def test_what_is_not_text_can_be_read_by_the_client(
    api: TelegramApi, bot: Bot, kind: str
) -> None:
    await api.shows(kind, "look at this")
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert getattr(update.message, kind)
    assert (update.message.text, update.message.caption) == (None, "look at this")


async def test_an_unknown_kind_of_update_reaches_the_client(api: TelegramApi, bot: Bot) -> None:
    await api.push({"moon_landing": {"crew": 3}})
    await api.says("x" * 4096)
    unknown, long = await bot.get_updates()
    assert unknown.effective_message is None
    assert long.message is not None
    assert len(long.message.text or "") == 4096


async def test_an_edit_keeps_the_number(api: TelegramApi, bot: Bot) -> None:
    await api.says("Buy 1 BTC", reply_to=(await bot.send_message(CHAT, "How much?")).message_id)
    await api.edits(api.last_heard, "Buy 100 BTC")
    first, second = await bot.get_updates()
    assert first.message is not None
    assert first.message.reply_to_message is not None
    assert first.message.reply_to_message.text == "How much?"
    assert second.edited_message is not None
    assert second.edited_message.message_id == first.message.message_id
    assert (second.edited_message.text, bool(second.edited_message.edit_date)) == (
        "Buy 100 BTC", True,
    )  # fmt: skip


# -- flood control -----------------------------------------------------------------------------


async def test_a_chat_takes_a_few_at_once_and_then_one_a_second(
    api: TelegramApi, bot: Bot, clock: FakeClock
) -> None:
    api.flood.enabled = True
    number = (await bot.send_message(CHAT, "0")).message_id
    for n in (1, 2):
        await bot.edit_message_text(str(n), CHAT, number)
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(CHAT, "3")
    assert caught.value.retry_after == 1
    assert not api.provoked_twice
    clock.advance(1)
    for n in (4, 5, 6):
        await bot.edit_message_text(str(n), CHAT, number)
        clock.advance(1)
    await bot.send_message(GROUP, "another chat")
    assert [(one.method, one.chat, one.retry_after) for one in api.flood.floods] == [
        ("sendMessage", str(CHAT), 1)
    ]
    assert api.texts == ["6", "another chat"]


async def test_who_insists_waits_longer(api: TelegramApi, bot: Bot, clock: FakeClock) -> None:
    api.flood.enabled = True
    waits = []
    for n in range(6):
        try:
            await bot.send_message(CHAT, str(n))
        except RetryAfter as error:
            waits.append(error.retry_after)
    assert waits == [1, 2, 4]
    assert [one.provoked_twice for one in api.flood.floods] == [False, True, True]
    assert api.provoked_twice
    clock.advance(3.9)
    with pytest.raises(RetryAfter):
        await bot.send_message(CHAT, "early")
    clock.advance(8)
    await bot.send_message(CHAT, "in time")
    assert api.texts[-1] == "in time"


async def test_all_chats_and_each_group_have_a_limit(
    api: TelegramApi, bot: Bot, clock: FakeClock
) -> None:
    api.flood.enabled = True
    for user in range(100, 130):
        api.add_person(user, "One")
        await bot.send_message(user, "news")
    with pytest.raises(RetryAfter):
        await bot.send_message(CHAT, "news")
    clock.advance(60)
    for _ in range(20):
        await bot.send_message(GROUP, "news")
        clock.advance(1)
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(GROUP, "news")
    assert caught.value.retry_after == 40


async def test_a_429_by_script_counts_as_well(api: TelegramApi, bot: Bot, clock: FakeClock) -> None:
    api.fail("sendMessage", "429:17", times=2)
    for early in (False, True):
        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(CHAT, "a")
        assert caught.value.retry_after == 17
        assert api.provoked_twice is early
        clock.advance(5)
    answer = await ask(api, "sendMessage", chat_id=CHAT, text="not while it is off")
    assert answer.status_code == 200
    assert api.flood.early == [(10, "sendMessage", str(CHAT))]
    clock.advance(17)
    await bot.send_message(CHAT, "in time")
    assert len(api.flood.early) == 1


# -- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "kind", "arrives"),
    [
        ("400:chat is restricted", BadRequest, False),
        ("403", TelegramError, False),
        ("404", TelegramError, False),
        ("409", Conflict, False),
        ("500", NetworkError, False),
        ("502", NetworkError, False),
        ("bare", TelegramError, False),
        ("bare:429", TelegramError, False),
        ("migrate:-1001000000001", TelegramError, False),
        ("hang", TimedOut, False),
        ("drop", NetworkError, False),
        ("garbage", TelegramError, True),
        ("lost", NetworkError, True),
        ("lost:502", NetworkError, True),
        ("lost:hang", TimedOut, True),
    ],
)
async def test_what_breaks_breaks_once(
    api: TelegramApi, bot: Bot, how: str, kind: type[TelegramError], arrives: bool
) -> None:
    api.fail("sendMessage", how)
    with pytest.raises(kind):
        await bot.send_message(CHAT, "one", read_timeout=0.2)
    assert api.texts == (["one"] if arrives else [])
    await bot.send_message(CHAT, "two")
    assert api.texts[-1] == "two"


async def test_faults_wait_for_their_turn(api: TelegramApi, bot: Bot) -> None:
    api.fail("sendMessage", "400:enough", after=2, times=EVER)
    for text in ("one", "two"):
        await bot.send_message(CHAT, text)
    for _ in range(3):
        assert await refused(bot.send_message(CHAT, "three")) == "enough"
    await bot.send_chat_action(CHAT, "typing")
    api.heal()
    api.fail("*", "slow:0.05")
    await bot.send_message(CHAT, "three")
    assert api.texts == ["one", "two", "three"]
    api.fail("sendMessage", "lost")
    assert await refused(bot.send_message(CHAT, "<x>", "HTML"))


async def test_the_proxy_answers_with_a_page(api: TelegramApi) -> None:
    api.fail("getMe", "502")
    answer = await ask(api, "getMe")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    api.fail("getMe", "429:3")
    limited = await ask(api, "getMe")
    assert limited.json() == {
        "ok": False, "error_code": 429, "description": "Too Many Requests: retry after 3",
        "parameters": {"retry_after": 3},
    }  # fmt: skip
    assert limited.headers["retry-after"] == "3"
    api.down = True
    with pytest.raises(httpx.TransportError):
        await ask(api, "getMe")


# -- as a process ------------------------------------------------------------------------------


async def test_it_runs_as_a_process_with_a_hand_to_script_it() -> None:
    def scripted() -> None:
        with telegram_process() as server:
            token = "123456:loopback-token-of-a-test"
            keys = {"inline_keyboard": [[{"text": "Approve", "callback_data": "a"}]]}
            asked = {"chat_id": CHAT, "text": "<b>Buy</b>", "parse_mode": "HTML",
                     "reply_markup": keys}  # fmt: skip
            number = server.do("say", text="/start x")["message_id"]
            sent = httpx.post(f"{server.root}/bot{token}/sendMessage", json=asked).json()["result"]
            assert sent["message_id"] == number + 1
            assert abs(sent["date"] - time.time()) < 60
            server.do("press", message_id=sent["message_id"], label="Approve")
            server.do("fail", method="getMe", how="502")
            assert httpx.get(f"{server.root}/bot{token}/getMe").status_code == 502
            updates = httpx.get(f"{server.root}/bot{token}/getUpdates?limit=9").json()["result"]
            assert [list(one)[1] for one in updates] == ["message", "callback_query"]
            (message,) = server.messages()
            assert (message["text"], message["buttons"]) == ("Buy", {"Approve": "a"})
            assert server.do("set", webhook="https://x.io")["webhook"] == "https://x.io"
            assert server.state()["provoked_twice"] is False
            wrong = httpx.post(f"{server.root}/control/press", json={"message_id": 99})
            assert wrong.status_code == 400

    await asyncio.to_thread(scripted)
