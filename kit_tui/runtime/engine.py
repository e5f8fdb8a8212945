"""The engine: everything that runs in the process which owns a home."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.pair import Pair
from kit_tui.gateway.account import Account
from kit_tui.gateway.gateway import Gateway
from kit_tui.gateway.key_forms import MODEL
from kit_tui.gateway.keys import KeyKeeper
from kit_tui.gateway.live import disarm_on_change
from kit_tui.gateway.local import LocalDesk
from kit_tui.gateway.model_turns import OpenModel
from kit_tui.gateway.server import SocketServer
from kit_tui.gateway.sessions import Sessions
from kit_tui.gateway.watchlist import SharedWatchlist
from kit_tui.runtime.accounts import Shared
from kit_tui.runtime.opening import Opening
from kit_tui.runtime.plans import DEMO
from kit_tui.runtime.services import testers
from kit_tui.runtime.supervisor import Supervisor
from kit_tui.runtime.venues import exchange_for
from kit_tui.settings.locations import Locations
from kit_tui.settings.model import Settings
from kit_tui.state.halt import TradingStateFile
from kit_tui.state.journal import Journal

if TYPE_CHECKING:
    from kit_tui.runtime.channels import Channels

log = logging.getLogger(__name__)
RETRY_NETWORK_S = 20.0
WARM_MODEL_S = 3.0
LOCAL_CHANNELS = frozenset({"terminal", "cli", "gateway"})
VERIFY_AFTER_S = 1.0
"""When the whole journal is read again: not while the first picture is being made."""


class Engine:
    """Owns the journal, the accounts, the gateway, the channels and the socket of one home."""

    def __init__(
        self,
        locations: Locations,
        settings: Settings,
        clock: Clock,
        environ: Mapping[str, str],
        *,
        retry_network_s: float = RETRY_NETWORK_S,
        verify_after_s: float = VERIFY_AFTER_S,
    ) -> None:
        self._locations = locations
        self._settings = settings
        self._clock = clock
        self._environ = environ
        self._retry_network_s = retry_network_s
        self._verify_after_s = verify_after_s
        self._supervisor = Supervisor(clock)
        self._opening: Opening | None = None
        self._server: SocketServer | None = None
        self._shared: Shared | None = None
        self._channels: Channels | None = None

    @property
    def gateway(self) -> Gateway:
        return self._ready.gateway

    @property
    def _ready(self) -> Shared:
        if self._shared is None:
            raise KitError("The engine is not running.")
        return self._shared

    async def start(
        self, *, demo: bool, serve_channels: bool = False, account: str | None = None
    ) -> None:
        """Open the journal, the accounts, the socket and, if asked, the channels.

        `account` comes first when it is given. Without network the engine starts on the simulator,
        says so, and moves to live prices by itself when the venue answers again.
        """
        journal = await Journal.open(self._locations.journal, self._clock)
        self._shared = self._share(journal)
        self.gateway.conversation.close_unanswered()
        try:
            self._opening = Opening(
                self._shared, self._environ, self._supervisor,
                retry_network_s=self._retry_network_s,
            )  # fmt: skip
            if demo:
                await self.account(DEMO)
            else:
                await self._opening.start(account, told=serve_channels)
            self._server = SocketServer(self._locations.socket, self.open_desk)
            await self._server.start()
        except BaseException:
            await self.stop()
            raise
        if serve_channels:
            self._channels = self._open_channels()
            self._supervisor.spawn("channels", self._channels.start)
            self._supervisor.spawn("model", self._begin_model)
            self._supervisor.spawn("verify the journal", self._verify_journal)

    async def stop(self) -> None:
        """Stop in order: the model's turns, requests, polls, channels, accounts, the journal.

        What fails to stop is logged and keeps nothing else from it.
        """
        shared = self._ready
        gateway = shared.gateway
        steps = [
            gateway.turns.stop,  # first, for a client may wait for the model
            *([self._server.stop] if self._server is not None else []),
            self._supervisor.stop,
            gateway.settle,
            self._channels.stop if self._channels is not None else gateway.stop_channels,
            *(account.close for account in gateway.accounts.values()),
            shared.journal.close,
        ]
        for step in steps:
            try:
                await step()
            except Exception:
                log.exception("a part of the engine did not stop cleanly")

    async def account(self, name: str) -> Account:
        """The account with this name, opened on first use.

        Raises:
            KitError: for an unknown name, without keys, or when its first prices cannot be had.
        """
        if self._opening is None:
            raise KitError("The engine is not running.")
        return await self._opening.open(name)

    async def open_desk(
        self,
        account: str | None,
        channel: str,
        on_close: Callable[[], Awaitable[None]] | None = None,
    ) -> LocalDesk:
        """A desk for a terminal or command line of this machine's user, who is the owner."""
        if channel not in LOCAL_CHANNELS:  # nobody passes for the phone, or for a guard
            raise KitError(f"No desk is opened on the channel {channel[:20]!r}.")
        if account is not None:
            await self.account(account)
        principal = Principal(
            channel=channel, user="local", name="you", role=Role.OWNER, local=True
        )
        return LocalDesk(self.gateway, principal, account=account, on_close=on_close)

    # -- inside ------------------------------------------------------------------------------

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
        gateway.keys = KeyKeeper(
            self._locations, self._environ, self._clock, exchange_for,
            testers=testers(self._locations, self._environ),
        )  # fmt: skip
        disarm_on_change(gateway)
        shared = Shared(
            locations=self._locations,
            settings=settings,
            clock=self._clock,
            journal=journal,
            trading_state=TradingStateFile(self._locations.trading_state),
            gateway=gateway,
        )
        self._offer_model(shared)
        return shared

    def _offer_model(self, shared: Shared) -> None:
        """Let the gateway open the model when it is first needed, and anew with another key."""
        turns = shared.gateway.turns

        async def opened() -> OpenModel:
            from kit_tui.runtime.model import open_model

            return await open_model(shared, self._environ)

        async def key_changed(name: str) -> None:
            if name == MODEL:
                await turns.forget()
                await turns.begin()

        turns.opener = opened
        if shared.gateway.keys is not None:
            shared.gateway.keys.on_changed.append(key_changed)

    async def _begin_model(self) -> None:
        """Load the model's client once the screen has settled; it takes a while to import."""
        await self._clock.sleep(WARM_MODEL_S)
        await self.gateway.turns.begin()

    async def _verify_journal(self) -> None:
        """Read the whole journal once; damage behind the snapshot halts trading and is told."""
        shared = self._ready
        await self._clock.sleep(self._verify_after_s)
        report = await shared.journal.verify_in_background()
        if report.ok:
            return
        where = "" if report.first_damage is None else f" at event {report.first_damage}"
        reason = f"the journal is damaged{where}: {report.problem}"
        for account in shared.gateway.accounts.values():
            await account.trading.halt(reason, by="K.I.T.")
        shared.gateway.conversation.system_said(
            f"Trading is halted: {reason}. See `kit journal verify`.",
            account=shared.gateway.primary, kind="halt",
        )  # fmt: skip

    def _open_channels(self) -> Channels:
        from kit_tui.runtime.channels import Channels

        channels = Channels(
            self.gateway, self._settings, self._locations, self._environ, self._clock
        )
        if self.gateway.keys is not None:
            self.gateway.keys.on_changed.append(channels.key_changed)
        return channels
