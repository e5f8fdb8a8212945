"""Why a message that names an order may still be no request to place it, here and now.

The grammar needs none of this: it is closed. A model's reading is not, so what a person wrote must
look like one plain request before a model may draft an order from it. In doubt it has to ask.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from kit_tui.ai import asking
from kit_tui.ai.markets import assets_of
from kit_tui.ai.tokens import Token, has
from kit_tui.ai.wordlists import words

UNCLEAR = "The message is no plain request to trade now."
NO_MARKET = "The message names no market that is listed."
NUMBER = "A number in the message is not plain. Which is meant?"

MOST_UNKNOWN = 3
_VERBS = ("buy", "sell", "convert", "close")
_OPENINGS = frozenset(
    {"buy", "sell", "convert", "close", "put", "get", "set", "long", "bid", "use", "move", "stop",
     "stoploss", "stoplimit", "tp", "trail", "oco", "limit"}
)  # fmt: skip
# What may come before the verb though the grammar of orders does not know it.
_REQUESTS = words(
    "quiero quisiera je veux voudrais por favor gern gerne einfach i'd i we want wanna need to ich "
    "we'd lass time it's its go ahead fancy feel like be dear mate "
    "friend buddy"
)
# Jokes, second thoughts, conditions, hearsay, times of day, other units, bounds and repetitions.
_DOUBTFUL = words(
    "jk kidding joke joking sarcasm sarcastic lol lmao haha hahaha rofl xd nah hmm oops ups sorry "
    "scratch guess mind correct right mistake stupid dumb idea tbh wait hold pass again twice "
    "thrice times depending depends provided assuming otherwise midnight noon uhr o'clock minutes "
    "hours days weeks stunden minuten approve approved confirm ignore yolo paper live real "
    "whatever anything something costs wall signal pretend dream roleplay translate example "
    "instance simulate explain phrase command picture tried forgot failed already used wrote "
    "tweeted meint sagte sagt möglich sofern falls bis oder statt beziehungsweise followed sats "
    "sat satoshi satoshis wei gwei mbtc yen francs franken pesos rupees rubles rubel yuan shares "
    "share stocks aktien between least than mindestens höchstens minus negative zero sale house "
    "kein i'll correctly begin alias echo leverage best top mean meant werde wollte wollten wife "
    "husband mom mum dad boss him her from kk bad bunch couple few plenty many several enough "
    "tons ton max paar bisschen etwas viele müsste muss must may shall can darf kaufte verkaufte "
    "comment filled liquidity pressure zone wall side reasons explained christmas last year "
    "prices zahlen zweifel chapter tabs behalf nan beer kaffee grid them see sind wir"
)
_SIGNS = re.compile(r"[;:=8][-']?[()dp|/\\](?!\w)|\^\^|\.\.+ *\w|;|\d+x\b|\bx\d|\b\d+ ?(?:am|pm)\b")
_ALL_IN = re.compile(
    r"\ball ?-? ?in\b|\bas long as\b|\bin case\b|\bwith everything\b|\dkk\b|"
    r"\b(?:up to|worth it|at most|out of my|(?:buy|sell) you)\b|"
    r"\bstop (?:\w+ to|\w+ing)\b|^(?:i|we|ich|wir) (?:just |already )?(?:buy|sell|kaufe\w*|"
    r"verkaufe\w*|close)\b|^(?:to|in|as)\b|^\S+ \w+ (?:buy|sell) orders?\b|\bkaufen wir\b"
)
# Coins taken out or brought away may leave the account instead; `sell me` may mean to buy; and an
# order that rests is moved, not placed once more.
_ELSEWHERE = re.compile(
    r"\b(?:nimm|nehm\w*|zieh\w*|hol\w*|bring\w*|pack\w*)\b.*"
    r"\b(?:raus|heraus|aus dem markt|zurück|weg)$|"
    r"\bout of (?:binance|kraken|coinbase|metatrader|bybit|okx|bitget|kucoin|gemini|bitstamp)\b|"
    r"\b(?:cold storage|cold wallet|in sicherheit)\b|\b(?:flog|dump|offload) (?:me|us)\b|"
    r"\b(?:get|give|bring|want)\b.*\bback$|"
    r"\b(?:drop|lower|raise|lift|move|change|bump|pull|push|adjust|amend|set)\b.*"
    r"\b(?:bids?|offers?|asks?|order|limit) (?:for \w+ |on \w+ )?(?:to|up|down)\b|"
    r"\b(?:sell|dump|close|verkauf\w*)\b.* (?:and|und) .*\b(?:stopp?|trailing|target|sl|tp)\b|"
    r"\b(?:the|den|der) rest\b|\b(?:a|an|einen?) (?:stopp?|target)$|\bdone with\b|"
    r"\bals sicherheit\b|"
    r"\b(?:coffee|pizza|lunch|dinner|drinks?|present|gift|ticket)s?\b"
)
_RANGE = re.compile(r"\d ?(?:-|–|to|~) ?\d")


def doubt_of(
    text: str, said: Sequence[str], tokens: Sequence[Token], verbs: Collection[str]
) -> str:
    """What makes a message doubtful as a request, or an empty string.

    `said` are its words after the lead-in, `verbs` the words that name a side in any language.
    """
    bad = [t for t in tokens if t.kind == "bad" and "be a thousand times" not in t.unit]
    if bad or (has(tokens, "signed") and has(tokens, "sell", "close")):
        return NUMBER
    if _several(tokens):
        return asking.SEVERAL
    if not has(tokens, "asset", "everything", "position"):
        return NO_MARKET
    if has(tokens, "quote"):
        return asking.QUOTED
    if (
        has(tokens, "mark", "id")
        or _SIGNS.search(text)
        or _ALL_IN.search(text)
        or _RANGE.search(text)
        or _ELSEWHERE.search(text)
    ):
        return UNCLEAR
    if _DOUBTFUL & frozenset(said) or not _is_plain(tokens, verbs):
        return UNCLEAR
    return ""


def _several(tokens: Sequence[Token]) -> bool:
    orders = sum(token.kind in _VERBS for token in tokens)
    markets = len(assets_of(tokens)) > 1 and not has(tokens, "convert")
    return orders > 1 or markets or has(tokens, "or")


def _is_plain(tokens: Sequence[Token], verbs: Collection[str]) -> bool:
    """Whether nothing strange comes before the verb, and little after it."""
    unknown = 0
    opened = False
    for token in tokens:
        opens = token.kind in _OPENINGS or token.text in verbs
        strange = token.kind in ("unknown", "id", "date") and not opens
        if strange and not opened and token.text not in _REQUESTS:
            return False
        unknown += strange and token.text not in _REQUESTS
        opened = opened or opens
    return opened and unknown <= MOST_UNKNOWN
