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
from kit_tui.channels.telegram_intake import AGAIN_S, Intake
from kit_tui.channels.telegram_probe import build_bot
from kit_tui.channels.telegram_rivals import Rivals
from kit_tui.channels.text import Line
from kit_tui.channels.transport import Ear, Limits, Post, Pressed, Refused, Unreachable, Wait
from kit_tui.commands.command import Command
from kit_tui.domain.clock import Clock

if TYPE_CHECKING:
    from telegram import Bot, InlineKeyboardMarkup, ReplyKeyboardMarkup, Update

LONG_POLL_S = 25
PLACES = 1_000
STOP_S = 3.0
MENU = 100
_MEMBERS = frozenset({"member", "administrator", "creator"})
BEYOND = 8
"""So many ids after the newest known one are looked at for a post whose answer was lost,"""
LOOKED_FOR = 60
"""but no more than so many in all: each look counts as a post, and one a second may go out."""
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
        self._newest: dict[str, int] = {}
        self._answers = True
        self._rivals = Rivals(clock)

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
        waits, intake = Backoff(), Intake(lambda update: self._taken(update, ear))
        try:
            await self._until_it_works(ear, waits, lambda: self._greet(bot, menu, ear))
            self._bot = bot
            ear.state("up")
            while True:
                await self._until_it_works(ear, waits, lambda: self._poll(bot, intake))
                if not self._rivals.are_there:
                    ear.state("up")
        finally:
            self._bot = None
            intake.close()
            await self._leave(bot, intake.offset)

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

    async def _poll(self, bot: Bot, intake: Intake) -> None:
        if intake.is_waiting:
            await self._clock.sleep(AGAIN_S)
        # The first poll after a failure waits for nothing: that the line is up again shows at once.
        answers, self._answers = self._answers or self._rivals.are_there, False
        patient = answers and not intake.is_waiting
        updates = await bot.get_updates(
            offset=intake.offset, timeout=LONG_POLL_S if patient else 0,
            allowed_updates=["message", "edited_message", "callback_query", "my_chat_member"],
        )  # fmt: skip
        self._answers = True
        await intake.take(updates)

    async def _taken(self, update: Update, ear: Ear) -> Coroutine[Any, Any, None]:
        """Hand on one update; what to wait for until it need not be told again."""
        self._note_changes(update, ear)
        said = read_update(update, self._bot_name)
        if isinstance(said, Pressed):
            words = await ear.press(said)
            assert update.callback_query is not None  # noqa: S101 - it was a press
            await self._close_press(update.callback_query.id, words)
        elif said is not None:
            await ear.hear(said)
        return ear.kept(said.mark if said is not None else "")

    def _note_changes(self, update: Update, ear: Ear) -> None:
        """What an update tells of chats: the newest id, another name, that one is open again."""
        message, member = update.effective_message, update.my_chat_member
        if message is not None:
            self._saw(str(message.chat.id), message.message_id)
            to = getattr(message, "migrate_to_chat_id", None)
            if to is not None:
                ear.moved(str(message.chat.id), str(to))
        if member is not None and member.new_chat_member.status in _MEMBERS:
            ear.opened(str(member.chat.id))

    def _saw(self, chat: str, number: int) -> None:
        place = _numbered_with(chat)
        self._newest[place] = max(number, self._newest.pop(place, 0))
        if len(self._newest) > PLACES:  # anybody may put the bot into groups
            del self._newest[next(iter(self._newest))]

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
        from telegram.error import Conflict, TelegramError

        while True:
            try:
                await action()
            except TelegramError as error:
                state, detail, pause = trouble_of(error)
                if isinstance(error, Conflict):
                    self._rivals.met()
                ear.state(state, detail)
                await self._clock.sleep(pause or waits.next())
            except Exception:
                log.exception("an answer of Telegram could not be read")
                ear.state("degraded", "an answer could not be read")
                await self._clock.sleep(waits.next())
            else:
                if not self._rivals.are_there:
                    waits.reset()
                return

    async def _leave(self, bot: Bot, offset: int | None) -> None:
        """Confirm what was taken in, so that the next start does not get it again."""
        from telegram.error import TelegramError

        try:
            if offset is not None:
                async with asyncio.timeout(STOP_S):
                    await bot.get_updates(offset=offset, timeout=0, limit=1)
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
        self._saw(chat, sent.message_id)
        return str(sent.message_id)

    async def edit(self, chat: str, post_id: str, post: Post) -> None:
        """Change a post; one that reads so already is fine."""
        await self._edit(chat, post_id, post)

    async def _edit(self, chat: str, post_id: str, post: Post) -> bool:
        """Change a post; False when it read so already."""
        try:
            await self._tried(post, _changing(self._sender(), chat, int(post_id), post))
        except Refused as refusal:
            if is_not_modified(refusal):
                return False
            raise
        return True

    def newest(self, chat: str, known: str) -> str:
        """The newest id there, as far as is known: private chats and small groups share a count."""
        seen = self._newest.get(_numbered_with(chat), 0)
        return str(max(seen, int(known))) if known.isdigit() else str(seen or "")

    async def find(self, chat: str, post: Post, after: str) -> str | None:
        """Look at the ids after the last known one: only ours can be changed.

        Whichever can be is the post that is looked for, because nothing else was sent meanwhile.
        """
        if not after.isdigit():
            return None
        first, newest = int(after) + 1, int(self.newest(chat, after))
        for candidate in range(first, min(newest + BEYOND, int(after) + LOOKED_FOR) + 1):
            if candidate >= first + self.limits.burst:
                await self._clock.sleep(self.limits.every_s)
            if await self._is_there(chat, str(candidate), post):
                self._saw(chat, candidate)
                return str(candidate)
        return None

    async def _is_there(self, chat: str, candidate: str, post: Post) -> bool:
        while True:
            try:
                await self._edit(chat, candidate, post)
            except Refused:  # nobody's, somebody else's, or of another kind
                return False
            except Wait as pause:
                await self._clock.sleep(pause.seconds)
            else:
                return True

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
        """The quick keyboard, with the first note of this run to a person.

        A post that carries it can never be changed, nor found: it is none of the conversation.
        """
        from telegram import ReplyKeyboardMarkup

        if not self._keyboard or not post.note or chat in self._offered or not chat.isdigit():
            return None
        self._offered.add(chat)
        return ReplyKeyboardMarkup(self._keyboard, resize_keyboard=True, is_persistent=True)


def _numbered_with(chat: str) -> str:
    """What a chat's ids are counted with: supergroups and channels count for themselves."""
    return chat if chat.startswith("-100") else ""


def _changing(
    bot: Bot, chat: str, number: int, post: Post
) -> Callable[[str, str | None], Coroutine[Any, Any, Any]]:
    """The call that changes a post, of its text and how that is written."""
    if post.picture is not None:
        return lambda text, mode: bot.edit_message_caption(
            chat, number, caption=text, parse_mode=mode, reply_markup=_inline(post)
        )
    return lambda text, mode: bot.edit_message_text(
        text, chat_id=chat, message_id=number, parse_mode=mode, reply_markup=_inline(post),
        link_preview_options=_no_preview(),
    )  # fmt: skip


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
