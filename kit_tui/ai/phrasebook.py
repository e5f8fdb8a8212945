"""The phrases an order is made of, and the slots they fill.

A message is read from left to right; at each place the longest phrase that fits is taken. Every
token must belong to a phrase: one that belongs to none ends the reading, and there is no order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from kit_tui.ai.slots import Conflict, Slots
from kit_tui.ai.tokens import Token, first, pattern, shape

Fill = Callable[[Slots, Sequence[Token]], None]
Phrase = tuple[str, Fill]


def _verb(slots: Slots, tokens: Sequence[Token]) -> None:
    kind = next(t.kind for t in tokens if t.kind not in ("a", "to", "my", "into"))
    slots.verbs.append("buy" if kind == "long" else kind)


def _asset(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.assets.extend(token for token in tokens if token.kind == "asset")


def _base(slots: Slots, tokens: Sequence[Token]) -> None:
    number = first(tokens, "num", "part")
    assert number is not None  # noqa: S101 - every phrase of this kind holds one
    slots.put("base", number.value)
    _asset(slots, tokens)


def _money(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.put("amount", first(tokens, "money"))
    _asset(slots, tokens)


def _bare(slots: Slots, tokens: Sequence[Token]) -> None:
    number = first(tokens, "num")
    assert number is not None  # noqa: S101
    slots.put("bare", number.value)
    _asset(slots, tokens)


def _paid(slots: Slots, tokens: Sequence[Token]) -> None:
    """`for 100`: what is paid, so an amount of the quote currency that is not named."""
    number = first(tokens, "num")
    assert number is not None  # noqa: S101
    slots.put("amount", number)


def _fraction(slots: Slots, tokens: Sequence[Token]) -> None:
    share = first(tokens, "percent", "part", "all", "everything")
    assert share is not None  # noqa: S101
    value = Decimal(1) if share.kind in ("all", "everything") else share.value
    if share.kind == "percent" and value is not None:
        value /= 100
    if slots.fraction is not None:  # half of a half is a quarter, not a half
        raise Conflict("fraction")
    slots.put("fraction", value)
    _asset(slots, tokens)


def _lone_share(slots: Slots, tokens: Sequence[Token]) -> None:
    _fraction(slots, tokens)
    slots.lone_share = True


def _lots(slots: Slots, tokens: Sequence[Token]) -> None:
    number = first(tokens, "num")
    assert number is not None  # noqa: S101
    slots.put("lots", number.value)
    _asset(slots, tokens)


def _vague_part(slots: Slots, tokens: Sequence[Token]) -> None:
    _fraction(slots, tokens)
    said = tokens[0].text.split()  # neither is ever said of one coin
    slots.vague_part = not {"hälfte", "of"} & set(said)


def _of_cash(slots: Slots, tokens: Sequence[Token]) -> None:
    _fraction(slots, tokens)
    slots.of_cash = True


def _price(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.put("price", first(tokens, "num", "money"))


def _late_level(slots: Slots, tokens: Sequence[Token]) -> None:
    """`move the stop on BTC to 58k`: the level of an exit that was named before."""
    if not slots.types & {"stop", "stoploss", "tp"}:
        raise Conflict("price")
    slots.put("price", first(tokens, "num", "money"))


def _typed(slots: Slots, tokens: Sequence[Token]) -> None:
    """`limit buy for`: what kind of order, and its side."""
    slots.verbs.append("sell" if first(tokens, "sell") else "buy")
    slots.types.add("limit" if first(tokens, "limit") else "market")


def _limit(slots: Slots, tokens: Sequence[Token]) -> None:
    _price(slots, tokens)
    slots.types.add("limit")


def _bounded(slots: Slots, tokens: Sequence[Token]) -> None:
    """`at 60k or better`, `at most 60k`: a limit, on the side of the price where one gains."""
    _limit(slots, tokens)
    slots.bound = tokens[0].text if tokens[0].kind == "most" else tokens[-1].text


def _order(_: Slots, __: Sequence[Token]) -> None:
    """The noun in `an order to buy`, which says nothing by itself."""


def _stop_entry(slots: Slots, _: Sequence[Token]) -> None:
    """`stop buy`, `buy stop`: the price is where the order wakes up."""
    slots.verbs.append("buy")
    slots.stop_entry = True


def _stop_sale(slots: Slots, _: Sequence[Token]) -> None:
    slots.verbs.append("sell")
    slots.types.add("stop")
    slots.exit_first = True


def _type(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.exit_first = slots.exit_first or slots.bare is None
    for token in tokens:
        if token.kind in ("limit", "market", "stop", "stoploss", "stoplimit", "tp", "trail"):
            slots.types.add(token.kind)


def _oco(slots: Slots, _: Sequence[Token]) -> None:
    """A stop and a target of which one cancels the other."""
    slots.types.add("oco")


def _stop(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.put("stop", first(tokens, *_LEVELS))
    slots.protective = slots.protective or any(
        t.kind in ("stoploss", "with", "and") for t in tokens
    )
    slots.types.add("stop")


def _stop_of(slots: Slots, tokens: Sequence[Token]) -> None:
    """`stop at 60k BTC`: a level and its market; after `sell` it may as well be an amount."""
    if slots.verbs_of_side:
        raise Conflict("size")
    _stop(slots, tokens)
    _asset(slots, tokens)


def _target_of(slots: Slots, tokens: Sequence[Token]) -> None:
    _target(slots, tokens)
    _asset(slots, tokens)


def _stop_limit(slots: Slots, tokens: Sequence[Token]) -> None:
    numbers = [token for token in tokens if token.kind in ("num", "money")]
    slots.put("stop", numbers[0])
    slots.put("price", numbers[1])
    slots.types.add("stoplimit")


def _target(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.put("target", first(tokens, *_LEVELS, "ratio"))


def _reward(slots: Slots, tokens: Sequence[Token]) -> None:
    """`R:R 1:2`, `risk reward 3`: the target as a multiple of the risk."""
    token = first(tokens, "ratio", "num")
    assert token is not None  # noqa: S101
    slots.put("target", Token("ratio", token.text, token.value))


def _trail(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.put("trail", first(tokens, "percent", "signed"))
    _asset(slots, tokens)


def _late_trail(slots: Slots, tokens: Sequence[Token]) -> None:
    """`trailing stop on SOL at 5%`: how far behind, after the market."""
    if "trail" not in slots.types:
        raise Conflict("trail")
    _trail(slots, tokens)


def _condition(slots: Slots, tokens: Sequence[Token]) -> None:
    kinds = [token.kind for token in tokens if token.kind in _CROSSINGS]
    slots.put("condition", next((kind for kind in kinds if kind in _MOVES), kinds[0]))
    slots.put("price", first(tokens, "num", "money"))
    _asset(slots, tokens)


def _quote(slots: Slots, tokens: Sequence[Token]) -> None:
    token = first(tokens, "currency")
    assert token is not None  # noqa: S101
    slots.put("quote", token.unit)


def _venue(slots: Slots, tokens: Sequence[Token]) -> None:
    token = first(tokens, "venue")
    assert token is not None  # noqa: S101
    slots.put("venue", token.unit)


PROMISES = {
    "post only": "post_only", "maker only": "post_only", "ioc": "ioc", "fok": "fok",
    "immediate or cancel": "ioc", "fill or kill": "fok", "gtc": "gtc",
    "reduce only": "reduce",
    "good till cancelled": "gtc", "good till canceled": "gtc", "good til cancelled": "gtc",
    "good til canceled": "gtc", "as maker": "post_only", "as a maker": "post_only",
}  # fmt: skip


def _promise(slots: Slots, tokens: Sequence[Token]) -> None:
    """What a limit order promises: to rest, or to trade at once."""
    token = first(tokens, "promise")
    assert token is not None  # noqa: S101
    slots.put("promise", PROMISES[token.text])


def _everything(slots: Slots, _: Sequence[Token]) -> None:
    slots.everything = True


def _id(slots: Slots, tokens: Sequence[Token]) -> None:
    token = first(tokens, "num", "id")
    assert token is not None  # noqa: S101
    slots.put("order_id", token.text)


_ON = "(to|for|on(?!venue)|at(?=my* asset))?"
_LEVELS = ("num", "money", "percent", "signed", "atr")
_MOVES = ("drop", "rise", "hit", "break")
_CROSSINGS = (*_MOVES, "above", "below")
_N = "(num|money)(?!asset|of|percent|coins|lots)"
_FAR = "(percent|signed|atr)"
_M = f"((num|money)(?!asset|of|coins|lots)|{_FAR}(?!asset|of|coins))"
_T = f"({_M}|ratio)"
_BELOW = "(below my? (entry|market|price)?)?"
_ABOVE = "(above my? (entry|market|price)?)?"
_LINK = "(at|of|to|for|on|price)*"

_COMMON: tuple[Phrase, ...] = (
    ("(of|into|on|for)? (my|a|some)* asset (position|long|coins)?", _asset),
    ("(on|for)? (percent|part|all) of? my asset (position|long|coins)?", _fraction),
    ("(percent|part|all) of asset (position|long|coins)?", _fraction),
    ("(percent|all) asset (position|long|coins)?", _fraction),
    ("my all asset (position|long|coins)?", _fraction),
    ("my? all my? position (of|on)? my? asset", _fraction),
    ("everything (into|of|on) my? asset", _fraction),
    ("(on|at|with|for) venue", _venue),
)
_SHARE: tuple[Phrase, ...] = (
    ("(part|all)", _fraction),
    ("percent", _lone_share),
    ("by (percent|part)", _fraction),
    ("by num(?!asset)", _bare),
    ("by money", _money),
    ("(percent|part|all) of? my? (position|coins)", _fraction),
)
ORDER: tuple[Phrase, ...] = (
    *_COMMON,
    *_SHARE,
    ("(buy|sell|long|short|bid|convert) (into(?=my* asset))? (order (to|for|of)?)?", _verb),
    ("a (buy|sell) order (to|for|of)?", _verb),
    ("a (buy|sell) (?=limit|stop|stoplimit|trail)", _verb),
    ("a (long|short|bid)", _verb),
    ("a? long position (on|into|for)?", _verb),
    ("a? bid for (?=num asset|asset)", _verb),
    ("a? (limit|market) (buy|sell|long) order? for (?=num asset|money)", _typed),
    ("a? (stop (buy|long)|buy stop) (order (to|for|of)?)?", _stop_entry),
    ("a? (stop sell|sell stop(?!num|money|at)) (order (to|for|of)?)?", _stop_sale),
    ("to (my|a|some)* asset (position|long)?", _asset),
    ("(put|get|set)", _verb),
    (f"a? (limit|market|stop|stoplimit|stoploss|tp|trail) order* {_ON}", _type),
    (f"my (stop|stoploss|tp|trail) order* {_ON} (?!buy|sell|long)", _type),
    ("(a|my)? ((stop|stoploss|trail) below|tp above) (?=my* asset)", _type),
    ("order (?=buy|sell|long)", _order),
    ("(?<=(set|put|limit|market|stop)) a? order to? (?=buy|sell|long)", _order),
    ("and? with? a? my? oco order? (to|for|on)?", _oco),
    ("for? num (of a)? asset coins?", _base),
    ("num lots (of? (my|a)? asset)?", _lots),
    ("num (coins|all) of? asset", _base),
    ("asset num coins", _base),
    ("part a asset", _base),
    ("a part asset", _base),
    ("part asset", _vague_part),
    ("money of? (my|a|some)? asset coins?", _money),
    ("(for|with|of)? money", _money),
    ("num of my asset", _base),
    ("my num asset (position|coins)?", _base),
    ("num of it", _base),
    ("(part|percent) of it", _fraction),
    ("num of asset", _bare),
    ("num", _bare),
    ("for num(?!asset|of)", _paid),
    ("(with|for|of)? (percent|part|all) of? my (cash|currency)", _of_cash),
    ("(with|for|of)? (percent|part) of? (cash|currency)", _of_cash),
    ("with all my (cash|currency)", _of_cash),
    (f"(at (my|a)? price?|price) of? {_N}", _price),
    (f"at (my|a)? price? of? {_N} better", _bounded),
    (f"(with|at)? a? my? limit order? {_LINK} {_N} better", _bounded),
    (f"most {_N}", _bounded),
    (f"with? (my|a)? entry (at|of)* {_N}", _price),
    ("(with|at)? a? (num|money) limit(?!num|money|at)", _limit),
    (f"(?<=asset) (to|on) {_N}", _late_level),
    (f"(with|at)? a? my? limit order? {_LINK} {_N}", _limit),
    ("at my? market", _type),
    (f"and? (with|set|put)? a? my? (stop|stoploss) order? {_LINK} {_M}", _stop),
    ("a? my? (stop|stoploss) order? at (num|money) asset", _stop_of),
    ("a? my? tp order? at (num|money) asset", _target_of),
    (f"and? with? a? {_FAR} (stop|stoploss)", _stop),
    (f"and? with? a? my? (stop|stoploss) order? {_LINK} {_FAR}(?!of) {_BELOW}", _stop),
    (
        f"(and? with)? a? stop order? {_LINK} (num|money) and? with? a? limit {_LINK} {_N}",
        _stop_limit,
    ),
    (f"stoplimit order? {_LINK} (num|money) and? with? a? limit {_LINK} {_N}", _stop_limit),
    (f"and? (with|set|put)? a? my? tp order? {_LINK} {_T}", _target),
    (f"and? with? a? my? tp order? {_LINK} {_FAR}(?!of) {_ABOVE}", _target),
    (f"and? with? a? ({_FAR}|ratio) tp", _target),
    ("and? with? a? rr (of|at)* (ratio|num)", _reward),
    ("and? with? a? ratio rr", _reward),
    (f"and? with? a? my? trail (stop|by)* {_LINK} a? (percent|signed)", _trail),
    ("and? with? a? (percent|signed) trail stop?", _trail),
    ("(at|of|by|to) (percent|signed)(?!of|asset)", _late_trail),
    ("trail my? asset (by|with|at)? (percent|signed)", _trail),
    (
        f"(on a?|if (it|my? asset|my? price)?) (drop|rise|hit|break|above|below) (at|to)* {_N}",
        _condition,
    ),
    (
        f"if (it|my? asset|my? price)? (at|on|to|above|below)* {_N} (drop|rise|hit|break)",
        _condition,
    ),
    ("(for|to|into) currency", _quote),
    ("and? with? a? promise (?!limit) order?", _promise),
    ("a? promise (?=limit)", _promise),
)
CLOSE: tuple[Phrase, ...] = (
    *_COMMON,
    *_SHARE,
    ("close (of|on|my)*", _verb),
    ("sell", _verb),
    ("part asset (position|long)?", _fraction),
    ("my? (position|long|coins) (on|into|of)?", _type),
    ("(all|everything) my? (position|coins)?", _everything),
    ("at my? market", _type),
    ("market order?", _type),
)
CANCEL: tuple[Phrase, ...] = (
    ("cancel", _verb),
    ("(for|on|of)? my? asset", _asset),
    ("(for|on|of)? my? asset (limit|stop|stoploss|tp|trail|buy|sell)* order", _asset),
    ("my? (limit|stop|stoploss|stoplimit|tp|trail|buy|sell)+ order?", _type),
    ("my? order", _type),
    ("(all|everything) my? (limit|stop|buy|sell)* order?", _everything),
    ("all my? asset order", _asset),
    ("my? order? (num|id)(?!asset|order|limit|stop|tp|trail|buy|sell)", _id),
    ("(on|at) venue", _venue),
)  # fmt: skip


def fill(phrases: Sequence[Phrase], tokens: Sequence[Token]) -> Slots:
    """Read tokens by phrases; `leftover` names the first one that fits nowhere.

    Raises:
        Conflict: when two phrases fill one slot differently.
    """
    slots = Slots()
    read = [token for token in tokens if token.kind != "harmless"]
    kinds = shape(read)
    place = 0
    while place < len(read):
        end, action = place, None
        for phrase, candidate in phrases:
            found = pattern(phrase).match(kinds, place)
            if found and found.end() > end:
                end, action = found.end(), candidate
        if action is None:
            slots.leftover = read[place]
            return slots
        before = len(slots.verbs)
        action(slots, read[place:end])
        verb = slots.verbs[-1] if len(slots.verbs) > before else ""
        slots.read.append((action.__name__ if not verb else "_verb", verb))
        place = end
    return slots
