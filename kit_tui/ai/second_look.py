"""A second look at every order before it is one: what a reading must not quietly leave out.

The phrases of an order hold each of its words; here the words together are asked whether they could
mean another order: more than one, another side, all instead of some, a distance instead of a price.
Each rule asks back. It never makes an order of anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from kit_tui.ai import asking
from kit_tui.ai import price_or_distance as levels
from kit_tui.ai import whole_or_part as sizes
from kit_tui.ai.look import CANCELS, EXITS, ORDERS, Look
from kit_tui.ai.tokens import Token, pattern, shape
from kit_tui.domain.intent import Action, Intent

SOME = "How much of it: all, a share such as 25%, or an amount?"
WHICH = "Which of them? Name the market, or say all of them."
LEVEL = "Is that a price, or a distance? Name the price."
WHICH_WAY = "Which way: to buy it, or to sell it? Say it with buy or sell."
TALKED = "Is that an order? To place it, say it with a verb: buy, sell, or set a target."
AGAIN = "I am not sure what the order is. Say it again, whole and once."

NOTE = "second look"


def checked(read: Intent, text: str, tokens: Sequence[Token]) -> Intent:
    """The reading, or the question that it needs first."""
    if read.intent not in (*ORDERS, *EXITS, *CANCELS):
        return read
    look = Look(read, text, [token for token in tokens if token.kind != "harmless"])
    for rule, question in _RULES:
        if rule(look):
            return asking.ask(question, pair=read.pair, note=f"{NOTE}: {_name(rule)}")
    return read


def _name(rule: Callable[[Look], bool]) -> str:
    return rule.__name__.strip("_").replace("_", " ")


# -- one order or several --------------------------------------------------------------------------

_MORE_LATER = re.compile(
    r"(?:[,;.] ?|\bnow |\bjetzt |\band )"
    r"(?:another|more|extra|additional|weitere\w*|noch mehr|the rest|den rest)\b"
    r"(?: one| of it)? ?,? ?(?:at|@|if|when|once|on|bei|zu|wenn|limit|stop|um)\b|"
    r"\b(?:now|right now|jetzt|sofort) ?[,;.] ?(?:and |then |ok |well )*"
    r"(?:limit|stop|at|another)\b|"
    r"\b(?:buy|sell|close|kaufe|verkaufe|schließe|\d\S*)\b.*\bthen\b"
)
_IF_THEN = re.compile(r"^\W*(?:\w+ ){0,3}(?:if|when|once|wenn|sobald|falls)\b")
_HESITATES = re.compile(
    r"(?:\d|\b(?:all|everything|alles|half|positions?|orders?)\b).*"
    r"\b(?:uh+|um+m|uhm|erm|ehm|ähm?|hm+|my bad|sorry|oops|ups|i mean|ich meine)\b"
)
_SALE_THEN_EXIT = re.compile(
    r"^(?:please |kit )?(?:sell|dump|verkauf\w*|offload|unload) (?:(?!stop|oco|trail)[\w%.]+ )*?"
    r"(?:(?!stop)[\w%.]+) ?[.:;] (?:and |then |ok )*(?:a |my )?(?:stop|sl|tp|target|trail)"
)
_LESS_AND_EXIT = re.compile(r"\b(?:stop|sl|tp|limit|trade|trailing|target)\b")
_MARKED = re.compile(r"^(?:my |the |all )*(?:(?:open|resting|pending|my) orders?|orders) ?:")


def _several(look: Look) -> bool:
    """`buy 1 BTC now, another at 60k`: two orders, of which one would be lost."""
    later = _MORE_LATER.search(look.text)
    if later is None or look.read.intent not in ORDERS:
        return False
    return not later[0].endswith("then") or _IF_THEN.match(look.text) is None


def _hesitates(look: Look) -> bool:
    """`sell 1 ETH my bad 2`, `limit buy 1 ETH, 2`: one of the numbers was taken back."""
    rests = look.read.order_type in ("limit", "stop") and look.read.stop_loss is None
    second = rests and _SECOND_NUMBER.search(look.text) is not None
    return second or _HESITATES.search(look.text) is not None


_SECOND_NUMBER = re.compile(
    r"\b(?:buy|sell) [\d.]+\w*(?: [a-z]+)? ?, ?[\d.]+(?: (?!max|min|top|or|limit|stop)[a-z]+)?$"
)


def _sale_and_exit(look: Look) -> bool:
    """`sell half my ETH. stop at 2000`, `halve my ETH, stop 2000`: a sale now, and an exit."""
    read = look.read
    if read.intent is not Action.SELL or read.order_type == "market":
        return False
    lessens = sizes.LESSENS.search(look.text) and _LESS_AND_EXIT.search(look.text)
    return bool(lessens) or _SALE_THEN_EXIT.search(look.text) is not None


_SECOND_VERB = re.compile(
    r"(?:[,;.:]| -) ?(?:and |then |und |dann )?"
    r"(?:buy|sell|dump|grab|trail|trim|reduce|close|long|get|stop|kauf\w*|nachkauf\w*|verkauf\w*|schließ\w*)\b|"
    r"^(?:buy|sell|kaufe?|verkaufe?),? "
)


def _cancels_and_more(look: Look) -> bool:
    """`cancel my SOL order, sell`: the second request would be lost."""
    return look.read.intent in CANCELS and _SECOND_VERB.search(look.text) is not None


def _is_told(look: Look) -> bool:
    """`open orders: buy 1 BTC at 60k`, `my open BTC stop 58k`: what there is already."""
    return _MARKED.search(look.text) is not None or _OF_MINE.search(look.text) is not None


_OF_MINE = re.compile(
    r"^(?:my|the|that|this)? ?open (?:\w+ ){0,2}(?:stops?|limits?|orders?)\b(?!.*\b(?:buy|sell)\b)|"
    r"^that (?:stop|limit|target)\b|^(?:my \w+ long|long position of)\b"
)


# -- which way -------------------------------------------------------------------------------------

_FOR_MINE = pattern("(money|currency num) (for|of|on|at) my asset")
_MONEY_FOR = pattern("(buy|get) (money|currency num) (for|on|at) (my|a)* asset")
_MONEY_SOLD = pattern("sell (money|currency num) (for|to|into|on|at) (my|a)* asset")
_TO_MONEY = pattern("convert money (of|into|on)? (my|a)* asset (to|for|into) currency")
_MONEY_FIRST = pattern("buy currency num asset")
_OUT_OF = re.compile(r"\b(?:nimm|nehme|hol|hole|zieh|ziehe)\b.*\b(?:aus|von|vom)\b")
_ALL_INTO = re.compile(r"\b(?:all|everything) (?:for|into|to) ")


# An answer to `sell $100`: for it, or of it.
_ANSWERED = re.compile(
    r"^(?:(?:to|into|for my|for) [a-z]+|[$€]?\d[\d.,k]* ?(?:usdt|usd|eur|\$|€)? for )"
)


def _bounded_size(look: Look) -> bool:
    """`sell 1 ETH or less at 2000`: less of it, or for less."""
    return any(
        left.kind in ("asset", "coins") and right.text.startswith("or ")
        for left, right in pairwise(look.tokens)
    )


def _either_way(look: Look) -> bool:
    """`buy 100 USDT for my BTC` sells BTC; `sell $100 for BTC` buys it."""
    if look.read.intent not in ORDERS or look.read.order_type != "market":
        return False
    kinds = shape(look.tokens)
    if look.read.quote_amount is not None and _ANSWERED.match(look.text) is not None:
        return True
    if look.read.intent is Action.SELL:
        into = _ALL_INTO.search(look.text) is not None
        return into or _MONEY_SOLD.search(kinds) is not None
    shapes = (_FOR_MINE, _MONEY_FOR, _TO_MONEY, _MONEY_FIRST)
    out_of = _OUT_OF.search(look.text) is not None
    return out_of or any(form.search(kinds) for form in shapes)


Rule = tuple[Callable[[Look], bool], str]
_RULES: tuple[Rule, ...] = (
    (_hesitates, AGAIN),
    (_is_told, TALKED),
    (_cancels_and_more, asking.SEVERAL),
    (_several, asking.SEVERAL),
    (_sale_and_exit, asking.SEVERAL),
    (sizes.lessens_all, SOME),
    (sizes.some, SOME),
    (sizes.half_a_coin, SOME),
    (sizes.one_position, WHICH),
    (sizes.narrowed, WHICH),
    (sizes.one_kind, WHICH),
    (sizes.named_something, WHICH),
    (sizes.by_so_much, SOME),
    (sizes.ordinal, WHICH),
    (sizes.on_a_chain, WHICH),
    (sizes.all_of_others, asking.CONDITIONAL),
    (levels.moved_by, LEVEL),
    (levels.hit_by_an_exit, asking.CONDITIONAL),
    (levels.money_as_level, LEVEL),
    (levels.no_price, LEVEL),
    (levels.spaced_numbers, AGAIN),
    (levels.roles, AGAIN),
    (levels.share_or_distance, SOME),
    (levels.thousands, LEVEL),
    (levels.talked, TALKED),
    (levels.only_a_noun, TALKED),
    (levels.protected_or_triggered, LEVEL),
    (_bounded_size, AGAIN),
    (_either_way, WHICH_WAY),
)
