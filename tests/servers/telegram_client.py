"""The real client on the loopback Bot API, and a bare one that sees every word."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from telegram import Bot
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest

from tests.servers.telegram_api import CHAT, TOKEN, TelegramApi


def a_bot(api: TelegramApi, token: str = TOKEN) -> Bot:
    """The real client; start it with `async with`."""
    return Bot(
        token, base_url=f"{api.root}/bot", request=HTTPXRequest(read_timeout=2),
        get_updates_request=HTTPXRequest(read_timeout=2),
    )  # fmt: skip


async def refused(call: Any, kind: type[TelegramError] = BadRequest) -> str:
    """The words a call is refused with; the client makes all but the first letter small."""
    with pytest.raises(kind) as caught:
        await call
    words = caught.value.message
    return words.lower() if kind is BadRequest else words


async def ask(api: TelegramApi, method: str, **params: Any) -> httpx.Response:
    """A call by hand, as JSON."""
    async with httpx.AsyncClient(timeout=5) as client:
        return await client.post(f"{api.root}/bot{TOKEN}/{method}", json=params)


async def said(api: TelegramApi, method: str, **params: Any) -> str:
    """The description of a refusal, word for word; the chat is the owner's unless given."""
    answer = await ask(api, method, **{"chat_id": CHAT, **params})
    return str(answer.json()["description"])
