"""Tells the day's report at a set time, to every channel and on the screen."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from kit_tui.domain.clock import Clock
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.periods import zone_named
from kit_tui.gateway.account import Account
from kit_tui.gateway.gateway import Gateway
from kit_tui.gateway.outcomes import guarded

LOOK_EVERY_S: Final = 20.0
"""The wall clock is looked at this often, so that neither a sleep of the machine nor a clock that
is put right makes it miss the time by much, or tell twice."""
LATEST: Final = timedelta(hours=1)
"""A report that is later than this is not told: the machine slept through it."""
COMMAND: Final = "report"
_BY = Principal(channel="kit", user="clock", name="kit", role=Role.OWNER, local=True)


class DailyReport:
    """One report a day for each account, at `at` by the clock of `timezone`."""

    def __init__(self, gateway: Gateway, clock: Clock, at: time, timezone: str) -> None:
        self._gateway = gateway
        self._clock = clock
        self._at = at
        self._zone = zone_named(timezone)

    async def run(self) -> None:
        """Tell until cancelled; today's is not told by a program that starts after it."""
        due = next_time(self._clock.now(), self._at, self._zone)
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            now = self._clock.now()
            if now < due:  # or the clock was put back: the same report stays due
                continue
            if now - due <= LATEST:
                await self._tell()
            due = next_time(now, self._at, self._zone)

    async def _tell(self) -> None:
        accounts = tuple(self._gateway.accounts.values())
        for account in accounts:
            await self._tell_of(account, alone=len(accounts) == 1)

    async def _tell_of(self, account: Account, *, alone: bool) -> None:
        command = account.registry.find(COMMAND)
        context = self._gateway.context(_BY, COMMAND, account)
        reply = await guarded(lambda: command.handler(context))
        title = "Report of the day" if alone else f"Report of the day, {account.name} account"
        text = f"{title}\n\n{reply.text}" if reply.text else title
        self._gateway.conversation.system_said(
            text, account=account.name, kind=COMMAND, reply=reply
        )


def next_time(now: datetime, at: time, zone: tzinfo) -> datetime:
    """When the clock of `zone` next shows `at`.

    On the day on which the clocks skip it, it is the moment they skip to.
    """
    today = now.astimezone(zone).date()
    ahead = (datetime.combine(today + timedelta(days=n), at, tzinfo=zone) for n in range(3))
    due = next(moment for moment in ahead if moment.timestamp() > now.timestamp())
    return due.astimezone(now.tzinfo)
