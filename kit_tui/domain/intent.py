"""What a message means, as one flat record: the output of the grammar and of the model."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from kit_tui.domain.pair import Pair


class Action(StrEnum):
    """Every kind of thing a message can mean."""

    BUY = "buy"
    SELL = "sell"
    CLOSE = "close"
    CLOSE_ALL = "close_all"
    CANCEL = "cancel"
    CANCEL_ALL = "cancel_all"
    ALERT = "alert"
    ANALYZE = "analyze"
    PRICE = "price"
    PORTFOLIO = "portfolio"
    POSITIONS = "positions"
    ORDERS = "orders"
    RISK = "risk"
    HALT = "halt"
    RESUME = "resume"
    KILL = "kill"
    BACKTEST = "backtest"
    STRATEGY = "strategy"
    REBALANCE = "rebalance"
    REPORT = "report"
    HELP = "help"
    CLARIFY = "clarify"
    CHAT = "chat"


class Intent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message understood. Fields that were not stated are None.

    `question` is what to ask back for CLARIFY; `note` says why it was read this way. `about` is the
    action an answer to the question would complete, `amount` a number whose unit is still open.
    For alerts and strategies `condition` also says what to do with them: list, remove, start, stop.

    `stop_loss` and `take_profit` are a price (`64000`), a distance (`2%`), a multiple of the
    average true range (`1.5atr`), or, for a target, of the risk down to the stop (`2r`). `lots`
    counts contracts of a broker. `choices` are answers that would settle a question. `topic` tells
    apart what shares an action: `why` (a CHAT that asks for the story of `order_id`, or of the
    newest order), `recommend` (an ANALYZE that asks what to do), `size` (a RISK that asks how much
    may be bought with a stop at `stop_price`, risking `fraction` of equity). Of a PORTFOLIO or a
    REPORT it names the command that answers best: profit, daily, weekly, monthly, performance,
    stats, trades, fees, export and so on (`gateway.routing.TOPICS`).
    """

    intent: Action
    pair: Pair | None = None
    quote_amount: Decimal | None = None
    base_amount: Decimal | None = None
    fraction: Decimal | None = None
    order_type: str | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_loss: str | None = None
    take_profit: str | None = None
    trail: str | None = None
    direction: str | None = None
    condition: str | None = None
    timeframe: str | None = None
    order_id: str | None = None
    strategy: str | None = None
    period: str | None = None
    venue: str | None = None
    leverage: Decimal | None = None
    post_only: bool | None = None
    time_in_force: str | None = None
    question: str | None = None
    note: str | None = None
    about: Action | None = None
    amount: Decimal | None = None
    lots: Decimal | None = None
    choices: tuple[str, ...] = ()
    topic: str | None = None
