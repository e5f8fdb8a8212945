"""Answers that ask back: one good question each, with all that was understood so far."""

from __future__ import annotations

import re
from decimal import Decimal

from kit_tui.ai.tokens import Token
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Pair


def ask(
    question: str,
    *,
    pair: Pair | None = None,
    about: Action | None = None,
    note: str | None = None,
    leverage: Decimal | None = None,
    choices: tuple[str, ...] = (),
) -> Intent:
    """A CLARIFY intent; each of `choices`, sent as the next message, settles the question."""
    return Intent(
        intent=Action.CLARIFY, question=question, pair=pair, about=about, note=note,
        leverage=leverage, choices=choices,
    )  # fmt: skip


def refuse(why: str, *, pair: Pair | None = None, note: str | None = None) -> Intent:
    """A CLARIFY intent that no answer completes: what was asked for is not on offer."""
    return Intent(intent=Action.CLARIFY, question=why, pair=pair, note=note or "not offered")


def chat(note: str, pair: Pair | None = None) -> Intent:
    """A CHAT intent; `note` says why it is nothing else."""
    return Intent(intent=Action.CHAT, note=note, pair=pair)


def shown(token: Token) -> str:
    """A token's text, safe and short enough to be quoted in a question."""
    return re.sub(r"[^ -~äöüß€£]", "", token.text)[:24]


def size_question(action: Action, pair: Pair) -> str:
    """Asks how much."""
    if action is Action.SELL:
        return f"How much {pair.base}: all of it, a share such as 25%, or an amount?"
    return f"How much {pair.base}: an amount in {pair.quote} or in {pair.base}?"


SHARES = ("all", "half", "25%")
SHARES_OF_CASH = ("half of my cash", "25% of my cash")


def units(number: Decimal, *names: str) -> tuple[str, ...]:
    """The choices of a question for a unit: `100 BTC`, `100 USDT`."""
    return tuple(f"{plain(number)} {name}" for name in names)


def unit_question(number: Decimal, pair: Pair) -> str:
    """Asks what a bare number counts."""
    amount = plain(number)
    return f"{amount} {pair.base} or {amount} {pair.quote}?"


ASSET_QUESTION = {
    Action.BUY: "Buy what, and for how much? For example: buy BTC for $100.",
    Action.SELL: "Sell what, and how much? For example: sell half my ETH.",
    Action.CLOSE: "Close which position? For example: close BTC.",
    Action.CANCEL: "Cancel which order? Name its market or its id.",
}
SEVERAL = "That is more than one order. One at a time: which comes first?"
NOT_UNDERSTOOD = "I did not understand '{word}', so I will not guess an order. Say it again?"
CONDITIONAL = (
    "Orders that wait for a condition are not offered. Name a limit or stop price, or set an alert."
)
LATER = "Orders for later or on a schedule are not offered; an order is placed now or not at all."
LEVERAGED = (
    "Leverage is not taken from a message: it is a setting of the account. "
    "Say the order again without it, with an amount."
)
SHORTING = (
    "Words never open a short. To sell what you hold, say: sell half my ETH. "
    "On a perpetual account the order form (n) sells short."
)
ALL_IN = "Putting everything into one market is not offered. How much money should it be?"
WITHDRAWALS = "Withdrawals and transfers are not offered; K.I.T. only trades."
BYPASS = "Every order is checked and confirmed; that cannot be switched off by a message."
QUOTED = "I do not act on quoted text. To place an order, say it in your own words."
ONE_EXIT = "One exit at a time: the stop or the target? Each is an order of its own."
NOT_AN_ORDER = "A question is never an order. To place it, say it without the question."
DROPPED = "Dropped. Nothing was done."
NEGATED = "Nothing was done: the message says not to."
PAST = "Nothing was done: the message speaks of the past."
UNSURE = "That sounds undecided, so nothing was done. To place it, say the order plainly."
IMAGINED = "Nothing was done: that did not sound like an order."
