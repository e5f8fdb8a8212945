"""What the phrases of an order say: each fills the slots of the order with its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from kit_tui.ai.slots import Conflict, Slots
from kit_tui.ai.tokens import Token, first

LEVELS = ("num", "money", "percent", "signed", "atr")
MOVES = ("drop", "rise", "hit", "break")
CROSSINGS = (*MOVES, "above", "below")


def verb(slots: Slots, tokens: Sequence[Token]) -> None:
    kind = next(t.kind for t in tokens if t.kind not in ("a", "to", "my", "into"))
    slots.verbs.append("buy" if kind == "long" else kind)


def asset(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.assets.extend(token for token in tokens if token.kind == "asset")


def base(slots: Slots, tokens: Sequence[Token]) -> None:
    number = first(tokens, "num", "part")
    assert number is not None  # noqa: S101 - every phrase of this kind holds one
    slots.put("base", number.value)
    asset(slots, tokens)


def money(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.put("amount", first(tokens, "money"))
    asset(slots, tokens)


def bare(slots: Slots, tokens: Sequence[Token]) -> None:
    number = first(tokens, "num")
    assert number is not None  # noqa: S101
    slots.put("bare", number.value)
    asset(slots, tokens)


def paid(slots: Slots, tokens: Sequence[Token]) -> None:
    """`for 100`: what is paid, so an amount of the quote currency that is not named."""
    number = first(tokens, "num")
    assert number is not None  # noqa: S101
    slots.put("amount", number)


def fraction(slots: Slots, tokens: Sequence[Token]) -> None:
    share = first(tokens, "percent", "part", "all", "everything")
    assert share is not None  # noqa: S101
    value = Decimal(1) if share.kind in ("all", "everything") else share.value
    if share.kind == "percent" and value is not None:
        value /= 100
    if slots.fraction is not None:  # half of a half is a quarter, not a half
        raise Conflict("fraction")
    slots.put("fraction", value)
    asset(slots, tokens)


def lone_share(slots: Slots, tokens: Sequence[Token]) -> None:
    fraction(slots, tokens)
    slots.lone_share = True


def lots(slots: Slots, tokens: Sequence[Token]) -> None:
    number = first(tokens, "num")
    assert number is not None  # noqa: S101
    slots.put("lots", number.value)
    asset(slots, tokens)


def vague_part(slots: Slots, tokens: Sequence[Token]) -> None:
    fraction(slots, tokens)
    said = tokens[0].text.split()  # neither is ever said of one coin
    slots.vague_part = not {"hälfte", "of"} & set(said)


def of_cash(slots: Slots, tokens: Sequence[Token]) -> None:
    fraction(slots, tokens)
    slots.of_cash = True


def price(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.put("price", first(tokens, "num", "money"))


def late_level(slots: Slots, tokens: Sequence[Token]) -> None:
    """`move the stop on BTC to 58k`: the level of an exit that was named before."""
    if not slots.types & {"stop", "stoploss", "tp"}:
        raise Conflict("price")
    slots.put("price", first(tokens, "num", "money"))


def typed(slots: Slots, tokens: Sequence[Token]) -> None:
    """`limit buy for`: what kind of order, and its side."""
    slots.verbs.append("sell" if first(tokens, "sell") else "buy")
    slots.types.add("limit" if first(tokens, "limit") else "market")


def limit(slots: Slots, tokens: Sequence[Token]) -> None:
    price(slots, tokens)
    slots.types.add("limit")


def bounded(slots: Slots, tokens: Sequence[Token]) -> None:
    """`at 60k or better`, `at most 60k`: a limit, on the side of the price where one gains."""
    limit(slots, tokens)
    slots.bound = tokens[0].text if tokens[0].kind == "most" else tokens[-1].text


def bounded_total(slots: Slots, tokens: Sequence[Token]) -> None:
    """`for at most 2450`: the price of one coin, or what all of them may cost."""
    bounded(slots, tokens)
    slots.in_all = True


def bounded_after(slots: Slots, tokens: Sequence[Token]) -> None:
    """`140 max`, `for 2300 or less`: the bound after its number."""
    bounded(slots, tokens)
    slots.bound = tokens[-1].text
    slots.in_all = tokens[0].kind == "for"
    if tokens[0].kind not in ("at", "for") and not (slots.base or slots.amount):
        raise Conflict("size")


def bounded_beside(slots: Slots, tokens: Sequence[Token]) -> None:
    """`below 2400`: a limit, or the level of the stop that was named before."""
    if slots.types & {"stop", "stoploss"} and tokens[0].kind == "below":
        price(slots, tokens)
        return
    if not slots.verbs_of_side or not (slots.base or slots.amount):
        raise Conflict("price")
    bounded(slots, tokens)
    slots.bound = tokens[0].text


def one(slots: Slots, tokens: Sequence[Token]) -> None:
    """`buy a bitcoin`."""
    slots.put("base", Decimal(1))
    asset(slots, tokens)


def coins(slots: Slots, tokens: Sequence[Token]) -> None:
    """`2 Stück`, of the market that is named elsewhere."""
    number = first(tokens, "num")
    assert number is not None  # noqa: S101
    slots.put("base", number.value)


def order_noun(_: Slots, __: Sequence[Token]) -> None:
    """The noun in `an order to buy`, which says nothing by itself."""


def stop_entry(slots: Slots, _: Sequence[Token]) -> None:
    """`stop buy`, `buy stop`: the price is where the order wakes up."""
    slots.verbs.append("buy")
    slots.stop_entry = True


def stop_sale(slots: Slots, _: Sequence[Token]) -> None:
    slots.verbs.append("sell")
    slots.types.add("stop")
    slots.exit_first = True


def order_type(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.exit_first = slots.exit_first or slots.bare is None
    for token in tokens:
        if token.kind in ("limit", "market", "stop", "stoploss", "stoplimit", "tp", "trail"):
            slots.types.add(token.kind)


def oco(slots: Slots, _: Sequence[Token]) -> None:
    """A stop and a target of which one cancels the other."""
    slots.types.add("oco")


def stop(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.put("stop", first(tokens, *LEVELS))
    slots.protective = slots.protective or any(
        t.kind in ("stoploss", "with", "and") for t in tokens
    )
    slots.types.add("stop")


def stop_of(slots: Slots, tokens: Sequence[Token]) -> None:
    """`stop at 60k BTC`: a level and its market; after `sell` it may as well be an amount."""
    if slots.verbs_of_side:
        raise Conflict("size")
    stop(slots, tokens)
    asset(slots, tokens)


def target_of(slots: Slots, tokens: Sequence[Token]) -> None:
    target(slots, tokens)
    asset(slots, tokens)


def stop_limit(slots: Slots, tokens: Sequence[Token]) -> None:
    numbers = [token for token in tokens if token.kind in ("num", "money")]
    slots.put("stop", numbers[0])
    slots.put("price", numbers[1])
    slots.types.add("stoplimit")


def target(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.put("target", first(tokens, *LEVELS, "ratio"))


def reward(slots: Slots, tokens: Sequence[Token]) -> None:
    """`R:R 1:2`, `risk reward 3`: the target as a multiple of the risk."""
    token = first(tokens, "ratio", "num")
    assert token is not None  # noqa: S101
    slots.put("target", Token("ratio", token.text, token.value))


def trail(slots: Slots, tokens: Sequence[Token]) -> None:
    slots.put("trail", first(tokens, "percent", "signed"))
    asset(slots, tokens)


def trail_some(slots: Slots, tokens: Sequence[Token]) -> None:
    """`trail 2 ETH by 3%`: that much of what is held."""
    coins(slots, tokens)
    trail(slots, tokens)


def late_trail(slots: Slots, tokens: Sequence[Token]) -> None:
    """`trailing stop on SOL at 5%`: how far behind, after the market."""
    if "trail" not in slots.types:
        raise Conflict("trail")
    trail(slots, tokens)


def condition(slots: Slots, tokens: Sequence[Token]) -> None:
    kinds = [token.kind for token in tokens if token.kind in CROSSINGS]
    slots.put("condition", next((kind for kind in kinds if kind in MOVES), kinds[0]))
    slots.put("price", first(tokens, "num", "money"))
    asset(slots, tokens)


def quote(slots: Slots, tokens: Sequence[Token]) -> None:
    token = first(tokens, "currency")
    assert token is not None  # noqa: S101
    slots.put("quote", token.unit)


def venue(slots: Slots, tokens: Sequence[Token]) -> None:
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


def promise(slots: Slots, tokens: Sequence[Token]) -> None:
    """What a limit order promises: to rest, or to trade at once."""
    token = first(tokens, "promise")
    assert token is not None  # noqa: S101
    slots.put("promise", PROMISES[token.text])


def everything(slots: Slots, _: Sequence[Token]) -> None:
    slots.everything = True


def order_id(slots: Slots, tokens: Sequence[Token]) -> None:
    if any(token.kind == "order" and token.text.endswith((" to", " for")) for token in tokens):
        raise Conflict("order")  # `my order to 2300` is a price
    token = first(tokens, "num", "id")
    assert token is not None  # noqa: S101
    slots.put("order_id", token.text)
