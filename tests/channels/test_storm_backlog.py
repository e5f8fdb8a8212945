"""Words that waited while K.I.T. was off: told of, and not acted on, unless they halt."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from kit_tui.channels.signal_reading import Addresses, Versions, read_event
from kit_tui.channels.transport import Heard
from kit_tui.domain.clock import utc_from_ms
from kit_tui.domain.message import Principal, Role, Speaker
from kit_tui.domain.risk import TradingState
from kit_tui.gateway.channel import LateWords
from kit_tui.gateway.desk import Desk
from kit_tui.gateway.late import late_text
from kit_tui.runtime.open import open_desk
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import APPROVALS, CONVERSATION
from tests.channels.fakes import MirrorGateway, running
from tests.gateway.house import House, opened
from tests.servers.signal_book import ANN as SIGNAL_ANN
from tests.servers.signal_envelopes import data_message, envelope
from tests.servers.telegram_api import CHAT, TOKEN, TelegramApi
from tests.support.clock import EPOCH, FakeClock

DAY_S = 86_400
PHONE = Principal(channel="telegram", user="9", name="Ann's phone", role=Role.TRADER)
GUEST = Principal(channel="telegram", user="7", name="Guest", role=Role.VIEWER)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[TelegramApi]:
    async with TelegramApi(now=clock.monotonic) as server:
        yield server


def words(*texts: str, ago: float = 20 * 3_600) -> tuple[LateWords, ...]:
    at = EPOCH - timedelta(seconds=ago)
    return tuple(LateWords(text, at, f"u{number}") for number, text in enumerate(texts))


# -- a backlog at the start ----------------------------------------------------------------------


async def test_a_thousand_old_messages_are_told_of_in_a_few_and_none_is_acted_on(
    api: TelegramApi, clock: FakeClock
) -> None:
    for number in range(1_000):
        await api.says(f"buy {number}")
    clock.advance(DAY_S)
    async with running(api, clock) as gateway:
        await api.says("price of BTC")
        await gateway.until_heard(1)
        await api.until(lambda: not any("text" in u["message"] for u in api.updates.waiting))
        assert [text for _, text in gateway.heard] == ["price of BTC"]
        assert [text for batch in gateway.late for text in batch] == [
            f"buy {number}" for number in range(1_000)
        ]
        assert len(gateway.late) <= 20


async def test_words_of_the_last_minutes_are_acted_on(api: TelegramApi, clock: FakeClock) -> None:
    await api.says("old")
    clock.advance(200)
    await api.says("new")
    clock.advance(250)
    async with running(api, clock) as gateway:
        await gateway.until_heard(1)
        await api.until(lambda: "1 came late." in api.texts)
        assert [text for _, text in gateway.heard] == ["new"]
        assert gateway.late == [["old"]]


async def test_what_could_not_be_told_of_comes_again(
    api: TelegramApi, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is confirmed to Telegram only when whoever said it was told."""
    tell, failures = MirrorGateway.came_late, [1]

    async def fails_once(
        self: MirrorGateway, principal: Principal, said: tuple[LateWords, ...]
    ) -> None:
        if failures:
            failures.pop()
            raise OSError("no room")
        await tell(self, principal, said)

    monkeypatch.setattr(MirrorGateway, "came_late", fails_once)
    await api.says("buy")
    clock.advance(DAY_S)
    async with running(api, clock) as gateway:
        await api.until(lambda: "1 came late." in api.texts)
        assert gateway.late == [["buy"]]


async def test_old_words_do_not_answer_a_ticket_nor_stop_an_answer(
    api: TelegramApi, clock: FakeClock
) -> None:
    await api.says("/esc")
    clock.advance(DAY_S)
    async with running(api, clock) as gateway:
        await api.until(lambda: "1 came late." in api.texts)
        assert gateway.interrupted == []


# -- what the gateway says and does --------------------------------------------------------------


@asynccontextmanager
async def house(home: Path) -> AsyncIterator[House]:
    async with opened(home) as found:
        yield found


async def test_nothing_is_proposed_and_the_person_is_asked_again(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        await found.gateway.came_late(PHONE, words("Buy BTC for $100"))
        (told,) = found.gateway.conversation.recent
        assert told.text == (
            "This was read only now, 20 h late, and nothing was done about it:\n"
            "21 Nov 18:03 · Buy BTC for $100\n"
            "Say again what is still wanted. Times are UTC."
        )
        assert (told.principal, told.speaker) == (PHONE.key, Speaker.KIT)
        assert not found.account.store.get(APPROVALS)


@pytest.mark.parametrize("said", ["/halt", "/pause@kit_bot", "stop everything", "/kill"])
async def test_halting_is_never_too_late(tmp_path: Path, said: str) -> None:
    async with house(tmp_path) as found:
        await found.gateway.came_late(PHONE, words("Buy BTC for $100", said, "/resume"))
        assert found.account.trading.state.state is TradingState.HALTED
        last = found.gateway.conversation.recent[-1].text
        assert "Buy BTC" in last
        assert "/resume" in last
        assert said not in last


async def test_a_viewer_does_not_halt_late_either(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        await found.gateway.came_late(GUEST, words("/halt"))
        assert found.account.trading.state.state is TradingState.ACTIVE
        assert "/halt" in found.gateway.conversation.recent[-1].text


async def test_what_was_acted_on_in_time_is_not_told_as_missed_when_it_comes_again(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as found:
        await found.gateway.handle(PHONE, "price of BTC", "u0")
        before = len(found.gateway.conversation.recent)
        await found.gateway.came_late(PHONE, words("price of BTC"))
        assert len(found.gateway.conversation.recent) == before


def test_many_are_summed_up_and_secrets_stay_out() -> None:
    secret = "sk-ant-" + "api03-" + "A1b2C3d4" * 6
    said = words(*(f"buy {number}" for number in range(30)), secret, "x" * 5_000, "")
    told = late_text(said, EPOCH).split("\n")
    assert told[0].startswith("33 messages were read only now, the newest 20 h late")
    assert told[1] == "… and 23 before these"
    assert len(told) == 13
    assert secret not in "".join(told)
    assert told[-4].endswith("what looks like a secret, which was not kept")
    assert told[-3].endswith("5,000 characters")
    assert told[-2].endswith("something without text")


# -- the services' own times ---------------------------------------------------------------------


def test_signal_says_when_its_server_got_a_message_whatever_the_phone_thinks() -> None:
    when = 1_795_356_180_000
    said = envelope(SIGNAL_ANN, when, dataMessage=data_message(when, "buy"))
    said["serverReceivedTimestamp"] = when + 3_600_000
    heard = read_event({"envelope": said}, "", Addresses([]), Versions())
    assert isinstance(heard, Heard)
    assert heard.at == utc_from_ms(when + 3_600_000)
    del said["serverReceivedTimestamp"]
    said["timestamp"] = 10**18
    heard = read_event({"envelope": said}, "", Addresses([]), Versions())
    assert isinstance(heard, Heard)
    assert heard.at is None


# -- through the whole engine --------------------------------------------------------------------


@pytest.fixture
async def late_desk(tmp_path: Path) -> AsyncIterator[tuple[TelegramApi, Desk]]:
    async with TelegramApi() as server:
        for said in ("Buy BTC for $100", "sell everything"):
            await server.says(said, date=int(time.time()) - 20 * 3_600)
        environ = {"KIT_HOME": str(tmp_path / "home"), "KIT_TELEGRAM_BOT_TOKEN": TOKEN}
        locations = find_locations(environ)
        locations.ensure()
        locations.config_file.write_text(
            f'[channels.telegram]\nbase_url = "{server.root}"\nchat_id = {CHAT}\n', encoding="utf-8"
        )
        locations.deliveries.write_bytes(b"no database" * 1_000)
        desk = await open_desk(locations, demo=True, environ=environ)
        yield server, desk
        await desk.close()


async def test_orders_of_yesterday_become_no_tickets_and_a_damaged_file_is_named(
    late_desk: tuple[TelegramApi, Desk],
) -> None:
    api, desk = late_desk
    await api.until(lambda: any("2 messages were read only now" in text for text in api.texts))
    assert not desk.store.get(APPROVALS)
    spoken = [message.text for message in desk.store.get(CONVERSATION) or ()]
    assert any("was damaged and is kept as deliveries.damaged" in text for text in spoken)
    assert not any(message.buttons for message in api.messages.values())
    await api.says("Buy BTC for $100")
    await api.until(lambda: any(message.buttons for message in api.messages.values()))
