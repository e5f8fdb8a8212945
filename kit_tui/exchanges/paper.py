"""The paper exchange: a real venue in miniature, trading pretended money at a source's prices.

It keeps its own durable books and knows nothing of K.I.T.'s journal, so a crash between the two is
reconciled exactly as with a real venue. Resting orders are matched whenever anything is read, from
the candles since the last look, so a stop triggers even if nobody was there to see it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from kit_tui.domain.candles import Candles
from kit_tui.domain.clock import Clock, to_ms
from kit_tui.domain.errors import KitError, OrderRejectedError
from kit_tui.domain.market_data import OrderBook, PublicTrade, Ticker
from kit_tui.domain.orders import Fill, Mode, OrderType
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.portfolio import Balance
from kit_tui.exchanges.base import Exchange, MarketData, NewOco, NewOrder, VenueOrder
from kit_tui.exchanges.matching import Bar, Quote, Terms, is_wild, quote_from, sane_bars
from kit_tui.exchanges.paper_books import FeeCurrency, Fees, PaperBooks
from kit_tui.exchanges.paper_looks import bars_since, look_back, look_now
from kit_tui.exchanges.paper_rules import oco_legs, unknown_pair
from kit_tui.exchanges.paper_store import PaperLook, PaperStore

log = logging.getLogger(__name__)


class _View(msgspec.Struct, frozen=True, kw_only=True):
    """One market as it was fetched for a look, before the books are locked."""

    market: Market
    ticker: Ticker
    candles: Candles | None
    at_ms: int


class PaperExchange(Exchange):
    """Spot trading with pretended money. Accounts in one file are independent of each other.

    `cash` in `reference` is what a new account starts with. `fee` is the taker's, and the maker's
    unless `maker_fee` says otherwise. `look_seconds` is the least time between two looks at a
    market with resting orders.
    """

    has_oco = True
    has_post_only = True

    def __init__(
        self,
        source: MarketData,
        store_path: Path,
        clock: Clock,
        *,
        account: str,
        mode: Mode,
        cash: Decimal,
        reference: str = "USDT",
        fee: Decimal = Decimal("0.001"),
        slippage: Decimal = Decimal("0.0005"),
        maker_fee: Decimal | None = None,
        fee_in: FeeCurrency = "quote",
        terms: Terms | None = None,
        latency_ms: int = 0,
        look_seconds: float = 0.0,
    ) -> None:
        self.name = source.name
        self.account = account
        self.mode = mode
        self.source = source
        self._clock = clock
        self._terms = terms or Terms(slippage=slippage)
        self._fees = Fees(taker=fee, maker=fee if maker_fee is None else maker_fee, taken_in=fee_in)
        self._latency = latency_ms / 1000
        self._look_seconds = look_seconds
        self._looked_at: dict[Pair, float] = {}
        self._lock = asyncio.Lock()
        self._store = PaperStore(store_path, account)
        self._store.open_account(reference, cash, to_ms(clock.now()))
        self._books = PaperBooks(self._store, self._fees, self._terms)

    # -- market data, as the source has it ------------------------------------------------------

    async def open(self) -> None:
        await self.source.open()

    async def ping(self) -> None:
        await self.source.ping()

    async def load_markets(self) -> Mapping[Pair, Market]:
        return await self.source.load_markets()

    async def fetch_tickers(self, pairs: Sequence[Pair]) -> Mapping[Pair, Ticker]:
        return await self.source.fetch_tickers(pairs)

    async def fetch_candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        return await self.source.fetch_candles(pair, timeframe, limit)

    async def fetch_order_book(self, pair: Pair, depth: int = 5) -> OrderBook | None:
        return await self.source.fetch_order_book(pair, depth)

    async def fetch_trades(self, pair: Pair, limit: int = 20) -> Sequence[PublicTrade]:
        return await self.source.fetch_trades(pair, limit)

    async def close(self) -> None:
        """Close the books; the source belongs to whoever made it."""
        self._store.close()

    # -- the account ----------------------------------------------------------------------------

    async def create_order(self, order: NewOrder) -> VenueOrder:
        if self._latency:
            await self._clock.sleep(self._latency)
        async with self._lock:
            view = await self._view_for(order)
            with self._store.transaction():
                self._match_view(view)
                quote = quote_from(view.ticker, view.market, self._terms)
                entry = self._books.place(order, view.market, quote, view.at_ms)
                return self._store.report(entry)

    async def create_oco(self, oco: NewOco) -> tuple[VenueOrder, VenueOrder]:
        if self._latency:
            await self._clock.sleep(self._latency)
        async with self._lock:
            view = await self._view_for(oco_legs(oco)[0])
            with self._store.transaction():
                self._match_view(view)
                quote = quote_from(view.ticker, view.market, self._terms)
                target, stop = self._books.place_oco(oco, view.market, quote, view.at_ms)
                return self._store.report(target), self._store.report(stop)

    async def cancel_order(self, pair: Pair, client_id: str) -> VenueOrder:
        await self.match()
        with self._store.transaction():
            entry = self._store.find(client_id)
            if entry is None or entry.order.pair != pair:
                raise OrderRejectedError(
                    f"The venue has no order {client_id} in {pair}.", code="UNKNOWN_ORDER"
                )
            if entry.is_open:
                entry = self._books.cancel(entry, to_ms(self._clock.now()))
            return self._store.report(entry)

    async def find_order(self, pair: Pair, client_id: str) -> VenueOrder | None:
        await self.match()
        entry = self._store.find(client_id)
        if entry is None or entry.order.pair != pair:
            return None
        return self._store.report(entry)

    async def fetch_open_orders(self) -> Sequence[VenueOrder]:
        await self.match()
        return tuple(self._store.report(entry) for entry in self._store.open_orders())

    async def fetch_fills(self, since: datetime | None) -> Sequence[Fill]:
        await self.match()
        return self._store.fills(0 if since is None else to_ms(since))

    async def fetch_balances(self) -> Sequence[Balance]:
        await self.match()
        return self._store.balances()

    async def deposit(self, currency: str, amount: Decimal) -> None:
        """Pay in pretended money, or take it out when `amount` is negative.

        Raises:
            OrderRejectedError: when more is taken out than is free.
        """
        with self._store.transaction():
            free = {balance.currency: balance.free for balance in self._store.balances()}
            if free.get(currency, Decimal(0)) + amount < 0:
                raise OrderRejectedError(
                    f"Less than {-amount} {currency} is free.", code="INSUFFICIENT_FUNDS"
                )
            self._store.add(currency, amount)

    # -- matching -------------------------------------------------------------------------------

    async def match(self) -> None:
        """Let resting orders trade with what happened since the last look.

        A source that does not answer is no error here: the books stand as they are, and the next
        look covers the time that was missed.
        """
        async with self._lock:
            pairs = {e.order.pair for e in self._store.open_orders() if e.venue == self.name}
            due = [pair for pair in sorted(pairs) if self._is_due(pair)]
            for pair in due:
                try:
                    view = await self._view(pair)
                except KitError as error:
                    log.info("resting orders in %s wait for a price: %s", pair, error)
                    continue
                self._looked_at[pair] = self._clock.monotonic()
                with self._store.transaction():
                    self._match_view(view)

    def _is_due(self, pair: Pair) -> bool:
        looked = self._looked_at.get(pair, float("-inf"))
        return self._clock.monotonic() - looked >= self._look_seconds

    async def _view_for(self, order: NewOrder) -> _View:
        """The market an order is for; without a price nothing is taken, and that is proof."""
        try:
            return await self._view(order.pair, will_rest=order.type is not OrderType.MARKET)
        except OrderRejectedError:
            raise
        except KitError as error:
            raise OrderRejectedError(
                f"There is no price for {order.pair} to fill at.", code="NO_PRICE",
                hint=error.message,
            ) from error  # fmt: skip

    async def _view(self, pair: Pair, *, will_rest: bool = False) -> _View:
        markets = await self.source.load_markets()
        if pair not in markets:
            raise unknown_pair(pair, list(markets), self.name)
        now_ms = to_ms(self._clock.now())
        ticker = await self.source.fetch_ticker(pair)
        resting = any(entry.order.pair == pair for entry in self._store.open_orders())
        look = self._store.look(self.name, pair) if resting else None
        candles = None
        if resting or will_rest:
            candles = await self._candles_since(look, pair, now_ms)
        market = markets[pair]
        if market.venue != self.name:
            market = msgspec.structs.replace(market, venue=self.name)
        return _View(market=market, ticker=ticker, candles=candles, at_ms=now_ms)

    async def _candles_since(
        self, look: PaperLook | None, pair: Pair, now_ms: int
    ) -> Candles | None:
        wanted = look_back(now_ms if look is None else look.at_ms, now_ms)
        if wanted is None:
            return None
        try:
            return await self.source.fetch_candles(pair, *wanted)
        except KitError as error:
            log.info("no candles of %s since the last look: %s", pair, error)
            return None

    def _match_view(self, view: _View) -> None:
        """Match one market inside the transaction, and remember the look."""
        pair = view.market.pair
        before = self._store.look(self.name, pair)
        if before is not None and before.at_ms > view.at_ms:
            return  # another process has looked later than this
        if not self._books.working(view.market):
            if view.candles is not None:
                look = look_now(view.ticker.last, view.candles, view.at_ms)
                self._store.set_look(self.name, pair, look)
            return
        quote = quote_from(view.ticker, view.market, self._terms)
        if before is not None and self._is_unbelievable(before, quote):
            suspect = msgspec.structs.replace(before, suspect=quote.last)
            self._store.set_look(self.name, pair, suspect)
            return
        bars: tuple[Bar, ...] = ()
        if before is not None and view.candles is not None:
            # A move that was confirmed by a second look is real, so its candles are believed.
            reference = None if before.suspect is not None else before.last
            bars = bars_since(before, view.candles, view.at_ms)
            bars = sane_bars(bars, reference, self._terms)
        self._books.match(view.market, bars, quote, view.at_ms)
        if view.candles is not None or before is None:
            look = look_now(view.ticker.last, view.candles, view.at_ms)
            self._store.set_look(self.name, pair, look)

    def _is_unbelievable(self, before: PaperLook, quote: Quote) -> bool:
        """A price far from the last one is believed only when a second look confirms it."""
        if not is_wild(before.last, quote.last, self._terms):
            return False
        suspect = before.suspect
        return suspect is None or abs(quote.last - suspect) > suspect / 10
