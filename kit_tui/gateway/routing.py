"""From an intent to what answers it: the trading engine, a command, or an honest no."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from msgspec import structs

from kit_tui.ai.engine import OFFLINE
from kit_tui.commands.command import Effect
from kit_tui.commands.registry import bind
from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import UsageError
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.message import Role
from kit_tui.domain.numbers import Price, exact
from kit_tui.domain.orders import OrderType, Side, TimeInForce
from kit_tui.domain.ticket import OrderRequest
from kit_tui.gateway.access import require_may_run, require_role
from kit_tui.gateway.account import Account
from kit_tui.gateway.context import TurnContext
from kit_tui.gateway.order_levels import Levels
from kit_tui.gateway.understood import understood

# Intents a command answers: its name, and which fields of the intent are its arguments.
COMMANDS: Final[Mapping[Action, tuple[str, Mapping[str, str]]]] = MappingProxyType(
    {
        Action.ANALYZE: ("analyze", {"pair": "pair", "timeframe": "timeframe"}),
        Action.PRICE: ("price", {"pair": "pair"}),
        Action.PORTFOLIO: ("portfolio", {}),
        Action.POSITIONS: ("positions", {}),
        Action.ORDERS: ("orders", {}),
        Action.RISK: ("risk", {}),
        Action.REPORT: ("report", {}),
        Action.HELP: ("help", {}),
        Action.CLOSE: ("close", {"pair": "pair", "fraction": "fraction"}),
        Action.CLOSE_ALL: ("closeall", {}),
        Action.CANCEL: ("cancel", {"order_id": "order", "pair": "pair"}),
        Action.CANCEL_ALL: ("cancelall", {"pair": "pair"}),
    }
)

# A span of time makes a question about the account one about what was earned in it.
OF_A_SPAN: Final = frozenset({Action.PORTFOLIO, Action.REPORT})
PROFIT: Final = ("profit", {"period": "period"})
BY_PAIR: Final = ("performance", {"period": "period"})

# What a topic makes of an intent: the command, and which fields are its arguments.
TOPICS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = MappingProxyType(
    {
        "why": ("why", {"order_id": "order"}),
        "recommend": ("recommend", {"pair": "pair", "timeframe": "timeframe"}),
        "size": (
            "size", {"pair": "pair", "stop_price": "stop", "fraction": "risk", "price": "entry"},
        ),
        "report": ("report", {}),
        "profit": PROFIT,
        "performance": BY_PAIR,
        "stats": ("stats", {"period": "period"}),
        "entries": ("entries", {"period": "period"}),
        "exits": ("exits", {"period": "period"}),
        "fees": ("fees", {"period": "period"}),
        "export": ("export", {"period": "period"}),
        "trades": ("trades", {}),
        "daily": ("daily", {}),
        "weekly": ("weekly", {}),
        "monthly": ("monthly", {}),
        "balance": ("balance", {}),
        "count": ("count", {}),
        "locks": ("locks", {}),
        "fills": ("fills", {}),
        "health": ("health", {}),
    }
)  # fmt: skip

LATER: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.ALERT: "Alerts",
        Action.BACKTEST: "Backtests",
        Action.STRATEGY: "Strategies",
        Action.REBALANCE: "Rebalancing",
    }
)

# What a message can state beyond its pair and venue, in a person's words.
STATED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "quote_amount": "an amount",
        "base_amount": "an amount",
        "fraction": "a share",
        "price": "a price",
        "stop_price": "a stop price",
        "stop_loss": "a stop-loss",
        "take_profit": "a take-profit",
        "trail": "a trailing stop",
        "direction": "a direction",
        "condition": "a condition",
        "timeframe": "a time frame",
        "order_id": "an order number",
        "strategy": "a strategy",
        "period": "a period",
        "leverage": "leverage",
        "post_only": "post-only",
        "time_in_force": "a time in force",
        "lots": "a number of lots",
    }
)
TODAY: Final = "1d"
IN_ORDERS: Final = frozenset(
    {
        "pair",
        "quote_amount",
        "base_amount",
        "fraction",
        "price",
        "stop_price",
        "stop_loss",
        "take_profit",
        "trail",
        "leverage",
        "post_only",
        "time_in_force",
    }
)

CHAT = (
    "No language model is connected, so only requests are understood here, not conversation. "
    "Try `buy BTC for $100`, `analyze ETH`, `show my portfolio`, or /help."
)
RESUME = (
    "Trading resumes only by a person at the terminal: type `/resume RESUME` there, "
    "or run `kit resume`."
)


async def carry_out(intent: Intent, account: Account, context: TurnContext) -> Reply:
    """Answer an intent that is neither a halt nor a question."""
    if intent.intent in (Action.BUY, Action.SELL):
        require_role(context.principal, Role.TRADER)
        moved = await _moved_exit(intent, account, context)
        if moved is not None:
            return moved
        said: list[str] = []
        request = await order_request(intent, account, said)
        reply = await context.proposals.propose(request, context)
        return structs.replace(reply, text="\n".join([reply.text, *filter(None, said)]))
    if intent.intent in LATER:
        return _later(intent)
    if intent.intent is Action.RESUME:
        return Reply(text=RESUME, ok=False)
    if intent.topic in TOPICS or intent.intent in COMMANDS:
        name, fields = _command_for(intent)
        command = account.registry.find(name)
        require_may_run(context.principal, command)
        if name == "size":
            intent = await _with_stop(intent, account)
        _refuse_leftovers(intent, fields, account, reads=command.effect is Effect.READS)
        known = {parameter.name for parameter in command.parameters}
        arguments = {
            to: str(getattr(intent, field))
            for field, to in fields.items()
            if getattr(intent, field) is not None and to in known
        }
        return await command.handler(context, **bind(command, arguments))
    return Reply(text=intent.note or CHAT if intent.intent is Action.CHAT else CHAT)


async def _moved_exit(intent: Intent, account: Account, context: TurnContext) -> Reply | None:
    """A stop said of a position that has one moves it: a second would sell the same coins.

    Only a stop for the whole position, at a price, which a person's own words were read as.
    """
    whole = intent.base_amount is None and intent.fraction is None and intent.quote_amount is None
    is_stop = intent.intent is Action.SELL and intent.order_type == "stop" and whole
    if not is_stop or intent.pair is None or intent.stop_price is None:
        return None
    if context.read_by != OFFLINE or intent.venue not in (None, account.trading.venue):
        return None
    working = account.trading.account.open_orders()
    has_one = any(
        order.pair == intent.pair and order.reduce_only and order.type is OrderType.STOP
        for order in working
    )
    if not has_one:
        return None
    level = Price(intent.stop_price)
    moved = account.trading.move_stop(intent.pair, price=level, principal=context.principal)
    return (await moved).reply


def _command_for(intent: Intent) -> tuple[str, Mapping[str, str]]:
    """The command that answers an intent, and which of its fields are arguments."""
    if intent.topic in TOPICS:
        return TOPICS[intent.topic or ""]
    today = intent.intent is Action.REPORT and intent.period == TODAY  # the report is of the day
    if intent.intent in OF_A_SPAN and intent.period is not None and not today:
        return BY_PAIR if intent.pair is not None else PROFIT
    return COMMANDS[intent.intent]


def _later(intent: Intent) -> Reply:
    what = LATER[intent.intent]
    wish = {"Backtests": "run", "Rebalancing": "ordered"}.get(what, "set up")
    verb = "is" if what == "Rebalancing" else "are"
    text = (
        f"Understood: {understood(intent)}. {what} {verb} not in this version; nothing was {wish}."
    )
    return Reply(text=text, ok=False)


async def _with_stop(intent: Intent, account: Account) -> Intent:
    """A question about a size whose stop is a distance, with the price that distance gives."""
    if intent.pair is None or intent.stop_loss is None or intent.stop_price is not None:
        return intent
    own = None if intent.price is None else Price(intent.price)
    levels = Levels(intent.pair, account.market, account.trading.account.clock, own)
    stop = await levels.stop(intent.stop_loss)
    return structs.replace(intent, stop_price=stop, stop_loss=None)


async def order_request(
    intent: Intent, account: Account, said: list[str] | None = None
) -> OrderRequest:
    """The request an order intent stands for; `said` takes what its levels were counted with.

    Raises:
        UsageError: for parts of an order which this version cannot carry out; nothing is dropped
            silently.
    """
    if intent.pair is None:
        raise UsageError("The order names no asset.", hint="Say for instance: buy BTC for $100")
    _refuse_unsupported(intent, account)
    _refuse_leftovers(intent, IN_ORDERS, account, reads=False)
    side = Side(intent.intent.value)
    price = None if intent.price is None else Price(intent.price)
    stop_price = None if intent.stop_price is None else Price(intent.stop_price)
    levels = Levels(intent.pair, account.market, account.trading.account.clock, price or stop_price)
    stop_loss = await levels.stop(intent.stop_loss)
    take_profit = await levels.target(intent.take_profit, stop_loss or stop_price)
    if said is not None:
        said += levels.notes
    return OrderRequest(
        side=side,
        pair=intent.pair,
        type=OrderType(intent.order_type or "market"),
        quote_amount=intent.quote_amount,
        base_amount=intent.base_amount,
        fraction=intent.fraction,
        price=price,
        stop_price=stop_price,
        stop_loss=stop_loss,
        take_profit=take_profit,
        trail=_share(intent.trail),
        leverage=intent.leverage,
        post_only=bool(intent.post_only),
        time_in_force=TimeInForce(intent.time_in_force or "gtc"),
        # Words alone never open a short.
        reduce_only=side is Side.SELL,
    )


def _refuse_unsupported(intent: Intent, account: Account) -> None:
    if intent.lots is not None:
        raise UsageError(
            "Lots belong to a MetaTrader account, which is not in this version; nothing was "
            "proposed.",
            hint="Say how much in money or in coins.",
        )
    if intent.leverage is not None and not account.trading.account.exchange.is_margined:
        raise UsageError(
            f"Leverage is not offered on the {account.name} account, so nothing was proposed.",
            hint="Leave it out and send the order again.",
        )


def _share(text: str | None) -> Decimal | None:
    """A trailing distance such as `3%` as a fraction."""
    if text is None:
        return None
    if not text.endswith("%"):
        raise UsageError("Trailing by how many per cent?", hint="Say for instance: trailing 3%")
    return exact(text[:-1]) / Decimal(100)


def _refuse_leftovers(
    intent: Intent, taken: Collection[str], account: Account, *, reads: bool
) -> None:
    """Refuse a message that states something which would be dropped on the way."""
    venue = account.trading.venue
    if intent.venue is not None and intent.venue != venue:
        raise UsageError(
            f"The {account.name} account is on {venue}, not on {intent.venue}; nothing was done.",
            hint="Other venues are not in this version.",
        )
    if reads and intent.period == TODAY:  # figures are those of the day in any case
        taken = {*taken, "period"}
    left = [words for name, words in STATED.items()
            if getattr(intent, name) is not None and name not in taken]  # fmt: skip
    if intent.pair is not None and "pair" not in taken and not reads:
        left.append(f"one market ({intent.pair})")
    if left:
        raise UsageError(
            f"This version cannot take {' and '.join(dict.fromkeys(left))} here; nothing was done.",
            hint="Leave it out and send it again.",
        )
