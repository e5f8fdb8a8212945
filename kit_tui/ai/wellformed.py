"""Whether the phrases of an order stand together like an order, not like a heap of its words."""

from __future__ import annotations

from collections.abc import Sequence

from kit_tui.ai.slots import Slots
from kit_tui.ai.tokens import Token, has, pattern, shape

_SIDES = frozenset({"buy", "sell", "bid", "convert"})
_INTRODUCTIONS = frozenset({"order_type", "verb", "order_noun", "oco", "promise"})
_SIZES = frozenset(
    {"asset", "base", "money", "fraction", "vague_part", "lots", "coins", "paid", "bare"}
)
# `my BTC buy of $100` speaks of an order, `BTC buy 0.1` places one.
_NOUN = pattern(
    "(my|a|num|money|of|for)* asset (position|coins)? (buy|sell) (of|order)|my asset buy"
)
_INTO = pattern("(into|on|at) (my|a|some)* asset")
_TO = pattern("(to|into|for) (my|a|some)* (asset|currency)")
_TO_ASSET = pattern("to (my|a|some)* asset")
_GET = pattern("get (num|money|a)")
_OPENING = pattern(
    "(set? a? (limit|market) order?)? "
    "(my? asset|(num|money|percent|part|all) of? my? asset) (buy|sell|long)(?!order)"
)
_SOLD_INTO = pattern("(num|money|percent) into my? asset")
_TITLE = pattern("my? asset (buy|sell|long)")
_ASSET = pattern("asset")
_ANY_EXIT = pattern("(stop|stoploss|stoplimit|tp|trail|oco)")
_AND_EXIT = pattern("and (with|set|put)* (a|my)* (num|money|percent)? (stop|stoploss|tp|trail)")
_BACK = pattern("for my asset")
_CHEAPER = frozenset({"cheaper", "less", "lower", "below", "most", "max", "under", "maximum",
                       "maximal", "höchstens", "tops", "weniger", "billiger", "günstiger",
                       "drunter", "tiefer", "unter"})  # fmt: skip
_DEARER = frozenset({"higher", "more", "above", "least", "mindestens", "over", "min",
                     "minimum", "mehr", "höher", "drüber", "über"})  # fmt: skip


def malformed(slots: Slots, tokens: Sequence[Token]) -> str:
    """Why the message is no well-formed order, or an empty string."""
    read = [token for token in tokens if token.kind != "harmless"]
    kinds = shape(read)
    checks = (
        _verbs(slots, kinds, read),
        _verb_place(slots, kinds),
        _assets_twice(slots, kinds),
        _exits(slots, read),
        _bound(slots),
        _sold_into(slots, kinds),
        _sold_and_guarded(slots, kinds),
        _offered(slots, read),
    )
    return next((why for why in checks if why), "")


def _verbs(slots: Slots, kinds: str, read: Sequence[Token]) -> str:
    sides = [verb for verb in slots.verbs if verb in _SIDES]
    helpers = [verb for verb in slots.verbs if verb not in _SIDES]
    if len(sides) > 1 or len(helpers) > 1:
        return "several verbs"
    if sides and helpers:
        introduced = has(read, "order", "limit", "market", "stop") and slots.verbs[0] in helpers
        return "" if introduced and helpers != ["get"] else "verbs that do not go together"
    place = [verb for _, verb in slots.read].index(helpers[0]) if helpers else 0
    exits = slots.types or slots.stop or slots.target or slots.trail
    if place not in (0, len(slots.read) - 1) and not (exits and helpers == ["set"]):
        return "a verb in the middle"
    if helpers == ["put"] and not exits and not _INTO.search(kinds):
        return "nothing to put it into"
    if helpers == ["get"] and (not _GET.match(kinds) or _BACK.search(kinds)):
        return "nothing to get"
    converts = "convert" in sides
    if converts and not _TO.search(kinds):
        return "nothing to convert to"
    if _TO_ASSET.search(kinds) and not (converts or exits):
        return "a direction without a conversion"
    return ""


def _verb_place(slots: Slots, kinds: str) -> str:
    """The verb leads, or stands after the market and the size; nothing else comes before it."""
    sides = [i for i, (name, verb) in enumerate(slots.read) if name == "verb" and verb in _SIDES]
    if not sides or sides[0] == len(slots.read) - 1 or _OPENING.match(kinds):
        return ""
    before = {name for name, _ in slots.read[: sides[0]]}
    if before <= _INTRODUCTIONS or (before <= _SIZES and not _NOUN.match(kinds)):
        return ""
    return "words before the verb"


def _sold_into(slots: Slots, kinds: str) -> str:
    """`dump $200 into ETH` hardly means a sale."""
    sold = "sell" in slots.verbs and _SOLD_INTO.search(kinds)
    return "sold into a market" if sold else ""


def _sold_and_guarded(slots: Slots, kinds: str) -> str:
    """`sell half my ETH and a stop at 2000`: a sale now and a stop for what is left, or one."""
    second = "sell" in slots.verbs and _AND_EXIT.search(kinds) and "oco" not in slots.types
    return "a sale and an exit" if second else ""


def _offered(slots: Slots, read: Sequence[Token]) -> str:
    """An offer names its price; without one nobody knows what is meant."""
    offers = any("offer" in token.text.split() for token in read)
    return "an offer without a price" if offers and slots.price is None else ""


def _bound(slots: Slots) -> str:
    """Nobody buys at 60k or more; who says so means something else."""
    said = frozenset(slots.bound.split())
    sells = "sell" in slots.verbs
    if said & (_CHEAPER if sells else _DEARER):
        return "a limit on the wrong side"
    # `2 ETH for at most 4900` may be what both cost; a sale for at least so much is safe either way
    return "a price in all" if slots.in_all and not sells and slots.base != 1 else ""


def _assets_twice(slots: Slots, kinds: str) -> str:
    named = len(slots.assets)
    allowed = 2 if slots.condition or _TITLE.match(kinds) else 1
    # `… kaufen, trail my ETH by 3%`: an exit with a market of its own is a second order.
    return "a market named twice" if named > allowed or _own_exit(kinds) else ""


def _own_exit(kinds: str) -> bool:
    """Whether an exit stands between two markets."""
    places = [found.start() for found in _ASSET.finditer(kinds)]
    between = kinds[places[0] : places[-1]] if len(places) > 1 else ""
    return _ANY_EXIT.search(between) is not None


def _exits(slots: Slots, read: Sequence[Token]) -> str:
    stops = sum(token.kind in ("stop", "stoploss") for token in read)
    targets = sum(token.kind == "tp" for token in read)
    trails = sum(token.kind == "trail" for token in read)
    most_stops = 2 if slots.stop_entry else 1
    if stops > most_stops or targets > 1 or trails > 1 or (trails and (stops or targets)):
        return "exits named twice"
    return ""
