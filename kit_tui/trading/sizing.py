"""How much may be bought with a stop: fixed-fractional sizing, and the limit that shrinks it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import ZERO, Price, Quantity, plain
from kit_tui.domain.orders import OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.size import Size
from kit_tui.domain.ticket import OrderDraft, OrderRequest
from kit_tui.risk.manager import RiskManager
from kit_tui.risk.picture import Picture
from kit_tui.risk.sizing import entry_rooms, largest_entry, quantity_for_risk
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.builder import OrderNotPossibleError, build, touch
from kit_tui.trading.proposing import Proposer
from kit_tui.trading.valuation import Valuation

LARGEST_RISK = Decimal("0.25")


class Sizer:
    """Sizes entries of one account; proposes nothing."""

    def __init__(
        self, account: TradingAccount, valuation: Valuation, proposer: Proposer, risk: RiskManager
    ) -> None:
        self._account = account
        self._valuation = valuation
        self._proposer = proposer
        self._risk = risk

    async def size(
        self, pair: Pair, stop: Price, *, risk: Decimal, entry: Price | None = None
    ) -> Size:
        """The size at which a stop-out loses `risk` (a fraction) of equity, within the limits.

        Raises:
            KitError: without a price or full equity, or with a stop on the wrong side.
        """
        if not 0 < risk <= LARGEST_RISK:
            raise OrderNotPossibleError(
                "A trade risks more than nothing and at most a quarter of equity.",
                hint="Say risk=1% for one per cent.",
            )
        market, ticker = await self._looked_up(pair)
        picture = await self._proposer.picture(pair, ticker)
        rate = picture.rate(pair.quote)
        if picture.portfolio is None or not picture.portfolio.complete or rate <= 0:
            raise OrderNotPossibleError("Equity is only partly known; nothing is sized on it.")
        side = self._side(pair, stop, entry or touch(ticker, Side.BUY))
        at = entry or touch(ticker, side)
        money = picture.equity / rate
        wanted = market.quantity_down(quantity_for_risk(money, risk, at, stop, side))
        request = OrderRequest(
            side=side, pair=pair, type=OrderType.MARKET if entry is None else OrderType.LIMIT,
            base_amount=_tradable(wanted, at, market), price=entry, stop_loss=stop,
        )  # fmt: skip
        draft = build(request, market, ticker, self._proposer.means(pair))
        return self._within_limits(draft, picture, market, risk)

    async def _looked_up(self, pair: Pair) -> tuple[Market, Ticker]:
        market = await self._proposer.market_of(pair)
        ticker = await self._valuation.quote(pair)
        await self._valuation.refresh()
        if ticker is None or not self._valuation.is_fresh(ticker):
            raise OrderNotPossibleError(f"There is no fresh price of {pair}; nothing is sized.")
        return market, ticker

    def _within_limits(
        self, wanted: OrderDraft, picture: Picture, market: Market, risk: Decimal
    ) -> Size:
        """What the limits leave of the order that would risk just that."""
        rooms = entry_rooms(wanted, picture, self._risk.settings)
        largest = largest_entry(wanted, picture, self._risk.settings)
        quantity = market.quantity_down(min(wanted.quantity, largest / wanted.reference_price))
        shrunk = quantity < wanted.quantity
        draft = _at_size(wanted, quantity) if shrunk else wanted
        return Size(
            pair=wanted.pair, side=wanted.side, entry=wanted.reference_price,
            stop=wanted.stop_loss or wanted.worst_price, risk=risk, equity=picture.equity,
            reference=self._account.settings.reference, wanted=wanted.quantity, quantity=quantity,
            cap=min(rooms, key=lambda name: rooms[name]) if shrunk and rooms else "",
            verdict=self._risk.check(draft, picture),
            verdict_wanted=self._risk.check(wanted, picture),
            draft=draft if quantity > 0 else None,
        )  # fmt: skip

    def _side(self, pair: Pair, stop: Price, at: Price) -> Side:
        if stop < at:
            return Side.BUY
        if stop > at and self._account.exchange.is_margined:
            return Side.SELL
        raise OrderNotPossibleError(
            f"The stop must be below the entry of {plain(at)}; {pair.base} is not shorted here."
        )


def _tradable(wanted: Quantity, at: Price, market: Market) -> Quantity:
    """The size if the venue trades as little.

    Raises:
        OrderNotPossibleError: when it does not.
    """
    if wanted > 0 and wanted >= market.min_quantity and wanted * at >= market.min_notional:
        return wanted
    raise OrderNotPossibleError(
        f"At that risk the size is {plain(wanted)} {market.pair.base}, less than "
        f"{market.venue} trades.",
        hint="A nearer stop or more risk makes it larger.",
    )


def _at_size(draft: OrderDraft, quantity: Quantity) -> OrderDraft:
    share = quantity / draft.quantity if draft.quantity else ZERO
    return msgspec.structs.replace(
        draft, quantity=quantity, notional=draft.notional * share,
        estimated_fee=draft.estimated_fee * share,
    )  # fmt: skip
