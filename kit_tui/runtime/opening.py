"""Opens an engine's accounts: at the start, on first use, and again when a venue comes back."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import msgspec

from kit_tui.domain.errors import KitError, SettingsError, VenueError
from kit_tui.exchanges.venue_feed import VenueFeed
from kit_tui.gateway.account import Account
from kit_tui.gateway.key_forms import CHANNELS, SERVICES
from kit_tui.runtime.accounts import Shared, open_account, open_real_account, simulated_feed
from kit_tui.runtime.plans import DEMO, PAPER, RealAccount, keys_of, primary_of, real_accounts
from kit_tui.runtime.rounds import Round
from kit_tui.runtime.supervisor import Supervisor
from kit_tui.runtime.venues import MARKETS_S, Venues
from kit_tui.settings.credentials import Credentials
from kit_tui.settings.load import load_settings
from kit_tui.state.slices import SESSION

log = logging.getLogger(__name__)
# How long a start waits for the first answer of a venue before it goes on without.
FIRST_ROUND_S = 8.0


class Opening:
    """The accounts of one engine, each opened once.

    A real account opens without asking its venue anything: until its books agreed with the venue
    once it takes no entries. Paper and demo need prices first.
    """

    def __init__(
        self,
        shared: Shared,
        environ: Mapping[str, str],
        supervisor: Supervisor,
        *,
        retry_network_s: float,
    ) -> None:
        self._shared = shared
        self._environ = environ
        self._supervisor = supervisor
        self._retry_network_s = retry_network_s
        self._real = dict(real_accounts(shared.settings))
        self._venues = Venues(shared.settings, shared.clock)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._rounds: dict[str, Round] = {}
        self._polled: set[VenueFeed] = set()
        self._fingerprints: dict[str, str] = {}
        shared.gateway.opener = self.open
        if shared.gateway.keys is not None:
            shared.gateway.keys.on_changed.append(self.keys_changed)

    @property
    def names(self) -> tuple[str, ...]:
        """Every account there is, open or not."""
        return (*self._real, PAPER, DEMO)

    async def open(self, name: str, *, notice: str = "") -> Account:
        """The account with this name, opened on first use.

        Raises:
            KitError: for an unknown name, without keys, or when its first prices cannot be had.
        """
        known = self._shared.gateway.accounts
        async with self._locks[name]:
            if name in known:
                return known[name]
            if name not in (PAPER, DEMO):
                return await self._open_real(self._plan(name))
            shared = self._shared
            demo = name == DEMO
            venue = simulated_feed(shared) if demo else await self._venues.public_feed()
            try:
                account = await open_account(name, shared, venue, notice=notice)
            finally:
                await venue.close_if_unused()
            self._poll(venue)
            return account

    async def keys_changed(self, name: str) -> None:
        """Use an account's new keys from now on.

        Raises:
            KitError: when it cannot be opened with them; with the old ones it goes on then.
        """
        if name in SERVICES or name in CHANNELS:
            return
        gateway = self._shared.gateway
        before = gateway.accounts.get(name)
        async with self._locks[name]:
            plan = self._plan(name)
            credentials = await asyncio.to_thread(self._keys, plan)
            if self._fingerprints.get(credentials.fingerprint) == name:
                return
            account = await self._open_with(plan, credentials)
        if before is not None:
            await before.close()
        gateway.conversation.system_said(
            f"The {name} account is open with the key {credentials.fingerprint}.",
            account=account.name,
        )

    async def start(self, first: str | None, *, told: bool) -> None:
        """Open every account of the settings; `first` comes first, else the most real one.

        Without any live prices the demo account opens, with the reason. `told` is an engine that
        lives long: it waits for the first account only, and what kept others from opening goes
        into the conversation. A single command waits for all and shows it with its answer.

        Raises:
            KitError: when the account that was asked for cannot be opened.
        """
        gateway = self._shared.gateway
        wanted, problems = first or primary_of(self._shared.settings, self._real), list[str]()
        if wanted not in (PAPER, DEMO):
            try:
                await self.open(wanted)
            except KitError as error:
                if first is not None:
                    raise
                problems.append(str(error))
        if wanted not in gateway.accounts:
            wanted = await self._paper_or_demo(told=told)
        gateway.make_primary(wanted)
        tried = {wanted, first or primary_of(self._shared.settings, self._real)}
        rest = [n for n in (*self._real, PAPER) if n not in tried and n not in gateway.accounts]
        if wanted == DEMO:
            rest = [name for name in rest if name != PAPER]  # waits for the network already
        if told:
            for name in rest:
                self._supervisor.spawn(f"open {name}", partial(self._open_later, name))
        else:
            problems += filter(None, await asyncio.gather(*map(self._attempt, rest)))
        self._tell(problems, told=told)
        waits = [wanted] if told else list(self._rounds)
        await asyncio.gather(*map(self._first_round, waits))

    # -- inside ------------------------------------------------------------------------------

    def _plan(self, name: str) -> RealAccount:
        """The account as the settings say; those written since the start count too."""
        if name not in self._real:
            with suppress(SettingsError):
                fresh = load_settings(self._shared.locations, self._environ)
                self._real = {**real_accounts(fresh), **self._real}
        if name not in self._real:
            raise KitError(
                f"There is no account {name[:30]!r}.", hint=f"There are {', '.join(self.names)}."
            )
        return self._real[name]

    async def _open_real(self, plan: RealAccount) -> Account:
        return await self._open_with(plan, await asyncio.to_thread(self._keys, plan))

    async def _open_with(self, plan: RealAccount, credentials: Credentials) -> Account:
        twin = self._fingerprints.get(credentials.fingerprint)
        if twin is not None:
            raise KitError(
                f"The {plan.name} account has the same key as {twin} and is left out.",
                hint=f"Give it a key of its own: kit connect {plan.name}.",
            )
        exchange = self._venues.exchange(plan, credentials)
        venue = self._venues.feed_of(plan, exchange)
        account, round_ = open_real_account(plan, credentials, self._shared, venue, exchange)
        self._fingerprints = {f: n for f, n in self._fingerprints.items() if n != plan.name}
        self._fingerprints[credentials.fingerprint] = plan.name
        self._rounds[plan.name] = round_
        self._supervisor.spawn(f"begin {plan.name}", partial(self._begin, account, round_))
        return account

    def _keys(self, plan: RealAccount) -> Credentials:
        keeper = self._shared.gateway.keys
        return keys_of(plan, self._environ, keeper.vault if keeper is not None else None)

    async def _begin(self, account: Account, round_: Round) -> None:
        """Have the first poll know what to ask for, where the venue answers at all."""
        with suppress(KitError, TimeoutError):
            await asyncio.wait_for(account.market.markets(), MARKETS_S)
        round_.watch()
        self._poll(account.market.venue)
        account.market.poll_now()

    def _poll(self, venue: VenueFeed) -> None:
        if venue not in self._polled:
            self._polled.add(venue)
            self._supervisor.spawn(f"feed {venue.source.name}", venue.run)

    async def _first_round(self, name: str) -> None:
        if name in self._rounds:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rounds[name].first.wait(), FIRST_ROUND_S)

    async def _attempt(self, name: str) -> str:
        """Open one account more; a sentence when that does not work."""
        try:
            await self.open(name)
        except VenueError as error:
            log.warning("the %s account has no prices: %s", name, error)
        except KitError as error:
            return str(error)
        return ""

    async def _open_later(self, name: str) -> None:
        problem = await self._attempt(name)
        self._tell([problem] if problem else [], told=True)
        if name == PAPER and PAPER not in self._shared.gateway.accounts and not problem:
            await self._until_paper_opens()

    def _tell(self, problems: list[str], *, told: bool) -> None:
        gateway = self._shared.gateway
        if not problems:
            return
        if told:
            for problem in problems:
                gateway.conversation.system_said(problem, account=gateway.primary)
            return
        store = gateway.accounts[gateway.primary].store
        session = store.get(SESSION)
        if session is not None:
            notice = " ".join([*([f"{session.notice}."] if session.notice else []), *problems])
            store.publish(SESSION, msgspec.structs.replace(session, notice=notice))

    # -- paper, or the simulator until there are prices ----------------------------------------

    async def _paper_or_demo(self, *, told: bool) -> str:
        """Open paper on live prices, or demo with the reason why; returns which.

        `told` puts the reason into the conversation as well, for the people on channels; a single
        command says it itself.
        """
        try:
            await self.open(PAPER)
        except VenueError as error:
            log.warning("no live prices: %s", error)
            notice = f"{error.message.rstrip('.')}: simulated prices, demo account"
            await self.open(DEMO, notice=notice)
            if told:
                self._shared.gateway.conversation.system_said(f"{notice}.", account=DEMO)
            self._supervisor.spawn("wait for the network", self._wait_for_network)
            return DEMO
        return PAPER

    async def _until_paper_opens(self) -> None:
        while True:
            await self._shared.clock.sleep(self._retry_network_s)
            try:
                await self.open(PAPER)
            except VenueError as error:
                log.info("still no live prices: %s", error)
            else:
                return

    async def _wait_for_network(self) -> None:
        """Try the venue until it answers, then move everyone who follows to live prices."""
        await self._until_paper_opens()
        gateway = self._shared.gateway
        gateway.make_primary(PAPER)
        gateway.conversation.system_said(
            f"{self._shared.settings.default_exchange} answers again. Live prices and the paper "
            "account are back; the demo account keeps what it holds.",
            account=PAPER,
        )
