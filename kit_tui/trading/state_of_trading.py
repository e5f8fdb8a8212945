"""Halted, reducing or active: durable, shared by all accounts, lifted only by a person."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from kit_tui.domain.autonomy import Autonomy
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import JournalError, KitError
from kit_tui.domain.events import NoticeRecorded, TradingStateSet
from kit_tui.domain.risk import TradingState, TradingStatus
from kit_tui.state.halt import TradingStateFile
from kit_tui.state.journal import Journal

# Who restricts by itself has a name that ends so; the next day may lift what such a one set.
BY_GUARD = " guard"
SEVERITY = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}
log = logging.getLogger(__name__)


class StateOfTrading:
    """The trading state of the whole engine as one account sees it.

    The file is the truth: it is written before anything else happens and read again before every
    order, since another account may have halted. The journal keeps the history.
    """

    def __init__(self, file: TradingStateFile, journal: Journal, clock: Clock) -> None:
        self._file = file
        self._journal = journal
        self._clock = clock
        self._writing: set[asyncio.Task[None]] = set()
        self.status = file.read()
        if SEVERITY[journal.ledger.status.state] > SEVERITY[self.status.state]:
            # The file was lost or its last write did not arrive: the stricter one holds.
            self.status = journal.ledger.status
            self._keep(self.status)

    @property
    def state(self) -> TradingState:
        return self.status.state

    def refresh(self) -> TradingStatus:
        """Read the file again; what is stricter always counts, what is looser only if newer."""
        found = self._file.read()
        stricter = SEVERITY[found.state] > SEVERITY[self.status.state]
        newer = found.since is not None and (
            self.status.since is None or found.since >= self.status.since
        )
        if stricter or newer:
            self.status = found
        return self.status

    def restrict(self, state: TradingState, reason: str, by: str) -> bool:
        """Halt or reduce now. Durable in its own file; the journal follows when it can.

        What a guard has set becomes a person's when that one asks for the same. Returns False when
        the state was at least as strict already.
        """
        self.refresh()
        takes_over = self.status.by.endswith(BY_GUARD) and not by.endswith(BY_GUARD)
        if SEVERITY[state] < SEVERITY[self.status.state] + (not takes_over):
            return False
        self.status = TradingStatus(state=state, reason=reason, by=by, since=self._clock.now())
        self._keep(self.status)
        self._tell_lowered()
        self._journal_later()
        return True

    @property
    def raised(self) -> tuple[str, ...]:
        """Accounts that were raised above asking always; a halt lowers them all."""
        levels = self._journal.ledger.autonomy.items()
        return tuple(name for name, level in levels if level is not Autonomy.MANUAL)

    def _tell_lowered(self) -> None:
        now = self._clock.now()
        for account in self.raised:
            text = f"{account} asks before every order again: trading is {self.state.value}."
            notice = NoticeRecorded(kind="autonomy", text=text, account=account, at=now)
            try:
                self._journal.post(notice)
            except JournalError as error:
                log.warning("%s (not journalled: %s)", text, error.message)

    async def resume(self, reason: str, by: str) -> None:
        """Back to active; the journal knows it before the file does.

        Raises:
            KitError: when either cannot be written; trading then stays restricted.
        """
        await self.settle()
        status = TradingStatus(
            state=TradingState.ACTIVE, reason=reason, by=by, since=self._clock.now()
        )
        await self._journal.append(_event(status, self._clock.now()))
        try:
            self._file.write(status)
        except OSError as error:
            raise KitError(
                f"Trading stays {self.state.value}: its state cannot be written ({error.strerror})."
            ) from error
        self.status = status

    async def settle(self) -> None:
        """Wait until the journal has what it could take of state changes."""
        if self._writing:
            await asyncio.gather(*self._writing)

    def _keep(self, status: TradingStatus) -> None:
        try:
            self._file.write(status)
        except OSError:
            # Memory still holds the halt for this run, and the journal may hold it for the next.
            log.exception("the trading state could not be written")

    def _journal_later(self) -> None:
        task = asyncio.get_running_loop().create_task(
            self._journal_now(_event(self.status, self._clock.now()))
        )
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _journal_now(self, event: TradingStateSet) -> None:
        try:
            await self._journal.append(event)
        except KitError as error:
            log.warning("the journal did not take the trading state: %s", error.message)


def _event(status: TradingStatus, at: datetime) -> TradingStateSet:
    return TradingStateSet(state=status.state, reason=status.reason, by=status.by, at=at)
