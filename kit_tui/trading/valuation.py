"""What an account is worth: balances at fresh prices, with everything doubtful flagged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from kit_tui.domain.errors import KitError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import ONE, ZERO, Price
from kit_tui.domain.orders import Order, OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.portfolio import Balance, Holding, Portfolio
from kit_tui.domain.position import MarkedPosition
from kit_tui.domain.risk import TradingStatus
from kit_tui.risk.picture import Picture
from kit_tui.state.slices import TICKERS
from kit_tui.trading.account import TradingAccount

BRIDGES = ("USDT", "USDC", "USD", "EUR", "BTC")


class Valuation:
    """The newest valuation of one account. `refresh` asks the venue; the rest only looks.

    `reconciled` is set by reconciliation and `unexplained` while balances differ from what flows
    and fills add up to: until orders and money agree, equity counts as only partly known.
    """

    def __init__(self, account: TradingAccount) -> None:
        self._account = account
        self.balances: tuple[Balance, ...] = ()
        self.markets: Mapping[Pair, Market] = {}
        self.rates: dict[str, Decimal] = {}
        self.portfolio: Portfolio | None = None
        self.positions: tuple[MarkedPosition, ...] = ()
        self.reconciled = False
        self.unexplained = False
        self.problem = ""
        self._doubtful: set[str] = set()
        self._tickers: dict[Pair, Ticker] = {}
        self._answered = False

    async def refresh(self) -> None:
        """Fetch balances and price them. A failure keeps the old figures and flags them."""
        balances, problem = self.balances, ""
        try:
            self.markets = await self._account.market.markets()
            balances = tuple(await self._account.exchange.fetch_balances())
            self._answered = True
        except KitError as error:
            problem = error.message
        rates, doubtful = await self._price(balances)
        # All at once: others look at this account while prices are on their way.
        self.balances, self.problem, self.rates, self._doubtful = balances, problem, rates, doubtful
        self.positions = self._marked_positions()
        if self._answered:
            self.portfolio = self._valued()

    async def quote(self, pair: Pair) -> Ticker | None:
        """The quote an order is priced and bounded by: as new as the venue gives it now."""
        try:
            found = await self._account.market.ticker(pair)
        except KitError:
            return await self.ticker(pair)
        self._tickers[pair] = found
        return found

    async def ticker(self, pair: Pair) -> Ticker | None:
        """The newest quote: the store's if it is fresh enough to trade on, else a new one."""
        known = self._known(pair)
        if known is not None and self.is_fresh(known):
            return known
        try:
            known = await self._account.market.ticker(pair)
        except KitError:
            return known
        self._tickers[pair] = known
        return known

    def _known(self, pair: Pair) -> Ticker | None:
        """The newest quote at hand, the feed's or our own."""
        published = self._account.store.get(TICKERS) or {}
        quotes = [t for t in (published.get(pair), self._tickers.get(pair)) if t is not None]
        return max(quotes, key=lambda ticker: ticker.received_at, default=None)

    def is_fresh(self, ticker: Ticker) -> bool:
        limit = self._account.settings.risk_manager.max_price_age_s
        return -limit <= ticker.age(self._account.clock.now()) <= limit

    def picture(self, status: TradingStatus, pair: Pair | None, ticker: Ticker | None) -> Picture:
        """The account as the risk manager needs it for an order in `pair`."""
        ledger, name = self._account.ledger, self._account.name
        return Picture(
            now=self._account.clock.now(),
            status=status,
            portfolio=self.portfolio,
            positions=self.positions,
            working=tuple(self._account.open_orders()),
            frozen=frozenset(ledger.frozen_pairs(name)),
            rates=self.rates,
            market=self.markets.get(pair) if pair is not None else None,
            ticker=ticker,
            barriers=self._account.trust.barriers(),
        )

    @property
    def is_agreed(self) -> bool:
        """Whether the venue answered and agrees with our books."""
        return self.reconciled and not self.unexplained and not self.problem

    def free(self, currency: str) -> Decimal:
        """What the venue says is free of a currency."""
        return sum((b.free for b in self.balances if b.currency == currency), ZERO)

    async def quote_rate(self, currency: str) -> None:
        """Make sure that the rate of a quote currency is known, where it can be."""
        if currency in self.rates:
            return
        found = await self._rate_of(currency, set())
        if found is not None:
            self.rates = {**self.rates, currency: found}

    async def _price(self, balances: Sequence[Balance]) -> tuple[dict[str, Decimal], set[str]]:
        """Rates of everything held, owed or worked, and the currencies whose price is old."""
        ledger, name = self._account.ledger, self._account.name
        positions = ledger.open_positions(name)
        currencies = {b.currency for b in balances if b.total > 0}
        currencies |= {p.pair.quote for p in positions}
        currencies |= {o.pair.quote for o in self._account.open_orders()}
        rates: dict[str, Decimal] = {}
        doubtful: set[str] = set()
        for currency in sorted(currencies | {self._account.settings.reference}):
            rate = await self._rate_of(currency, doubtful)
            if rate is not None:
                rates[currency] = rate
        for position in positions:
            await self.ticker(position.pair)
        return rates, doubtful

    async def _rate_of(self, currency: str, doubtful: set[str]) -> Decimal | None:
        """Worth of one unit in the reference currency, over one bridge at most; None if unknown."""
        reference = self._account.settings.reference
        if currency == reference:
            return ONE
        direct = await self._cross(currency, reference, currency, doubtful)
        if direct is not None:
            return direct
        for bridge in BRIDGES:
            if bridge in (currency, reference):
                continue
            first = await self._cross(currency, bridge, currency, doubtful)
            if first is None:
                continue
            second = await self._cross(bridge, reference, currency, doubtful)
            if second is not None:
                return first * second
        return None

    async def _cross(
        self, base: str, quote: str, priced: str, doubtful: set[str]
    ) -> Decimal | None:
        for pair, inverse in ((f"{base}/{quote}", False), (f"{quote}/{base}", True)):
            if pair not in self.markets:
                continue
            ticker = await self.ticker(Pair(pair))
            if ticker is None:
                continue
            if not self.is_fresh(ticker):
                doubtful.add(priced)
            return ONE / ticker.last if inverse else Decimal(ticker.last)
        return None

    def _valued(self) -> Portfolio:
        account, reference = self._account, self._account.settings.reference
        holdings = tuple(self._holding(balance) for balance in self.balances if balance.total > 0)
        equity = sum((h.value for h in holdings if h.value is not None), ZERO)
        whole = all(h.value is not None and not h.stale for h in holdings)
        marked = all(self._is_marked(position) for position in self.positions)
        book = account.book
        return Portfolio(
            account=account.name,
            reference=reference,
            equity=equity,
            cash=sum((h.total for h in holdings if h.currency == reference), ZERO),
            holdings=holdings,
            day_start_equity=book.day_start_equity,
            peak_equity=book.peak_equity,
            flow=book.flow_today,
            complete=whole and marked and self.is_agreed,
            as_of=account.clock.now(),
        )

    def _is_marked(self, held: MarkedPosition) -> bool:
        age = held.mark_age(self._account.clock.now())
        return age is not None and age <= self._account.settings.risk_manager.max_price_age_s

    def _holding(self, balance: Balance) -> Holding:
        rate = self.rates.get(balance.currency)
        return Holding(
            currency=balance.currency,
            venue=self._account.venue,
            total=balance.total,
            free=balance.free,
            price=rate,
            value=None if rate is None else balance.total * rate,
            stale=balance.currency in self._doubtful or bool(self.problem),
        )

    def _marked_positions(self) -> tuple[MarkedPosition, ...]:
        account = self._account
        working = account.open_orders()
        marked = []
        for position in account.ledger.open_positions(account.name):
            own = [o for o in working if o.pair == position.pair and o.side is Side.SELL]
            ticker = self._known(position.pair)
            marked.append(
                MarkedPosition(
                    position=msgspec.structs.replace(
                        position, stop_price=_stop_of(own), take_profit_price=_target_of(own)
                    ),
                    mark_price=ticker.last if ticker is not None else None,
                    mark_at=ticker.received_at if ticker is not None else None,
                )
            )
        return tuple(marked)


def _stop_of(working: Sequence[Order]) -> Price | None:
    stops = [o.stop_price for o in working if o.stop_price is not None]
    return max(stops, default=None)


def _target_of(working: Sequence[Order]) -> Price | None:
    targets = [o.price for o in working if o.type is OrderType.LIMIT and o.price is not None]
    return min(targets, default=None)
