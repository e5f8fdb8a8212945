"""Telegram: one person's private chat as a second window on the conversation.

Long polling through python-telegram-bot against the Bot API, or another server that speaks it.
What waits to be sent during an outage is kept in memory only: it does not survive a restart.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kit_tui.channels.base import Backoff
from kit_tui.channels.telegram_access import Gatekeeper, Press, Words
from kit_tui.channels.telegram_heard import HeardUpdates
from kit_tui.channels.telegram_sender import Change, Outgoing, Sender, retry_after_seconds
from kit_tui.channels.telegram_tickets import TicketButtons
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError, SettingsError
from kit_tui.domain.message import Message, Principal, Role, Speaker
from kit_tui.domain.ticket import Ticket
from kit_tui.gateway.channel import ChannelGateway
from kit_tui.state.slices import Connection, ConnectionState

if TYPE_CHECKING:
    from telegram import Bot, Update
    from telegram.ext import Application

TOKEN_VARIABLE = "KIT_TELEGRAM_BOT_TOKEN"  # noqa: S105 - the variable's name, not a token
LONG_POLL_S = 25
STOP_S = 3.0
COMMANDS = (
    ("positions", "Open positions"),
    ("portfolio", "Equity and holdings"),
    ("profit", "What was earned: /profit 7d"),
    ("trades", "Closed trades"),
    ("orders", "Working orders"),
    ("risk", "Limits and how far each is used"),
    ("price", "A price: /price BTC"),
    ("analyze", "An analysis: /analyze ETH"),
    ("reduce", "Open nothing new"),
    ("halt", "Halt trading at once"),
    ("help", "What can be asked"),
)
TEXT_ONLY = "K.I.T. reads text only."
NOT_OPEN = "This ticket is no longer open."
log = logging.getLogger(__name__)


class TelegramConfig(Protocol):
    """The settings of the channel, as `settings.channels.telegram` has them."""

    @property
    def base_url(self) -> str | None: ...
    @property
    def chat_id(self) -> int | None: ...
    @property
    def user_id(self) -> int | None: ...
    @property
    def approve_live(self) -> bool: ...


class TelegramChannel:
    """The conversation on Telegram, with buttons on tickets."""

    name = "telegram"

    def __init__(
        self,
        *,
        token: str,
        chat_id: int | None,
        clock: Clock,
        user_id: int | None = None,
        base_url: str | None = None,
        approve_live: bool = False,
        heard: Path | None = None,
        make_nonce: Callable[[], str] = lambda: secrets.token_urlsafe(12),
    ) -> None:
        self.ignored: Counter[str] = Counter()
        self._token = token
        self._base_url = base_url
        self._clock = clock
        self._door = Gatekeeper(chat_id, user_id)
        self._buttons = TicketButtons(make_nonce, approve_live=approve_live)
        self._sender = Sender(chat_id or 0, self._buttons, clock, self._report)
        self._gateway: ChannelGateway | None = None
        self._running: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._bot: Bot | None = None
        self._approve_live = approve_live
        self._heard = HeardUpdates(heard, token, clock)
        self._offset = self._heard.read()
        self._state: ConnectionState = "connecting"
        self._detail = ""
        self._latency_ms: float | None = None
        self._reported: tuple[object, ...] = ()

    @classmethod
    def from_settings(
        cls,
        settings: TelegramConfig,
        environ: Mapping[str, str],
        clock: Clock,
        heard: Path | None = None,
    ) -> TelegramChannel:
        """A channel from the settings and the token in the environment.

        The file `heard` remembers what was taken in before a crash.

        Raises:
            SettingsError: when there is no token.
        """
        token = environ.get(TOKEN_VARIABLE, "").strip()
        if not token:
            raise SettingsError(f"{TOKEN_VARIABLE} is not set.", hint="BotFather gives the token.")
        return cls(
            token=token, chat_id=settings.chat_id, user_id=settings.user_id,
            base_url=settings.base_url, clock=clock, heard=heard,
            approve_live=settings.approve_live,
        )  # fmt: skip

    # -- the channel, as the gateway sees it ---------------------------------------------------

    async def start(self, gateway: ChannelGateway) -> None:
        """Begin to listen in the background; returns at once, whether Telegram answers or not."""
        self._gateway = gateway
        # Below warnings the HTTP client writes every address, and the token is part of it.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._set_state("connecting", "")
        self._running = asyncio.create_task(self._run(), name="telegram")
        self._running.add_done_callback(self._finished)

    async def stop(self) -> None:
        """Stop listening and sending; answers in progress get a moment to finish."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        # An answer that is on its way to a venue is not cut off for the sake of a quick exit.
        if self._tasks:
            _, late = await asyncio.wait(tuple(self._tasks), timeout=STOP_S)
            for task in late:
                task.cancel()
        self._set_state("off", "")

    async def deliver(self, message: Message) -> None:
        """Queue a message, unless it is what the person typed here."""
        typed_here = message.speaker is Speaker.PERSON and message.channel == self.name
        if typed_here or self._door.chat_id is None:
            return
        if not self._sender.outbox.put(Outgoing(message)):
            log.warning("the Telegram outbox is full; message %s is left out", message.id)
        if self._state != "up":
            self._report()

    async def ticket_changed(self, ticket: Ticket) -> None:
        """Take the buttons away and say who answered, or that it expired."""
        shown = self._buttons.end(ticket)
        if shown is not None:
            self._sender.outbox.put(Change(shown))

    # -- the connection ------------------------------------------------------------------------

    async def _run(self) -> None:
        application = await asyncio.to_thread(self._build)
        sending: asyncio.Task[None] | None = None
        try:
            await self._connect(application)
            self._bot = application.bot
            sending = asyncio.create_task(self._sender.run(application.bot), name="telegram send")
            await self._poll(application)
        finally:
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            await self._leave(application)

    def _build(self) -> Application[Any, Any, Any, Any, Any, Any]:
        from telegram import Update
        from telegram.ext import Application, TypeHandler

        builder = Application.builder().token(self._token).updater(None).job_queue(None)
        if self._base_url:
            root = self._base_url.rstrip("/").removesuffix("/bot")
            builder = builder.base_url(f"{root}/bot").base_file_url(f"{root}/file/bot")
        application = builder.build()
        application.add_handler(TypeHandler(Update, self._on_update))
        return application

    async def _connect(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Introduce ourselves until Telegram answers."""
        from telegram import BotCommand

        async def greet() -> None:
            started = self._clock.monotonic()
            await application.initialize()
            self._latency_ms = (self._clock.monotonic() - started) * 1000
            await application.bot.delete_webhook(drop_pending_updates=False)
            await application.bot.set_my_commands([BotCommand(*pair) for pair in COMMANDS])

        await self._until_it_works(greet, Backoff())

    async def _poll(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        waits = Backoff()

        async def once() -> None:
            updates = await application.bot.get_updates(
                offset=self._offset, timeout=LONG_POLL_S,
                allowed_updates=["message", "callback_query"],
            )  # fmt: skip
            if not updates:
                self._offset = None  # all is confirmed; numbers start anew after a quiet week
            for update in updates:
                self._offset = update.update_id + 1
                await self._heard.keep(self._offset)
                await application.process_update(update)

        while True:
            await self._until_it_works(once, waits)

    async def _until_it_works(
        self, action: Callable[[], Coroutine[Any, Any, None]], waits: Backoff
    ) -> None:
        """Repeat an exchange with Telegram, waiting longer each time, and keep the state true."""
        from telegram.error import RetryAfter, TelegramError

        while True:
            try:
                await action()
            except RetryAfter as error:
                self._set_state("degraded", "asked to wait")
                await self._clock.sleep(retry_after_seconds(error))
            except TelegramError as error:
                self._set_state(*_trouble(error))
                await self._clock.sleep(waits.next())
            except Exception:
                log.exception("an answer of Telegram could not be read")
                self._set_state("degraded", "an answer could not be read")
                await self._clock.sleep(waits.next())
            else:
                waits.reset()
                self._set_state("up", self._access_detail())
                return

    async def _leave(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Confirm what was taken in, so that the next start does not get it again."""
        from telegram.error import TelegramError

        self._bot = None
        try:
            if self._offset is not None:
                async with asyncio.timeout(STOP_S):
                    await application.bot.get_updates(offset=self._offset, timeout=0, limit=1)
        except (TelegramError, TimeoutError):
            log.info("Telegram did not confirm the last messages; they may come again")
        await application.bot.shutdown()

    # -- what comes in -------------------------------------------------------------------------

    async def _on_update(self, update: Update, _: object) -> None:
        """Hand on what the allowed person said; each on its own, so that none waits for another."""
        admitted = self._door.admit(update)
        if isinstance(admitted, str):
            self.ignored[admitted] += 1
            log.info("ignored a Telegram update: %s", admitted)
        elif isinstance(admitted, Words):
            self._spawn(self._said(admitted))
        else:
            self._spawn(self._pressed(admitted))

    async def _said(self, words: Words) -> None:
        gateway = self._gateway
        if gateway is None:
            return
        if not words.text:
            self._tell(TEXT_ONLY)
            return
        text = "/help" if words.text.strip() == "/start" else words.text
        try:
            await gateway.handle(self._principal(words), text)
        except KitError as error:
            self._tell(str(error))

    async def _pressed(self, press: Press) -> None:
        found = self._buttons.take(press.data)
        await self._close_press(press, NOT_OPEN if found is None else "")
        if found is None or self._gateway is None:
            return
        ticket, approve = found
        try:
            await self._gateway.answer(self._principal(press), ticket.id, ticket.hash, approve)
        except KitError as error:
            shown = self._buttons.put_back(ticket)
            if shown is not None:
                self._sender.outbox.put(Change(shown))
            self._tell(str(error))

    async def _close_press(self, press: Press, text: str) -> None:
        """End the waiting mark on the button; dead buttons disappear with it."""
        from telegram.error import TelegramError

        if self._bot is None:
            return
        try:
            await self._bot.answer_callback_query(press.query_id, text=text or None)
            if text and press.message_id is not None:
                await self._bot.edit_message_reply_markup(
                    self._door.chat_id, press.message_id, reply_markup=None
                )
        except TelegramError as error:
            log.info("a button press could not be confirmed: %s", type(error).__name__)

    def _principal(self, who: Words | Press) -> Principal:
        return Principal(
            channel=self.name, user=who.user, name=who.name, role=Role.TRADER,
            approves_live=self._approve_live,
        )  # fmt: skip

    def _tell(self, text: str) -> None:
        """Say something on this channel only, outside the conversation."""
        message = Message(
            id="", at=self._clock.now(), speaker=Speaker.SYSTEM, channel=self.name, principal="",
            name="kit", text=text, ok=False,
        )  # fmt: skip
        self._sender.outbox.put(Outgoing(message))

    # -- state ---------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="telegram")
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("Telegram work failed", exc_info=task.exception())
            self._set_state("degraded", "an internal error is in the log")

    def _access_detail(self) -> str:
        return "" if self._door.chat_id is not None else "closed: no chat_id is set"

    def _set_state(self, state: ConnectionState, detail: str) -> None:
        self._state, self._detail = state, detail
        self._report()

    def _report(self) -> None:
        """Tell the gateway how things stand, when that changed."""
        waiting = len(self._sender.outbox)
        state, detail = self._state, self._detail
        if state == "up" and self._sender.health.problem:
            state, detail = "degraded", f"sending fails: {self._sender.health.problem}"
        if state != "up" and waiting:
            detail = f"{detail}; {waiting} waiting" if detail else f"{waiting} waiting"
        now = (state, detail)
        if self._gateway is None or now == self._reported:
            return
        moment = self._clock.now()
        self._reported = now
        self._gateway.connection(
            Connection(
                name=self.name,
                kind="channel",
                state=state,
                latency_ms=self._latency_ms,
                since=moment,
                last_ok_at=moment if state == "up" else None,
                detail=detail,
            )
        )


def _trouble(error: Exception) -> tuple[ConnectionState, str]:
    """What an error means for the connection, without the token some errors repeat."""
    from telegram.error import Conflict, Forbidden, InvalidToken

    if isinstance(error, InvalidToken):
        return "down", f"the token in {TOKEN_VARIABLE} is not accepted"
    if isinstance(error, Conflict):
        return "degraded", "another program listens with the same bot"
    if isinstance(error, Forbidden):
        return "down", "Telegram forbids it"
    return "down", "not reachable"
