"""Everything the screen asks of the desk, in the background: nothing here makes a key wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from kit_tui.domain.cards import ChartCard, Reply
from kit_tui.domain.errors import KitError
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import TradingState
from kit_tui.domain.ticket import OrderRequest, Ticket
from kit_tui.gateway.desk import Desk, Preview
from kit_tui.settings.redaction import redact
from kit_tui.state.slices import RISK
from kit_tui.state.store import StoreView

if TYPE_CHECKING:
    from kit_tui.tui.app import KitApp

log = logging.getLogger(__name__)

CLOSE_PATIENCE_S = 4.0
CHART_PATIENCE_S = 0.1
"""How long the first look at a desk waits for its candles, so that one paint shows everything."""


class DeskLink:
    """Owns the desk while the screen runs."""

    def __init__(self, app: KitApp, open_desk: Callable[[], Awaitable[Desk]]) -> None:
        self._app = app
        self._open_desk = open_desk
        self._tasks: set[asyncio.Task[Any]] = set()
        self._halt_wanted = False
        self._sending = 0
        self._store: StoreView | None = None
        self.desk: Desk | None = None
        self.opening = True
        self.furnished = asyncio.Event()
        """Set by the app once the screen can show a desk."""

    @property
    def store(self) -> StoreView | None:
        """The store, once there was a desk; after its engine is lost, what was last known."""
        return self._store

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Opening and closing

    def start(self) -> None:
        """Open the desk, beside the first paint; nothing of it is shown before that."""
        self._start(self._open())

    async def _open(self) -> None:
        try:
            desk = await self._open_desk()
        except Exception as error:
            log.exception("the desk could not be opened")
            await self.furnished.wait()
            self.opening = False
            self._app.desk_lost("no engine")
            self._app.main.chat.note(words_of(error))
            return
        self.desk, self._store = desk, desk.store
        if self._halt_wanted:
            self.halt()
        chart = self._start(self._watch_chart(desk, *self._app.first_chart(desk.store)))
        await asyncio.wait({chart}, timeout=CHART_PATIENCE_S)
        await self.furnished.wait()
        if self.desk is not desk:
            return  # lost already, and another is being opened
        self.opening = False
        self._app.call_later(self._app.desk_opened, desk)  # a fault in it is the app's to handle
        try:
            self._app.commands = await desk.commands()
        except Exception as error:
            log.exception("the commands could not be read")
            self._app.say(words_of(error), severity="warning")

    async def close(self) -> None:
        """Let go of the desk; gives up waiting after a few seconds."""
        for task in tuple(self._tasks):
            task.cancel()
        if self.desk is not None:
            desk, self.desk = self.desk, None
            try:
                await asyncio.wait_for(desk.close(), CLOSE_PATIENCE_S)
            except Exception:
                log.exception("the desk did not close in time")

    def check(self) -> None:
        """Notice a desk whose engine is gone, and open another: attached, or our own."""
        if self.desk is None or not self.desk.lost:
            return
        lost, self.desk = self.desk, None
        self._app.desk_lost("engine lost")
        self._app.say("The engine this screen was attached to has stopped; opening another.")
        self._start(lost.close())
        self._start(self._open())

    # Halt

    def halt(self) -> None:
        """Halt now. The screen says so before the engine has answered."""
        self._halt_wanted = True
        if self.desk is None:
            self._app.show_halting("HALT when the desk opens" if self.opening else "HALT not sent")
            return
        self._app.show_halting("HALT sent")
        if self._app.screen is not self._app.main:
            # A dialog dims the status row, so it is said in front of it as well.
            self._app.say("Halting all trading.", severity="warning")
        self._start(self._halt(self.desk))

    async def _halt(self, desk: Desk) -> None:
        try:
            reply = await desk.halt("F9 at the terminal")
        except Exception as error:
            log.exception("halt failed")
            self._app.show_halting("HALT NOT CONFIRMED")
            self._app.say(
                f"Halt was not confirmed: {words_of(error)}", severity="error", seconds=30
            )
            return
        self._halt_wanted = False
        self._app.show_halting("" if self._is_halted() else "HALT sent")
        if not reply.ok:
            self._app.show_halting("HALT NOT CONFIRMED")
            self._app.say(reply.text, severity="error", seconds=30)

    def _is_halted(self) -> bool:
        report = self.store.get(RISK) if self.store is not None else None
        return report is not None and report.status.state is TradingState.HALTED

    def halt_seen(self) -> None:
        """The risk report changed: once it says halted, it speaks for itself."""
        if self._app.halting and self._is_halted():
            self._app.show_halting("")

    # Conversation

    def send(self, text: str) -> None:
        """Send a message; the prompt is cleared and gets the text back if that fails."""
        chat = self._app.main.chat
        if self.desk is None:
            self._app.say("The desk is still opening; the text stays here.", severity="warning")
            return
        chat.prompt.remember(text)
        chat.prompt.put("")
        self._sending += 1
        chat.thinking(True, text)
        self._start(self._send(self.desk, text))

    async def _send(self, desk: Desk, text: str) -> None:
        chat = self._app.main.chat
        problem: Exception | None = None
        try:
            outcome = await desk.send(text)  # the conversation brings the answer
            self._show_chart(outcome.reply)
        except Exception as error:
            log.exception("sending failed")
            problem = error
        self._sending -= 1
        if not self._sending:
            chat.thinking(False)
        if problem is not None:
            if not chat.prompt.text:
                chat.prompt.put(text)
            chat.note(words_of(problem))

    def _show_chart(self, reply: Reply) -> None:
        """Turn the chart pane to what was asked for here; other people's charts leave it alone."""
        for card in reply.cards:
            if isinstance(card, ChartCard):
                self._app.show_chart(card.pair, card.timeframe)

    def interrupt(self) -> None:
        """Break off the model's turn; orders and commands under way go on."""
        if self.desk is not None:
            self._start(self._interrupt(self.desk))

    async def _interrupt(self, desk: Desk) -> None:
        try:
            self._app.main.chat.work.stop_taken(await desk.interrupt())
        except Exception as error:
            log.exception("breaking off failed")
            self._app.main.chat.work.stop_failed()
            self._app.main.chat.note(words_of(error))

    # Tickets

    def answer(self, ticket: Ticket, approve: bool, typed: str = "") -> None:
        """Approve or reject exactly the ticket that was shown; `typed` is its pair."""
        if self.desk is not None:
            self._start(self._answer(self.desk, ticket, approve, typed))

    async def _answer(self, desk: Desk, ticket: Ticket, approve: bool, typed: str) -> None:
        chat = self._app.main.chat
        try:
            if approve:
                outcome = await desk.approve(ticket.id, ticket.hash, typed)
            else:
                outcome = await desk.reject(ticket.id)
        except Exception as error:
            log.exception("answering a ticket failed")
            chat.card.answer_failed(ticket.id)
            chat.note(words_of(error))
            return
        if not outcome.reply.ok:
            chat.card.answer_failed(ticket.id)

    # Orders

    async def preview(self, request: OrderRequest) -> Preview:
        """The verdict on a request; a failure is a preview that says why."""
        if self.desk is None:
            return Preview(problem="The desk is not open.")
        try:
            return await self.desk.preview(request)
        except Exception as error:
            log.exception("the preview failed")
            return Preview(problem=words_of(error))

    def propose(self, request: OrderRequest) -> None:
        """Put up a ticket from the form."""
        if self.desk is not None:
            self._start(self._propose(self.desk, request))

    async def _propose(self, desk: Desk, request: OrderRequest) -> None:
        try:
            await desk.propose(request)
        except Exception as error:
            log.exception("proposing failed")
            self._app.main.chat.note(words_of(error))

    # Chart

    def watch_chart(self, pair: Pair, timeframe: str) -> None:
        """Keep a chart's candles fresh."""
        if self.desk is not None:
            self._start(self._watch_chart(self.desk, pair, timeframe))

    async def _watch_chart(self, desk: Desk, pair: Pair, timeframe: str) -> None:
        try:
            await desk.watch_chart(pair, timeframe)
        except Exception as error:
            log.exception("watching %s failed", pair)
            self._app.say(f"{pair} {timeframe}: {words_of(error)}", severity="warning")


def words_of(error: Exception) -> str:
    """An error as a person reads it, without any secret in it."""
    text = redact(str(error))
    if isinstance(error, KitError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
