"""Rules of the second look: all of it or some, and of what."""

from __future__ import annotations

import re
from itertools import pairwise

from kit_tui.ai.assets import COMMON
from kit_tui.ai.look import CANCELS, EXITS, ORDERS, Look
from kit_tui.ai.tokens import has, pattern, shape
from kit_tui.ai.wordlists import words
from kit_tui.domain.intent import Action

LESSENS = re.compile(
    r"\b(?:trim|reduce|cut|lighten|scale|shed|sell down|offer|pare|slash|reduzier\w*|verkleiner\w*|"
    r"verringer\w*|kürze?n?|halve|halbier\w*|abbauen)\b"
)
_LITTLE = re.compile(
    r"\b(?:some|a bit|a little|a few|a chunk|a handful|a lot|a part|a piece|etwas|ein bisschen|"
    r"ein wenig|ein paar|einige|more|extra|additional|another)\b"
)
_SINGLE = re.compile(
    r"\b(?:whole|entire|full) (?:open )?(?:position|trade)\b|\b(?:close|sell|exit|dump) full$|"
    r"\ball (?:of )?(?:it|this|these|those|them)\b|\ball that (?!is|are|i|we)\b|"
    r"\b(?:ganze|gesamte) position\b"
)
_NARROWED = re.compile(
    r"\b(?:new|newer|newest|additional|extra|another|quick|recent|latest|old|older|oldest|other|"
    r"losing|winning|profitable|red|green|neue[nrs]?|andere[nrs]?)\b|\bopen(?:ed)? today\b"
)
_KINDS = re.compile(
    r"\b(?:buys?|sells?|bids?|offers?|asks?|limits?|stops?|stop[ -]loss\w*|kauf\w*|verkauf\w*|"
    r"longs?|shorts?|tps?|sls?|take[ -]profits?)\b"
)
_WHOLE = re.compile(r"\b(?:all|whole|entire|remaining|everything|full|alle|alles|ganze[nsr]?)\b ?")
# What may follow `all` without naming a thing that is not all.
_AFTER_WHOLE = words(
    "my the of our your and in at on to for with from now please pls plz immediately asap thanks "
    "thx open resting pending working outstanding live active existing current positions position "
    "trades trade orders order holdings holding bags bag coins coin crypto cryptos tokens exposure "
    "stack stash stuff assets everything all out up off down flat right straight quickly fast "
    "limit stop buy sell long short bids offers buys sells longs unfilled i we that meine meinen "
    "meiner die der offenen offene positionen aufträge orders ordern bestände bitte jetzt sofort "
    "schließen verkaufen stornieren löschen glattstellen zumachen auflösen liquidieren zu "
    "raus weg kaufaufträge verkaufsaufträge trading single last book glatt "
    "that's thats pos posi still one it them this these those "
    "going heading i'm im i've completely entirely fully deine unsere zum market mkt by today "
    "kit usdt usd eur btc"
)


def lessens_all(look: Look) -> bool:
    """`trim all my positions` sells a part of them, nobody knows which."""
    whole = look.read.intent is Action.CLOSE_ALL or look.read.fraction == 1
    return whole and LESSENS.search(look.text) is not None


def some(look: Look) -> bool:
    """`close some BTC` is not all of it."""
    exits = look.read.intent in (*EXITS, Action.SELL) and look.is_sizeless
    lessens = look.read.intent is Action.SELL and LESSENS.search(look.text)
    return exits and bool(_LITTLE.search(look.text) or lessens or _one_coin(look))


def _one_coin(look: Look) -> bool:
    return _A_COIN.search(shape(look.tokens)) is not None and look.read.intent in EXITS


_A_COIN = pattern("close (of|my)* a asset(?!position|long)")


def half_a_coin(look: Look) -> bool:
    """`close half a BTC` names coins, not a share."""
    return look.read.intent in EXITS and _HALF_A.search(look.text) is not None


_HALF_A = re.compile(r"\b(?:half|third|quarter) (?:of )?an? |\b1/[234] (?!of|my|the)")


def one_position(look: Look) -> bool:
    """`close my whole position` is one, and which one was not said."""
    every = look.read.intent in (Action.CLOSE_ALL, Action.CANCEL_ALL)
    return every and _SINGLE.search(look.text) is not None


def narrowed(look: Look) -> bool:
    """`cancel all new orders`, `close my red positions`: some of them."""
    read = look.read
    if read.intent not in (*EXITS, *CANCELS):
        return False
    named = any(
        left.kind == "asset" and left.text in COMMON and right.kind in ("position", "order", "bid")
        for left, right in pairwise(look.tokens)
    )
    if read.intent in (Action.CLOSE, Action.CANCEL) and _MINE_NEW.search(look.text) is not None:
        return named  # the one there is
    return named or _NARROWED.search(look.text) is not None


_BOTH_KINDS = ({"bid", "ask"}, {"bid", "offer"}, {"buy", "sell"})


_MINE_NEW = re.compile(r"\bmy new \w+ (?:position|order|trade|stop)$")
_BY = pattern("by (num|money|percent)")
_ORDINAL = re.compile(
    r"\bthird (?!of\b)(?:\w+ )?(?:positions?|trades?|orders?)\b|\b(?:close|exit) third\b"
)
_CHAINS = words(
    "solana ethereum uniswap aave arbitrum optimism polygon avalanche maker near aptos "
    "tron cosmos stellar"
)
_SOLD_NEW = re.compile(
    r"\b(?:new|extra|last|other|another|weitere\w*|neue\w*|additional) (?:[a-z]{2,8})$"
)
_BOUND_SHARE = re.compile(
    r"\b(?:über|over|more than|mehr als|auf|at least|mindestens) "
    r"(?:die |the )?(?:hälfte|half|\d+ ?%)"
)


def by_so_much(look: Look) -> bool:
    """`close BTC by 0.5`: by so much, or by that hour; nothing says the whole."""
    read = look.read
    return (
        read.intent in EXITS
        and read.fraction is None
        and (_BY.search(shape(look.tokens)) is not None)
    )


def ordinal(look: Look) -> bool:
    """`close my third BTC position` counts; `sell my new BTC` and `over half` name no size."""
    counted = look.read.intent in EXITS and _ORDINAL.search(look.text) is not None
    sells = look.read.intent is Action.SELL and look.read.quote_amount is None
    named = _SOLD_NEW.search(look.text) or _BOUND_SHARE.search(look.text)
    return counted or (sells and look.read.base_amount is None and named is not None)


def on_a_chain(look: Look) -> bool:
    """`close everything on solana`, `cancel all maker orders`: a place or a kind, or the coin."""
    for left, right in pairwise(look.tokens):
        place = left.kind == "on" and right.kind == "asset" and right.text in _CHAINS
        if place and has(look.tokens, *_ALLS):
            return True
        if left.text == "maker" and left.kind == "asset" and right.kind == "order":
            return True
    return False


def one_kind(look: Look) -> bool:
    """`cancel all my bids`: one kind of them."""
    read = look.read
    every = read.intent is Action.CANCEL_ALL or (read.note or "") == "all of them"
    if read.intent not in CANCELS or not every:
        return False
    kinds = {word.rstrip("s") for word in _KINDS.findall(look.text)}
    return bool(kinds) and not any(both <= kinds for both in _BOTH_KINDS)


def named_something(look: Look) -> bool:
    """`sell remaining SUPER`: what stands behind `all` was taken for a courtesy."""
    if look.read.intent not in (Action.CLOSE_ALL, Action.CANCEL_ALL):
        return False
    for found in _WHOLE.finditer(look.text):
        following = re.match(r"[\w']+", look.text[found.end() :])
        if following is not None and following[0] not in _AFTER_WHOLE:
            return True
        if following is not None and following[0] == "my":
            noun = re.match(r"my ([\w']+)", look.text[found.end() :])
            if noun is not None and noun[1] not in _AFTER_WHOLE:
                return True
        if following is None and found[0].strip() in ("remaining", "whole", "entire", "full"):
            return True
    return False


def all_of_others(look: Look) -> bool:
    """`close all my positions if BTC drops to 55k`: all, and BTC only says when."""
    kinds = [token.kind for token in look.tokens]
    if look.read.intent not in ORDERS or "if" not in kinds or not has(look.tokens, *_ALLS):
        return False
    return all(kind != "asset" for kind in kinds[: kinds.index("if")])


_ALLS = ("all", "everything")
