"""Telegram: long polling through python-telegram-bot, against the Bot API or a server like it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from kit_tui.channels.backoff import Backoff
from kit_tui.channels.telegram_access import NAME, read_update
from kit_tui.channels.telegram_errors import failure_of, is_not_modified, trouble_of
from kit_tui.channels.telegram_html import LIMIT, as_html, as_plain, size
from kit_tui.channels.telegram_probe import build_bot
from kit_tui.channels.text import Line
from kit_tui.channels.transport import Ear, Gone, Limits, Post, Pressed, Refused, Unreachable
from kit_tui.commands.command import Command
from kit_tui.domain.clock import Clock

if TYPE_CHECKING:
    from telegram import Bot, InlineKeyboardMarkup, ReplyKeyboardMarkup

LONG_POLL_S = 25
STOP_S = 3.0
MENU = 100
LOOKED_FOR = 8
"""So many ids after the last known one are looked at for a post whose answer was lost."""
_COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")
log = logging.getLogger(__name__)


class TelegramTransport:
    """One bot. `keyboard` are rows of words that are offered below the text field."""

    name = NAME
    limits = Limits(text=LIMIT, every_s=1.0, burst=3)

    def __init__(
        self,
        token: str,
        clock: Clock,
        *,
        base_url: str | None = None,
        keyboard: Sequence[Sequence[str]] = (),
    ) -> None:
        self._token = token
        self._clock = clock
        self._base_url = base_url
        self._keyboard = keyboard
        self._offered: set[str] = set()
        self._bot: Bot | None = None
        self._bot_name = ""
        self._offset: int | None = None
        self._works = True

    def link(self, code: str) -> str:
        """The address that opens the chat and says the code; empty until Telegram was reached."""
        return f"https://t.me/{self._bot_name}?start={code}" if self._bot_name else ""

    def size(self, lines: list[Line]) -> int:
        """Length in UTF-16 units, as Telegram counts."""
        return size(lines)

    # -- listening -----------------------------------------------------------------------------

    async def run(self, ear: Ear, menu: tuple[Command, ...]) -> None:
        """Poll until cancelled; an outage is waited out."""
        bot = await asyncio.to_thread(build_bot, self._token, self._base_url)
        waits = Backoff()
        try:
            await self._until_it_works(ear, waits, lambda: self._greet(bot, menu, ear))
            self._bot = bot
            ear.state("up")
            while True:
                await self._until_it_works(ear, waits, lambda: self._poll(bot, ear))
                ear.state("up")
        finally:
            self._bot = None
            await self._leave(bot)

    async def _greet(self, bot: Bot, menu: tuple[Command, ...], ear: Ear) -> None:
        """Introduce ourselves and offer the menu."""
        from telegram import BotCommand

        started = self._clock.monotonic()
        await bot.initialize()
        self._bot_name = bot.username
        ear.state("connecting", latency_ms=(self._clock.monotonic() - started) * 1_000)
        await bot.delete_webhook(drop_pending_updates=False)
        offered = [c for c in menu if _COMMAND_NAME.fullmatch(c.name)][:MENU]
        await bot.set_my_commands([BotCommand(c.name, (c.help or c.name)[:256]) for c in offered])

    async def _poll(self, bot: Bot, ear: Ear) -> None:
        # After trouble one that is answered at once shows that it is over, words or none.
        updates = await bot.get_updates(
            offset=self._offset, timeout=LONG_POLL_S if self._works else 0,
            allowed_updates=["message", "edited_message", "callback_query"],
        )  # fmt: skip
        self._works = True
        if not updates:
            self._offset = None  # all is confirmed; numbers start anew after a quiet week
        for update in updates:
            self._offset = update.update_id + 1
            said = read_update(update, self._bot_name)
            if isinstance(said, Pressed):
                words = await ear.press(said)
                assert update.callback_query is not None  # noqa: S101 - it was a press
                await self._close_press(update.callback_query.id, words)
            elif said is not None:
                await ear.hear(said)

    async def _close_press(self, query_id: str, words: str) -> None:
        """Stop the button's spinner; nothing depends on it."""
        from telegram.error import TelegramError

        if self._bot is None:
            return
        try:
            await self._bot.answer_callback_query(query_id, text=words or None)
        except TelegramError as error:
            log.info("a press was not confirmed to Telegram: %s", type(error).__name__)

    async def _until_it_works(
        self, ear: Ear, waits: Backoff, action: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Repeat an exchange with Telegram, waiting longer each time, and keep the state true."""
        from telegram.error import TelegramError

        while True:
            try:
                await action()
            except TelegramError as error:
                state, detail, pause = trouble_of(error)
                self._works = False
                ear.state(state, detail)
                await self._clock.sleep(pause or waits.next())
            except Exception:
                log.exception("an answer of Telegram could not be read")
                ear.state("degraded", "an answer could not be read")
                await self._clock.sleep(waits.next())
            else:
                waits.reset()
                return

    async def _leave(self, bot: Bot) -> None:
        """Confirm what was taken in, so that the next start does not get it again."""
        from telegram.error import TelegramError

        try:
            if self._offset is not None:
                async with asyncio.timeout(STOP_S):
                    await bot.get_updates(offset=self._offset, timeout=0, limit=1)
        except (TelegramError, TimeoutError):
            log.info("Telegram did not confirm the last messages; they may come again")
        await bot.shutdown()

    # -- sending -------------------------------------------------------------------------------

    async def send(self, chat: str, post: Post) -> str:
        """Send a post; its id."""
        bot = self._sender()
        markup = _inline(post) or self._offer(chat, post)
        picture = post.picture
        if picture is not None:
            sent = await self._tried(
                post, lambda text, mode: bot.send_photo(
                    chat, picture, caption=text, parse_mode=mode, reply_markup=markup,
                    disable_notification=post.silent,
                ),
            )  # fmt: skip
        else:
            sent = await self._tried(
                post, lambda text, mode: bot.send_message(
                    chat, text, parse_mode=mode, reply_markup=markup,
                    disable_notification=post.silent, link_preview_options=_no_preview(),
                ),
            )  # fmt: skip
        return str(sent.message_id)

    async def edit(self, chat: str, post_id: str, post: Post) -> None:
        """Change a post; one that reads so already is fine."""
        await self._edit(chat, post_id, post)

    async def _edit(self, chat: str, post_id: str, post: Post) -> bool:
        """Change a post; False when it read so already."""
        bot = self._sender()
        try:
            await self._tried(
                post, lambda text, mode: bot.edit_message_text(
                    text, chat_id=chat, message_id=int(post_id), parse_mode=mode,
                    reply_markup=_inline(post), link_preview_options=_no_preview(),
                ),
            )  # fmt: skip
        except Refused as refusal:
            if is_not_modified(refusal):
                return False
            raise
        return True

    async def find(self, chat: str, post: Post, after: str) -> str | None:
        """Look at the ids after the last known one: only ours can be changed.

        Whichever can be is the post that is looked for, because nothing else was sent meanwhile.
        """
        if not after.isdigit() or post.picture is not None:
            return None
        for candidate in range(int(after) + 1, int(after) + 1 + LOOKED_FOR):
            try:
                await self._edit(chat, str(candidate), post)
            except Gone:
                continue
            except Refused:
                return None
            return str(candidate)
        return None

    async def typing(self, chat: str) -> None:
        """Show that an answer is being written."""
        from telegram.error import TelegramError

        try:
            if self._bot is not None:
                await self._bot.send_chat_action(chat, "typing")
        except TelegramError as error:
            log.debug("not shown as typing: %s", type(error).__name__)

    async def _tried(self, post: Post, call: Callable[[str, str | None], Any]) -> Any:
        """Make a call with HTML, and with plain text when Telegram cannot read our HTML."""
        from telegram.error import BadRequest, TelegramError

        try:
            try:
                return await call(as_html(post.lines), "HTML")
            except BadRequest as error:
                if "parse" not in error.message.lower():
                    raise
                log.warning("Telegram could not read our HTML: %s", error.message)
                return await call(as_plain(post.lines), None)
        except TelegramError as error:
            raise failure_of(error) from error

    def _sender(self) -> Bot:
        if self._bot is None:
            raise Unreachable("not connected")
        return self._bot

    def _offer(self, chat: str, post: Post) -> ReplyKeyboardMarkup | None:
        """The quick keyboard, with the first fitting post of this run to a person.

        A post that carries it can never be changed afterwards.
        """
        from telegram import ReplyKeyboardMarkup

        if not self._keyboard or post.grows or chat in self._offered or not chat.isdigit():
            return None
        self._offered.add(chat)
        return ReplyKeyboardMarkup(self._keyboard, resize_keyboard=True, is_persistent=True)


def _inline(post: Post) -> InlineKeyboardMarkup | None:
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup

    if not post.rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=b.data) for b in row] for row in post.rows]
    )


def _no_preview() -> Any:
    from telegram import LinkPreviewOptions

    return LinkPreviewOptions(is_disabled=True)
