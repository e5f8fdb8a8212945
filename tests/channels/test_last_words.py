"""What is said beside the conversation is kept nowhere, so a channel that stops says it first."""

from __future__ import annotations

from kit_tui.channels.transport import Heard
from kit_tui.gateway.people import Speaker
from tests.channels.fakes import Guests, running
from tests.servers.telegram_api import CHAT, OWNER, TelegramApi


async def test_who_is_paired_is_welcomed_though_the_channel_stops_at_once() -> None:
    ann = Speaker(channel="telegram", user=str(OWNER), chat=str(CHAT), name="Ann")
    async with TelegramApi() as api, running(api, guests=Guests(code="CODE")) as gateway:
        await api.until(lambda: "getUpdates" in api.calls)
        await gateway.channel.hear(Heard(speaker=ann, mark="u1", text="/start CODE"))
        await gateway.channel.stop()
        assert [text.partition(":")[0] for text in api.texts] == ["Paired, Ann"]
