"""The sending side of Telegram: one message after the other, kept until it is delivered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kit_tui.channels.base import Backoff, Outbox
from kit_tui.channels.telegram_cards import message_lines, open_tickets
from kit_tui.channels.telegram_text import Part, parts_of
from kit_tui.channels.telegram_tickets import Shown, TicketButtons
from kit_tui.domain.clock import Clock
from kit_tui.domain.message import Message, Speaker

if TYPE_CHECKING:
    from telegram import Bot

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outgoing:
    """A message to send. It is rendered when its turn comes; `parts` then says what is left."""

    message: Message
    parts: list[Part] | None = None
    shown: Shown | None = None


@dataclass(slots=True)
class Change:
    """A ticket's message to change."""

    shown: Shown


@dataclass(slots=True)
class Health:
    """How sending goes: the last error's words, empty when it works."""

    problem: str = ""
    dropped: int = 0
    waits: Backoff = field(default_factory=Backoff)


class Sender:
    """Delivers in order to one chat. An outage holds everything back; nothing overtakes.

    An attempt whose answer was lost is repeated, so a message may arrive twice when the line
    breaks at that moment; it is never left out.
    """

    def __init__(
        self, chat_id: int, buttons: TicketButtons, clock: Clock, changed: Callable[[], None]
    ) -> None:
        self.outbox: Outbox[Outgoing | Change] = Outbox()
        self.health = Health()
        self._chat_id = chat_id
        self._buttons = buttons
        self._clock = clock
        self._changed = changed

    async def run(self, bot: Bot) -> None:
        """Send whatever is put into the outbox, until cancelled."""
        while True:
            item = await self.outbox.head()
            wait = await self._attempt(bot, item)
            if wait is None:
                self.outbox.done()
                self._well()
            else:
                await self._clock.sleep(wait)

    async def _attempt(self, bot: Bot, item: Outgoing | Change) -> float | None:
        """Try once; the seconds to wait before the next try, None when the item is settled."""
        from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

        try:
            await (self._send(bot, item) if isinstance(item, Outgoing) else self._edit(bot, item))
        except RetryAfter as error:
            return retry_after_seconds(error)
        except (BadRequest, Forbidden) as error:
            # Trying again would be refused again, and must not hold up what comes after.
            self.health.dropped += 1
            log.warning("Telegram refused a message: %s", error.message)
            return None
        except TelegramError as error:
            self._ill(error)
        except Exception:
            self.health.dropped += 1
            log.exception("a message could not be written for Telegram; it is left out")
            return None
        else:
            return None
        return self.health.waits.next()

    async def _send(self, bot: Bot, item: Outgoing) -> None:
        if item.parts is None:
            now = self._clock.now()
            item.parts = parts_of(message_lines(item.message, now))
            tickets = open_tickets(item.message, now)
            if tickets and item.parts:
                item.shown = self._buttons.show(item.parts[-1], tickets)
        while item.parts:
            is_last = len(item.parts) == 1
            shown = item.shown if is_last else None
            silent = item.message.speaker is Speaker.PERSON
            sent = await self._send_part(bot, item.parts[0], shown, silent=silent)
            if shown is not None:
                shown.message_id = sent
            item.parts.pop(0)

    async def _send_part(self, bot: Bot, part: Part, shown: Shown | None, *, silent: bool) -> int:
        from telegram import LinkPreviewOptions
        from telegram.error import BadRequest

        keyboard = shown.keyboard() if shown else None
        text = shown.noted() if shown else part
        preview = LinkPreviewOptions(is_disabled=True)
        try:
            sent = await bot.send_message(
                self._chat_id, text.html, parse_mode="HTML", reply_markup=keyboard,
                disable_notification=silent, link_preview_options=preview,
            )  # fmt: skip
        except BadRequest as error:
            if "parse" not in error.message.lower():
                raise
            log.warning("Telegram could not read our HTML; sent as plain text: %s", error.message)
            sent = await bot.send_message(
                self._chat_id, text.plain, reply_markup=keyboard,
                disable_notification=silent, link_preview_options=preview,
            )  # fmt: skip
        return sent.message_id

    async def _edit(self, bot: Bot, item: Change) -> None:
        from telegram.error import BadRequest

        shown = item.shown
        if shown.message_id is None:  # it was refused or cut off before it was ever shown
            return
        text = shown.noted()
        for words, mode in ((text.html, "HTML"), (text.plain, None)):
            try:
                await bot.edit_message_text(
                    words, chat_id=self._chat_id, message_id=shown.message_id, parse_mode=mode,
                    reply_markup=shown.keyboard(),
                )  # fmt: skip
            except BadRequest as error:
                if "not modified" in error.message.lower():
                    return
                if mode is None or "parse" not in error.message.lower():
                    raise
            else:
                return

    def _ill(self, error: Exception) -> None:
        self.health.problem = type(error).__name__
        self._changed()

    def _well(self) -> None:
        self.health.waits.reset()
        if self.health.problem:
            self.health.problem = ""
            self._changed()


def retry_after_seconds(error: Exception) -> float:
    """How long a `RetryAfter` asks to wait, at least a second.

    The library is moving this attribute from numbers to timedelta; both are understood.
    """
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        value = getattr(error, "retry_after", 1)
    seconds = value.total_seconds() if hasattr(value, "total_seconds") else float(value)
    return max(1.0, seconds)
