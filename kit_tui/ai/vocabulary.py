"""The closed English vocabulary of orders: what each word is, alone and in fixed phrases."""

from __future__ import annotations

WORDS: dict[str, str] = {
    # verbs
    "buy": "buy", "purchase": "buy", "grab": "buy", "scoop": "buy", "ape": "buy", "snag": "buy",
    "acquire": "buy", "accumulate": "buy", "long": "long", "bid": "bid", "get": "get",
    "put": "put", "invest": "put", "throw": "put", "spend": "put", "protect": "set",
    "sell": "sell", "dump": "sell",
    "offload": "sell", "unload": "sell", "trim": "sell", "short": "short", "close": "close",
    "exit": "close", "flatten": "close", "liquidate": "close", "unwind": "close",
    "cancel": "cancel", "set": "set", "place": "set", "add": "set", "convert": "convert",
    "swap": "convert", "exchange": "convert",
    # nouns and adjectives of orders
    "limit": "limit", "market": "market", "stop": "stop", "stoploss": "stoploss",
    "sl": "stoploss", "tp": "tp", "target": "tp", "trailing": "trail", "trail": "trail",
    "oco": "oco", "bracket": "oco", "ioc": "promise", "fok": "promise",
    # a stop that is there is moved; said of anything else these words are not understood
    "move": "move", "raise": "move", "lower": "move", "tighten": "move",
    "order": "order", "orders": "order", "position": "position", "positions": "position",
    "holdings": "position", "holding": "position", "bag": "position", "bags": "position",
    "stack": "position", "trade": "position", "trades": "position", "price": "price",
    "cash": "cash", "funds": "cash", "coins": "coins", "coin": "coins", "tokens": "coins",
    # small words
    "at": "at", "@": "at", "for": "for", "of": "of", "worth": "of", "my": "my", "the": "my",
    "our": "my", "a": "a", "an": "a", "some": "some", "any": "unknown", "into": "into",
    "in": "into", "on": "on", "via": "on", "using": "on", "through": "on", "with": "with",
    "to": "to", "and": "and", "&": "and", "plus": "and", "or": "or", "by": "by",
    "if": "if", "when": "if", "once": "if", "it": "it", "drops": "drop", "drop": "drop",
    "falls": "drop", "dips": "drop", "rises": "rise", "climbs": "rise", "goes": "unknown",
    "hits": "hit", "reaches": "hit", "touches": "hit", "above": "above", "over": "above",
    "below": "below", "under": "below", "all": "all", "entire": "all", "whole": "all",
    "everything": "everything",
    # courtesy and haste change nothing
    "please": "harmless", "pls": "harmless", "plz": "harmless", "now": "harmless",
    "open": "harmless", "immediately": "harmless",
    "asap": "harmless", "quickly": "harmless", "me": "harmless",
    "hey": "harmless", "hi": "harmless", "hello": "harmless", "ok": "harmless",
    "okay": "harmless", "kit": "harmless", "thanks": "harmless", "thx": "harmless",
    "just": "harmless", "another": "harmless", "more": "harmless", "yo": "harmless",
    "alright": "harmless", "mate": "harmless", "bro": "harmless", "today's": "unknown",
}  # fmt: skip

# Fixed phrases, read before single words; the longest one wins.
PHRASES: dict[str, str] = {
    "take profit": "tp", "take profits": "tp", "profit target": "tp", "take my profit": "tp",
    "stop loss": "stoploss", "stop losses": "stoploss", "protective stop": "stoploss",
    "stop limit": "stoplimit", "trailing stop": "trail", "trailing stop loss": "trail",
    "trailing stoploss": "trail", "post only": "promise", "maker only": "promise",
    "immediate or cancel": "promise", "fill or kill": "promise",
    "right now": "harmless", "straight away": "harmless", "right away": "harmless",
    "at once": "harmless", "for me": "harmless", "thank you": "harmless", "k i t": "harmless",
    "market price": "market", "at market": "market", "at the market": "market",
    "at market price": "market", "at the market price": "market", "current price": "market",
    "at the current price": "market", "at current price": "market", "market order": "market",
    "go long": "long", "go long on": "long", "long on": "long", "go short": "short",
    "short sell": "short", "pick up": "buy", "scoop up": "buy", "snap up": "buy",
    "load up on": "buy", "stack": "position", "ape into": "buy", "ape in": "buy",
    "get rid of": "close", "get out of": "close", "get me out of": "close", "get me out": "close",
    "get out": "close", "go flat": "close", "close out": "close", "close out of": "close",
    "exit from": "close", "bail out of": "close", "out of": "unknown", "sell off": "sell",
    "cash out": "sell", "cash out of": "close", "all of": "all", "half of": "part",
    "half of it": "part", "all of it": "all", "a half of": "part", "a quarter of": "part",
    "a third of": "part", "a quarter": "part", "a third": "part", "one third of": "part",
    "one quarter of": "part",
    "lock in profits": "tp", "lock in profit": "tp", "secure profits": "tp", "lock in gains": "tp",
    "the half": "part", "the rest of": "all", "the whole": "all", "the entire": "all",
    "all the": "all", "of the": "of", "worth of": "of", "the price": "price",
    "limit price": "limit",
    "breaks above": "rise", "breaks over": "rise", "rises above": "rise", "goes above": "rise",
    "rises to": "rise", "climbs to": "rise", "climbs above": "rise", "goes up to": "rise",
    "breaks out above": "rise", "moves above": "rise", "crosses above": "rise",
    "drops to": "drop", "falls to": "drop", "dips to": "drop", "goes down to": "drop",
    "comes down to": "drop", "gets to": "hit", "drops below": "below", "falls below": "below",
    "dips below": "below", "breaks below": "below", "goes below": "below", "drops under": "below",
    "falls under": "below", "crosses below": "below", "goes under": "below",
    "put in": "set", "order id": "order", "order number": "order", "order no": "order",
    "order to": "order", "order for": "order", "orders for": "order", "order of": "order",
}  # fmt: skip

# What may come before an order without changing it. Only at the beginning of a message.
LEAD_INS: tuple[str, ...] = (
    "i want to", "i wanna", "i would like to", "i'd like to", "i'd love to", "i need to",
    "i want you to", "i'd like you to", "let's", "lets", "let me", "let us", "go ahead and",
    "can you", "could you", "would you", "can we", "i'm going to", "i want", "i'd like",
    "we need to",
)  # fmt: skip

# Typing slips of verbs. Anything nearer to another word ("tell", "cell") is not here.
SLIPS: dict[str, str] = {
    "byu": "buy", "ubuy": "buy", "buyt": "buy", "purchse": "purchase", "purchace": "purchase",
    "slel": "sell", "sel": "sell", "seel": "sell", "selll": "sell", "esll": "sell",
    "cancle": "cancel", "cacnel": "cancel", "canel": "cancel", "cansel": "cancel",
    "cancell": "cancel", "clsoe": "close", "cloes": "close", "colse": "close", "claose": "close",
    "limt": "limit", "lmit": "limit", "limti": "limit", "makret": "market", "markt": "market",
    "plase": "please", "pleas": "please", "hlaf": "half", "haf": "half",
    "evrything": "everything", "everthing": "everything", "everyting": "everything",
    "postion": "position", "positon": "position", "postions": "positions", "oders": "orders",
    "positons": "positions", "ordrs": "orders",
    "sotp": "stop", "kaufne": "kaufen", "verkafe": "verkaufe", "kuafe": "kaufe",
    "anlyse": "analyse", "anaylze": "analyze", "anaylse": "analyse", "analze": "analyze",
    "analize": "analyze", "analyize": "analyze", "anlayze": "analyze", "anlyze": "analyze",
    "porfolio": "portfolio", "portoflio": "portfolio", "protfolio": "portfolio",
    "portfollio": "portfolio", "balence": "balance", "balanse": "balance", "prise": "price",
    "alrt": "alert", "aelrt": "alert", "allert": "alert", "rsik": "risk", "hlep": "help",
    "reusme": "resume", "resme": "resume", "bakctest": "backtest", "backtset": "backtest",
}  # fmt: skip
DOUBLED = ("buy", "sell", "dump", "grab", "cancel", "close", "kaufe", "verkaufe", "stop", "please")
