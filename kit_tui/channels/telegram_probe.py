"""Asks Telegram about a bot without listening in its place: who it is, and which chats it sees."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from kit_tui.channels.reach import PATIENCE_S, TokenRefusedError, UnreachedError, unreached
from kit_tui.gateway.key_forms import Tested
from kit_tui.settings.redaction import redact

if TYPE_CHECKING:
    from telegram import Bot

ADDRESS = "https://api.telegram.org"


class SeenChat(msgspec.Struct, frozen=True, kw_only=True):
    """A chat as the bot sees it; `kind` is private, group, supergroup or channel.

    `problem` is what Telegram said in place of it.
    """

    kind: str = ""
    problem: str = ""


class BotFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A bot: its name with the @, who else gets its messages, and the chats that were asked for."""

    named: str
    webhook: str
    chats: dict[int, SeenChat]


def build_bot(token: str, base_url: str | None) -> Bot:
    """The library's bot, on another Bot API server if there is one."""
    from telegram import Bot
    from telegram.request import HTTPXRequest

    # Below warnings the HTTP client writes every address, and the token is part of it.
    for library in ("httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # What it logs it also raises, and pages of HTML are no lines for a log.
    logging.getLogger("telegram").setLevel(logging.CRITICAL)
    if not base_url:
        return Bot(token)
    root = base_url.rstrip("/").removesuffix("/bot")
    return Bot(
        token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot",
        request=HTTPXRequest(connection_pool_size=8), get_updates_request=HTTPXRequest(),
    )  # fmt: skip


async def tried_token(token: str, base_url: str | None) -> Tested:
    """Whose token this is.

    Raises:
        TokenRefusedError: when Telegram does not know it.
        UnreachedError: when Telegram does not answer.
    """
    facts = await bot_facts(token, base_url)
    return Tested(named=facts.named)


async def bot_facts(
    token: str, base_url: str | None, chats: Sequence[int] = (), *, patience_s: float = PATIENCE_S
) -> BotFacts:
    """What Telegram tells of a bot. Its updates are never asked for: that would take them away.

    Raises:
        TokenRefusedError: when Telegram does not know the token.
        UnreachedError: when Telegram does not answer in time.
    """
    from telegram.error import Forbidden, InvalidToken, TelegramError

    address = base_url or ADDRESS
    bot = await asyncio.to_thread(build_bot, token, base_url)
    try:
        async with asyncio.timeout(patience_s):
            await bot.initialize()
            info = await bot.get_webhook_info()
            seen = {chat: await _seen(bot, chat) for chat in chats}
        return BotFacts(named=f"@{bot.username}", webhook=info.url, chats=seen)
    except (InvalidToken, Forbidden):  # the library's own words repeat the token
        raise TokenRefusedError(
            "Telegram refuses this token.",
            hint="@BotFather shows the one that works: /mybots, the bot, API Token.",
        ) from None
    except TimeoutError as error:
        raise UnreachedError(f"{unreached(address, error)}, {patience_s:g} s.") from None
    except TelegramError as error:
        raise UnreachedError(
            f"Telegram: {redact(unreached(address, error))}.",
            hint="Check the network, or channels.telegram.base_url if it is set.",
        ) from None
    finally:
        await bot.shutdown()


async def _seen(bot: Bot, chat: int) -> SeenChat:
    from telegram.error import BadRequest, Forbidden

    try:
        return SeenChat(kind=(await bot.get_chat(chat)).type)
    except (BadRequest, Forbidden) as error:
        return SeenChat(problem=error.message)
