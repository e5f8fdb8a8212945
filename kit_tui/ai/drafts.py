"""An order while it is being read: its slots, its side and market, and the questions it raises."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from kit_tui.ai import asking
from kit_tui.ai.assets import Assets
from kit_tui.ai.slots import Slots
from kit_tui.ai.tokens import Token
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Pair

EXITS = frozenset({"stop", "stoploss", "stoplimit", "tp", "trail"})


@dataclass(slots=True)
class Draft:
    """What has been understood of an order so far."""

    slots: Slots
    assets: Assets
    action: Action
    pair: Pair | None = None

    def ask(self, question: str, note: str, *choices: str) -> Intent:
        """A question after which the order has to be said again, whole, as by its choices."""
        return asking.ask(question, pair=self.pair, note=note, choices=choices)

    def ask_for(self, question: str, note: str, **known: Any) -> Intent:
        """A question whose answer completes the order: `known` must hold all that was said."""
        asked = asking.ask(question, pair=self.pair, about=self.action, note=note)
        return msgspec.structs.replace(asked, venue=self.slots.venue or None, **known)

    def refuse(self, why: str, note: str) -> Intent:
        """An answer that nothing completes."""
        return asking.refuse(why, pair=self.pair, note=note)

    def sizes(self) -> dict[str, Decimal | None]:
        """The sizes that were stated, as fields of an intent."""
        return {
            "quote_amount": number_of(self.slots.amount),
            "base_amount": self.slots.base,
            "fraction": self.slots.fraction,
            "lots": self.slots.lots,
        }


def prices_of(order: Intent) -> dict[str, Any]:
    """The type and prices of an order, to be kept while something else is asked for."""
    return {
        "order_type": order.order_type, "price": order.price, "stop_price": order.stop_price,
        "stop_loss": order.stop_loss, "take_profit": order.take_profit, "trail": order.trail,
    }  # fmt: skip


def number_of(token: Token | None) -> Decimal | None:
    """The value of a token that may be missing."""
    return token.value if token is not None else None


def is_share(token: Token | None) -> bool:
    """Whether a level was given as a distance in percent."""
    return token is not None and token.kind in ("percent", "signed")


def is_distance(token: Token | None) -> bool:
    """Whether a level was given as a distance: in percent, in ATRs, in multiples of the risk."""
    return is_share(token) or (token is not None and token.kind in ("atr", "ratio"))


_UNITS = {"percent": "%", "signed": "%", "atr": "atr", "ratio": "r"}


def exit_text(token: Token) -> str:
    """A stop or target as intents carry it: `65000`, `2%`, `1.5atr` or `2r`."""
    return f"{plain(token.value or Decimal(0))}{_UNITS.get(token.kind, '')}"


def exit_token(text: str) -> Token:
    """The token of a stop or target that an intent carries."""
    for kind in ("percent", "atr", "ratio"):
        if text.endswith(_UNITS[kind]):
            return Token(kind, text, Decimal(text.removesuffix(_UNITS[kind])))
    return Token("num", text, Decimal(text))
