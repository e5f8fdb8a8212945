"""The engine: everything that runs in the process which owns a home."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.pair import Pair
from kit_tui.gateway.account import Account
from kit_tui.gateway.gateway import Gateway
from kit_tui.gateway.local import LocalDesk
from kit_tui.gateway.server import SocketServer
from kit_tui.gateway.sessions import Sessions
from kit_tui.gateway.watchlist import SharedWatchlist
from kit_tui.runtime.accounts import DEMO, PAPER, Shared, open_account
from kit_tui.runtime.network import answers
from kit_tui.runtime.supervisor import Supervisor
from kit_tui.settings.locations import Locations
from kit_tui.settings.model import Settings
from kit_tui.state.halt import TradingStateFile
from kit_tui.state.journal import Journal

log = logging.getLogger(__name__)
RETRY_NETWORK_S = 20.0


class Engine:
    """Owns the journal, the accounts, the gateway, the channels and the socket of one home."""

    def __init__(
        self, locations: Locations, settings: Settings, clock: Clock, environ: Mapping[str, str]
    ) -> None:
        self._locations = locations
        self._settings = settings
        self._clock = clock
        self._environ = environ
        self._supervisor = Supervisor(clock)
        self._opening = asyncio.Lock()
        self._server: SocketServer | None = None
        self._shared: Shared | None = None

    @property
    def gateway(self) -> Gateway:
        return self._ready.gateway

    @property
    def _ready(self) -> Shared:
        if self._shared is None:
            raise KitError("The engine is not running.")
        return self._shared

    async def start(self, *, demo: bool, serve_channels: bool = False) -> None:
        """Open the journal, the first account, the socket and, if asked, the channels.

        Without network the engine starts on the simulator, says so, and moves to live prices by
        itself when the venue answers again.
        """
        journal = await Journal.open(self._locations.journal, self._clock)
        self._shared = self._share(journal)
        try:
            if demo:
                await self.account(DEMO)
            elif await answers(self._settings.default_exchange, self._base_url):
                await self.account(PAPER)
            else:
                await self._start_unplugged()
            self._server = SocketServer(self._locations.socket, self.open_desk)
            await self._server.start()
        except BaseException:
            await self.stop()
            raise
        if serve_channels:
            self._supervisor.spawn("channels", self._start_channels)

    async def stop(self) -> None:
        """Stop in order: no new requests, no polls, no channels, then the journal."""
        if self._server is not None:
            await self._server.stop()
        await self._supervisor.stop()
        shared = self._ready
        await shared.gateway.stop_channels()
        for account in shared.gateway.accounts.values():
            await account.close()
        await shared.journal.close()

    async def account(self, name: str, *, notice: str = "") -> Account:
        """The account with this name, opened on first use.

        Raises:
            KitError: for an unknown name, or when its first prices cannot be had.
        """
        if name not in (PAPER, DEMO):
            raise KitError(f"There is no account {name[:30]!r}.")
        async with self._opening:
            known = self.gateway.accounts.get(name)
            if known is not None:
                return known
            account = await open_account(name, self._ready, notice=notice)
            self._supervisor.spawn(f"feed {name}", account.market.run)
            return account

    async def open_desk(
        self,
        account: str | None,
        channel: str,
        on_close: Callable[[], Awaitable[None]] | None = None,
    ) -> LocalDesk:
        """A desk for a terminal or command line of this machine's user, who is the owner."""
        if account is not None:
            await self.account(account)
        principal = Principal(
            channel=channel, user="local", name="you", role=Role.OWNER, local=True
        )
        return LocalDesk(self.gateway, principal, account=account, on_close=on_close)

    # -- inside ------------------------------------------------------------------------------

    @property
    def _base_url(self) -> str | None:
        known = self._settings.exchanges.get(self._settings.default_exchange)
        return known.base_url if known else None

    def _share(self, journal: Journal) -> Shared:
        settings = self._settings
        watchlist = SharedWatchlist(
            journal, self._clock, tuple(Pair(name) for name in settings.watchlist)
        )
        gateway = Gateway(
            journal=journal,
            clock=self._clock,
            sessions=Sessions(self._clock, settings.state.session_ttl_s),
            watchlist=watchlist,
        )
        return Shared(
            locations=self._locations,
            settings=settings,
            clock=self._clock,
            journal=journal,
            trading_state=TradingStateFile(self._locations.trading_state),
            gateway=gateway,
        )

    async def _start_unplugged(self) -> None:
        venue = self._settings.default_exchange
        await self.account(
            DEMO, notice=f"{venue} cannot be reached: simulated prices, demo account"
        )
        self._supervisor.spawn("wait for the network", self._wait_for_network)

    async def _wait_for_network(self) -> None:
        """Try the venue until it answers, then move everyone who follows to live prices."""
        venue = self._settings.default_exchange
        while not await answers(venue, self._base_url):
            await self._clock.sleep(RETRY_NETWORK_S)
        await self.account(PAPER)
        self.gateway.make_primary(PAPER)
        self.gateway.conversation.system_said(
            f"{venue} answers again. Live prices and the paper account are back; "
            "the demo account keeps what it holds.",
            account=PAPER,
        )

    async def _start_channels(self) -> None:
        telegram = self._settings.channels.telegram
        if not telegram.enabled or not self._environ.get("KIT_TELEGRAM_BOT_TOKEN"):
            return
        from kit_tui.channels.telegram import TelegramChannel

        channel = TelegramChannel.from_settings(telegram, self._environ, self._clock)
        await self.gateway.add_channel(channel)
