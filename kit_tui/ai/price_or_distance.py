"""Rules of the second look: a price, a distance, an amount of money, or talk of one."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise

from kit_tui.ai.look import ORDERS, Look
from kit_tui.ai.tokens import has, pattern, shape
from kit_tui.ai.wordlists import words
from kit_tui.domain.intent import Action

_BARE_MOVES = words(
    "drops falls dips rises climbs drop fall dip rise climb fällt steigt sinkt jumps moves"
)
_BY = pattern("by (num|money)(?!asset|coins)")
_OF_MONEY = re.compile(
    r"(?:^|\b(?:profits?|gains?|stop[ -]loss|stop|sl|tp|target)s? )of (?:[$€£] ?\d|\d[\d.,k]* ?"
    r"(?:dollars?|usd|usdt|euros?|eur|bucks|quid|pounds|\$|€))"
)
# `move my stop up 500`, `tighten BTC stop 500`; `up to 66k` says where to.
_NO_AIM = r"(?!.*(?:\b(?:to|at|auf|bei|zu|of|is)\b|@))"
_EXIT_WORD = r"(?:stop\w*|sl|tp|targets?|take profits?|ziel)"
_SHIFTED = re.compile(
    rf"^{_NO_AIM}.*\b{_EXIT_WORD}\b.*\b(?:up|down|hoch|runter|rauf) (?:by |um )?[$€]?\d|"
    rf"^{_NO_AIM}.*\b{_EXIT_WORD}\b.* \d\S* "
    r"(?:up|down|hoch|runter|rauf|höher|tiefer|higher|lower|nachziehen)\b|"
    rf"^{_NO_AIM}.*\b(?:tighten|raise|lower|move|adjust|update|shift|bring|erhöhe?n?|senke?n?|"
    rf"verschieb\w*|zieh\w*)\b.*\b{_EXIT_WORD}\b.*\d"
)
_BEFORE_MOVE = pattern("(if|it|asset|my|price) (num|money) (drop|rise)")
_FALLS = re.compile(r"\b(?:fällt|steigt|sinkt)\b")
# So much no distance is; less may be a profit in money.
MOST_PROFIT = 1_000
_EXIT_TOKENS = ("stop", "stoploss", "tp", "limit")
_PERCENT_OF = pattern("percent of (my|a)* asset")
_TARGET_AT = re.compile(r"\b(?:tp|target|take profit)s? \d[\d.,]* ?% (?:at|@)")
# Coins of thousands; `2.350` of any other may be two and a bit.
_HIGH = words("BTC ETH MKR YFI XAU PAXG WBTC WETH")
_THOUSAND = re.compile(r"(?<![\d.,])\d{1,3}[.,]\d{3}(?![\d.,])")
_DEAR = words("BTC ETH BNB SOL BCH LTC XMR AAVE MKR ZEC")
_DOTTED = re.compile(r"\b\d{1,3}\.\d{3}\b(?!\.)")
_TALK = re.compile(r"\b(?:price target|target price|kursziel\w*|preisziel\w*)\b")
_TALK_VERB = re.compile(
    r"\b(?:set|put|place|add|move|raise|lower|take|sell|close|exit|with|setze?|setzen|leg|stelle?)\b"
)
_NEWS = frozenset({"dump", "shed", "cut", "sell off", "trim", "verkauf", "drop", "offer", "bid"})
_NEWS_SHAPE = pattern("asset (sell|bid) (percent|money|num)")


def moved_by(look: Look) -> bool:
    """`if it drops 2000`: by so much, or to it; `raise my stop by 1000` names a distance."""
    bare = any(
        left.kind in ("drop", "rise") and left.text in _BARE_MOVES and right.kind in _NUMBERS
        for left, right in pairwise(look.tokens)
    )
    kinds = shape(look.tokens)
    exits = has(look.tokens, *_EXIT_TOKENS) or look.read.order_type == "stop"
    distance = exits and _BY.search(kinds) is not None
    shifted = look.read.intent is Action.SELL and _SHIFTED.search(look.text) is not None
    after = _BEFORE_MOVE.search(kinds) is not None and _FALLS.search(look.text) is not None
    return look.read.intent in ORDERS and (bare or distance or shifted or after)


_NUMBERS = ("num", "money")


_STOPPED_OUT = re.compile(r"\bstop(?:ped)? (?:me |us |my \w+ )?out\b|\bstop out\b")


def hit_by_an_exit(look: Look) -> bool:
    """`close BTC when it hits 70k` may wait above or below; only `stop me out` says which."""
    stops = look.read.intent is Action.SELL and look.read.order_type == "stop"
    waits = stops and has(look.tokens, "if") and has(look.tokens, "hit")
    return waits and _STOPPED_OUT.search(look.text) is None


def money_as_level(look: Look) -> bool:
    """`take profit of $500 on BTC`: a profit, hardly a price."""
    if look.read.intent not in ORDERS or _OF_MONEY.search(look.text) is None:
        return False
    values = [token.value for token in look.tokens if token.kind == "money"]
    return any(value is not None and value < MOST_PROFIT for value in values)


# Below these no price of theirs has been for years: an hour, a distance, a number of something.
LEAST_PRICES = {"BTC": 1_000, "ETH": 50, "BNB": 10}
_AVERAGE = re.compile(r"\b(?:\d+ ?(?:ma|ema|sma)|(?:ma|ema|sma) ?\d+)\b")


def no_price(look: Look) -> bool:
    """`sell half my BTC at 9`, `buy 1 BTC sl 5`, `at the 200 MA`: an hour, a distance, a line."""
    read = look.read
    if read.intent not in ORDERS or read.pair is None:
        return False
    exits = [e for e in (read.stop_loss, read.take_profit) if e is not None and _PLAIN.fullmatch(e)]
    levels = [level for level in (read.price, read.stop_price) if level is not None]
    least = LEAST_PRICES.get(read.pair.base, 0)
    low = any(level < least for level in (*levels, *map(Decimal, exits)))
    return low or _AVERAGE.search(look.text) is not None


_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d.,])")


def spaced_numbers(look: Look) -> bool:
    """`take profit SOL 160 180`: two numbers, or one; `60 000` and `12 500` are one."""
    return any(
        found[0][-3:] not in ("000", "500", "250", "750") for found in _SPACED.finditer(look.text)
    )


_SWAPPED = re.compile(
    r"^(?:buy|sell|long|kaufe|verkaufe)? ?\d[\d.]* (?:limit|stop|sl|tp) \d[\d.,]*k? [a-z]+$|"
    r"^(?:stop|sl|tp|limit) [\d.]+ [a-z]+ [\d.]+$"
)
_ENDS_IN_EXIT = re.compile(r"\b(?:at|@|for) ?[\d.,]+k? ?[!,]? (?:sl|stop|stopp|stop-loss)$")
_CALLED_OUT = re.compile(
    r"^(?:\W*(?:please|hey|now|oh|ok|so|no|kit) )*stopp?\b(?: now| please| bitte| jetzt)* ?"
    r"(?:[!.,:;]|- )"
)
_WORTH_OF_IT = re.compile(r"(?:\d|hundred|thousand) (?:(?:worth )?of it|worth of them)$")
_PAID_IN = re.compile(r"^(?:buy|sell|kaufe|verkaufe) (?:for|für) [\d.,]+ ?[a-z]+$")


def roles(look: Look) -> bool:
    """`sell 2 limit 160 SOL`, `stop! sell 2 SOL at 130`: which number or word is what."""
    if look.read.intent not in ORDERS:
        return False
    called = look.read.order_type == "stop" and _CALLED_OUT.match(look.text) is not None
    called = called and has(look.tokens, "buy", "sell")
    others = (_SWAPPED, _ENDS_IN_EXIT, _PAID_IN, _WORTH_OF_IT)
    return called or any(form.search(look.text) for form in others)


def share_or_distance(look: Look) -> bool:
    """`trailing stop on 5% of BTC`: how far behind, or of how much."""
    trails = look.read.order_type == "trailing_stop" and look.read.fraction is None
    of_it = trails and _PERCENT_OF.search(shape(look.tokens)) is not None
    return of_it or (look.read.intent in ORDERS and _TARGET_AT.search(look.text) is not None)


def thousands(look: Look) -> bool:
    """`100 XRP at 2.350`: two and a bit, or thousands; `kaufe 1.250 ETH` the other way round."""
    read = look.read
    if read.intent not in ORDERS or read.pair is None:
        return False
    levels = [level for level in (read.price, read.stop_price) if level is not None]
    cheap = read.pair.base not in _HIGH and any(level >= 1000 for level in levels)
    many = read.pair.base in _DEAR and read.base_amount is not None and read.base_amount >= 1000
    return (cheap and _THOUSAND.search(look.text) is not None) or (
        many and _DOTTED.search(look.text) is not None
    )


def talked(look: Look) -> bool:
    """`BTC price target 100k`, `BTC dump 10%`: talk of the market rather than an order."""
    read = look.read
    target = read.intent is Action.SELL and _TALK.search(look.text) is not None
    if target and _TALK_VERB.search(look.text) is None:
        return True
    shaped = _NEWS_SHAPE.match(shape(look.tokens)) is not None
    return shaped and len(look.tokens) > 1 and look.tokens[1].text in _NEWS


def only_a_noun(look: Look) -> bool:
    """`BTC close`: the closing price, or the position."""
    kinds = [token.kind for token in look.tokens]
    said = kinds == ["asset", "close"] and look.tokens[1].text in ("close", "exit", "liquidate")
    return said or "close the book" in look.text


def protected_or_triggered(look: Look) -> bool:
    """`buy 1 BTC with a stop at 58k limit 60k`: the stop may protect or trigger."""
    waits = look.read.intent is Action.BUY and look.read.order_type == "stop_limit"
    return waits and re.search(r"\b(?:with|mit)\b.*\bstop", look.text) is not None
