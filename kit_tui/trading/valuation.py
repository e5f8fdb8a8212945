"""What an account is worth: balances at fresh prices, with everything doubtful flagged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

import msgspec

from kit_tui.domain.errors import KeysRefusedError, KitError, UnknownPairError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import ONE, ZERO, Price
from kit_tui.domain.orders import Order, OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.portfolio import Balance, Holding, Portfolio
from kit_tui.domain.position import MarkedPosition, Position
from kit_tui.domain.risk import TradingStatus
from kit_tui.exchanges.base import VenuePosition
from kit_tui.risk.picture import Picture
from kit_tui.state.slices import TICKERS
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.levels import touch

BRIDGES = ("USDT", "USDC", "USD", "EUR", "BTC")
# How long a pair the venue does not know is not asked for again.
REST_S = 30.0


class Valuation:
    """The newest valuation of one account. `refresh` asks the venue; the rest only looks.

    `reconciled` is set by reconciliation, `unexplained` while balances differ from what flows and
    fills add up to, `unfollowed` while positions are not yet what the venue holds: until orders,
    positions and money agree, equity counts as only partly known. `contracts` are a margined
    account's positions as the venue reports them.

    A coin without a price is no reason to stop for ever. One that never had a price is left out
    and named in the account's trust. One that had, in a market that is not active any more, is
    carried at the last price known and flagged. Only a coin that should have a price now, and has
    none or an old one, makes equity incomplete.
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
        self.unfollowed = False
        self.contracts: Mapping[Pair, VenuePosition] = {}
        self.problem = ""
        self.has_answered = False
        self._doubtful: set[str] = set()
        self._last_rates: dict[str, Decimal] = {}
        self._tickers: dict[Pair, Ticker] = {}
        self._ask_again_at: dict[Pair, float] = {}

    async def refresh(self) -> None:
        """Fetch balances and price them. A failure keeps the old figures and flags them."""
        balances, problem = self.balances, ""
        try:
            self.markets = await self._account.market.markets()
            balances = await self._fetched_balances()
            self.has_answered = True
        except KitError as error:
            problem = error.message
        rates, doubtful = await self._price(balances)
        # All at once: others look at this account while prices are on their way.
        self.balances, self.problem, self.rates, self._doubtful = balances, problem, rates, doubtful
        self._last_rates.update(rates)
        self._note_delisted()
        self.positions = self._marked_positions()
        if self.has_answered:
            self.portfolio = self._valued()

    async def _fetched_balances(self) -> tuple[Balance, ...]:
        """Ask the venue, unless it keeps refusing the keys.

        Raises:
            KitError: when it did not answer.
        """
        account = self._account
        if account.trust.is_resting:
            raise KitError(account.trust.keys_refused)
        try:
            return tuple(await account.exchange.fetch_balances())
        except KeysRefusedError as error:
            account.trust.refuse_keys(error.message, reading=True)
            raise

    def _note_delisted(self) -> None:
        if self.markets:
            held = {p.pair for p in self._account.ledger.open_positions(self._account.name)}
            self._account.trust.set_delisted({pair for pair in held if not self._is_active(pair)})

    def _is_active(self, name: str) -> bool:
        market = cast("Mapping[str, Market]", self.markets).get(name)
        return market is not None and market.active

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
        now = self._account.clock.monotonic()
        if now < self._ask_again_at.get(pair, now):
            return known
        try:
            known = await self._account.market.ticker(pair)
        except UnknownPairError:
            self._ask_again_at[pair] = now + REST_S  # delisted: others must not wait for it
            return known
        except KitError:
            return known
        self._tickers[pair] = known
        return known

    def _known(self, pair: Pair) -> Ticker | None:
        """The newest quote at hand, the feed's or our own."""
        published = self._account.store.get(TICKERS) or {}
        quotes = [t for t in (published.get(pair), self._tickers.get(pair)) if t is not None]
        return max(quotes, key=lambda ticker: ticker.received_at, default=None)

    def touch(self, pair: Pair, side: Side) -> Price | None:
        """The price at hand that an order on this side would meet now; None when there is none."""
        known = self._known(pair)
        return touch(known, side) if known is not None else None

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
        explained = not self.unexplained and not self.unfollowed
        return self.reconciled and explained and not self.problem

    def total(self, currency: str) -> Decimal:
        """What the venue says the account holds of a currency."""
        return sum((b.total for b in self.balances if b.currency == currency), ZERO)

    def traded_coins(self) -> set[Pair]:
        """Markets of the coins that are held, against the reference currency."""
        names = (f"{b.currency}/{self._account.settings.reference}" for b in self.balances)
        return {Pair(name) for name in names if self._is_active(name)}

    def difference(self, currency: str) -> Decimal:
        """What the venue holds of a currency beyond what flows and fills add up to."""
        return self.total(currency) - self._account.book.balances.get(currency, ZERO)

    def mark(self, pair: Pair) -> Price | None:
        """The newest price of a pair at hand; None when there is none."""
        known = self._known(pair)
        if known is not None:
            return known.last
        return self.contracts[pair].mark_price if pair in self.contracts else None

    def rate_between(self, currency: str, other: str) -> Decimal | None:
        """What one unit of a currency is worth in another; None when either has no price."""
        first, second = self.known_rate(currency), self.known_rate(other)
        return first / second if first is not None and second else None

    def known_rate(self, currency: str) -> Decimal | None:
        """What one unit is worth in the reference currency now, else by the last price known."""
        if currency == self._account.settings.reference:
            return ONE
        return self.rates.get(currency) or self._last_rate(currency)

    def _last_rate(self, currency: str) -> Decimal | None:
        """The last rate known: of this run, of the books, else what a position in it cost."""
        account = self._account
        found = self._last_rates.get(currency) or account.book.rates.get(currency)
        if found is not None:
            return found
        for held in account.ledger.open_positions(account.name):
            quote = self.rates.get(held.pair.quote)
            if held.pair.base == currency and held.entry_price is not None and quote is not None:
                return held.entry_price * quote
        return None

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
        currencies = {b.currency for b in balances if b.total != 0}
        # What has left entirely is no balance any more, and yet a withdrawal to be valued.
        currencies |= {c for c, amount in self._account.book.balances.items() if amount != 0}
        currencies |= {p.pair.quote for p in positions}
        currencies |= {o.pair.quote for o in self._account.all_open_orders()}
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
            if not self._is_active(pair):
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
        holdings = tuple(self._holding(balance) for balance in self.balances if balance.total != 0)
        account.trust.unpriced = tuple(h.currency for h in holdings if h.value is None)
        equity = sum((h.value for h in holdings if h.value is not None), ZERO)
        if account.exchange.is_margined:
            equity += self._unrealised()
        whole = all(not h.stale or not self._is_priceable(h.currency) for h in holdings)
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

    def _unrealised(self) -> Decimal:
        """Profit of open contracts, which is not in the wallet yet."""
        gains = (
            (held.unrealised_pnl or ZERO) * (self.known_rate(held.position.pair.quote) or ZERO)
            for held in self.positions
        )
        return sum(gains, ZERO)

    def _is_marked(self, held: MarkedPosition) -> bool:
        if self._account.trust.is_closed(held.position.pair):
            return True  # no price can come; it is carried at the last one
        age = held.mark_age(self._account.clock.now())
        return age is not None and age <= self._account.settings.risk_manager.max_price_age_s

    def _holding(self, balance: Balance) -> Holding:
        currency = balance.currency
        rate = self.rates.get(currency)
        old = rate is None or currency in self._doubtful or bool(self.problem)
        rate = rate if rate is not None else self._last_rate(currency)
        return Holding(
            currency=currency,
            venue=self._account.venue,
            total=balance.total,
            free=balance.free,
            price=rate,
            value=None if rate is None else balance.total * rate,
            stale=old and rate is not None,
        )

    def _is_priceable(self, currency: str) -> bool:
        """Whether an active market prices it against the reference or a bridge."""
        others = {self._account.settings.reference, *BRIDGES} - {currency}
        return any(
            self._is_active(name)
            for other in others
            for name in (f"{currency}/{other}", f"{other}/{currency}")
        )

    def _marked_positions(self) -> tuple[MarkedPosition, ...]:
        account = self._account
        working = account.open_orders()
        return tuple(
            self._marked(position, [o for o in working if o.pair == position.pair])
            for position in account.ledger.open_positions(account.name)
        )

    def _marked(self, position: Position, working: Sequence[Order]) -> MarkedPosition:
        against = Side.SELL if position.side == "long" else Side.BUY
        own = [o for o in working if o.side is against]
        ticker, seen = self._known(position.pair), self.contracts.get(position.pair)
        mark = self.mark(position.pair)
        frozen = (
            self._account.trust.frozen() if self._account.trust.is_closed(position.pair) else ()
        )
        shown = msgspec.structs.replace(
            position, stop_price=_stop_of(own), take_profit_price=_target_of(own)
        )
        if seen is not None:
            shown = msgspec.structs.replace(
                shown, liquidation_price=seen.liquidation_price,
                leverage=seen.leverage or shown.leverage,
            )  # fmt: skip
        return MarkedPosition(
            position=shown,
            mark_price=mark,
            mark_at=ticker.received_at if ticker is not None else None,
            dust=is_dust(position, self.markets.get(position.pair), mark),
            frozen=next((f.reason for f in frozen if f.pair == position.pair), ""),
        )


def is_dust(position: Position, market: Market | None, mark: Decimal | None) -> bool:
    """Whether a position is below what its venue lets anyone trade."""
    if market is None:
        return False
    tradable = market.quantity_down(position.quantity)
    if tradable <= 0 or tradable < market.min_quantity:
        return True
    return mark is not None and tradable * mark < market.min_notional


def _stop_of(working: Sequence[Order]) -> Price | None:
    stops = [o.stop_price for o in working if o.stop_price is not None]
    return max(stops, default=None)


def _target_of(working: Sequence[Order]) -> Price | None:
    targets = [o.price for o in working if o.type is OrderType.LIMIT and o.price is not None]
    return min(targets, default=None)
