"""The phrases an order is made of, and the slots they fill.

A message is read from left to right; at each place the longest phrase that fits is taken. Every
token must belong to a phrase: one that belongs to none ends the reading, and there is no order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from kit_tui.ai import filling as fill
from kit_tui.ai.slots import Slots
from kit_tui.ai.tokens import Token, pattern, shape

Fill = Callable[[Slots, Sequence[Token]], None]
Phrase = tuple[str, Fill]

_ON = "(to|for|on(?!venue)|at(?=my* asset))?"
_N = "(num|money)(?!asset|of|percent|coins|lots)"
_FAR = "(percent|signed|atr)"
_M = f"((num|money)(?!asset|of|coins|lots)|{_FAR}(?!asset|of|coins))"
_T = f"({_M}|ratio)"
_BELOW = "(below my? (entry|market|price)?)?"
_ABOVE = "(above my? (entry|market|price)?)?"
_LINK = "(at|of|to|for|on|price)*"

_COMMON: tuple[Phrase, ...] = (
    ("(of|into|on|for)? (my|a|some)* asset (position|coins|long(?!num|money))?", fill.asset),
    ("(on|for)? (percent|part|all) of? my asset (position|long|coins)?", fill.fraction),
    ("(percent|part|all) of asset (position|long|coins)?", fill.fraction),
    ("(percent|all) asset (position|long|coins)?", fill.fraction),
    ("my all asset (position|long|coins)?", fill.fraction),
    ("my? all my? position (of|on)? my? asset", fill.fraction),
    ("everything (into|of|on) my? asset (position|coins)?", fill.fraction),
    ("(on|at|with|for) venue", fill.venue),
)
_SHARE: tuple[Phrase, ...] = (
    ("(part|all)", fill.fraction),
    ("percent", fill.lone_share),
    ("by (percent|part)", fill.fraction),
    ("by num(?!asset)", fill.bare),
    ("by num (coins|asset)", fill.coins),
    ("by money", fill.money),
    ("(percent|part|all) of? my? (position|coins)", fill.fraction),
)
ORDER: tuple[Phrase, ...] = (
    ("(?<=(buy|sell)) a asset(?!position|long|coins)", fill.one),
    *_COMMON,
    *_SHARE,
    ("(buy|sell|long|short|bid|convert) (into(?=my* asset))? (order (to|for|of)?)?", fill.verb),
    ("a (buy|sell) order (to|for|of)?", fill.verb),
    ("a (buy|sell) (?=limit|stop|stoplimit|trail)", fill.verb),
    ("a (long|short|bid)", fill.verb),
    ("a? long position (on|into|for)?", fill.verb),
    ("a? bid for (?=num asset|asset)", fill.verb),
    ("a? (limit|market) (buy|sell|long) order? (for|of) (?=num asset|money)", fill.typed),
    ("a? (stop (buy|long)|buy stop) (order (to|for|of)?)?", fill.stop_entry),
    ("a? (stop sell|sell stop(?!num|money|at)) (order (to|for|of)?)?", fill.stop_sale),
    ("to (my|a|some)* asset (position|long)?", fill.asset),
    ("(put|get|set)", fill.verb),
    ("at (my|a|some)* asset (position|long|coins)?", fill.asset),
    ("(?<=(buy|sell|bid)) it", fill.order_noun),
    (f"a? (limit|market|stop|stoplimit|stoploss|tp|trail) order* {_ON}", fill.order_type),
    (f"my (stop|stoploss|tp|trail) order* {_ON} (?!buy|sell|long)", fill.order_type),
    ("(a|my)? ((stop|stoploss|trail) below|tp above) (?=my* asset)", fill.order_type),
    ("order (?=buy|sell|long)", fill.order_noun),
    ("(?<=(set|put|limit|market|stop)) a? order to? (?=buy|sell|long)", fill.order_noun),
    ("and? with? a? my? oco order? (to|for|on)?", fill.oco),
    ("(for|of)? num (of a)? asset coins?", fill.base),
    ("num lots (of? (my|a)? asset)?", fill.lots),
    ("num (coins|all) of? my? asset", fill.base),
    ("(?<=asset) num coins(?!of|asset)", fill.base),
    ("num coins(?!of|asset|my)", fill.coins),
    ("asset num coins", fill.base),
    ("part a asset", fill.base),
    ("a part asset", fill.base),
    ("part asset", fill.vague_part),
    ("money of? (my|a|some)? asset coins?", fill.money),
    ("(for|with|of|on)? money", fill.money),
    ("money of(?!my|asset|a|num|money|some)", fill.money),
    ("num of my asset", fill.base),
    ("my num asset (position|coins)?", fill.base),
    ("num of it", fill.base),
    ("(part|percent) of? it", fill.fraction),
    ("num of asset", fill.bare),
    ("num", fill.bare),
    ("for num(?!asset|of)", fill.paid),
    ("(with|for|of)? (percent|part|all) of? my (cash|currency)", fill.of_cash),
    ("(with|for|of)? (percent|part) of? (cash|currency)", fill.of_cash),
    ("with all my (cash|currency)", fill.of_cash),
    (f"(at (my|a)? price?|price) of? {_N}", fill.price),
    (f"at (my|a)? price? of? {_N} better", fill.bounded),
    (f"(with|at)? a? my? limit order? {_LINK} {_N} better", fill.bounded),
    (f"most {_N}", fill.bounded),
    (f"for most {_N}", fill.bounded_total),
    (f"(at|for)? {_N} better", fill.bounded_after),
    (f"better (of|at|price)* {_N}", fill.bounded),
    (f"(below|above) {_N}", fill.bounded_beside),
    (f"and? (with|set|put)? a? my? (stop|stoploss) order? below {_N}", fill.stop),
    (f"with? (my|a)? entry (at|of)* {_N}", fill.price),
    ("(with|at)? a? (num|money) limit(?!num|money|at)", fill.limit),
    (f"(?<=(asset|set)) (to|on) {_N}", fill.late_level),
    (f"(with|at)? a? my? limit order? {_LINK} {_N}", fill.limit),
    ("at my? market", fill.order_type),
    (f"and? (with|set|put)? a? my? (stop|stoploss) order? {_LINK} {_M}", fill.stop),
    ("a? my? (stop|stoploss) order? at (num|money) asset", fill.stop_of),
    ("a? my? tp order? at (num|money) asset", fill.target_of),
    (f"and? with? a? {_FAR} (stop|stoploss)", fill.stop),
    (f"and? with? a? my? (stop|stoploss) order? {_LINK} {_FAR}(?!of) {_BELOW}", fill.stop),
    (
        f"(and? with)? a? stop order? {_LINK} (num|money) and? with? a? limit {_LINK} {_N}",
        fill.stop_limit,
    ),
    (f"stoplimit order? {_LINK} (num|money) and? with? a? limit {_LINK} {_N}", fill.stop_limit),
    (f"and? (with|set|put)? a? my? tp order? {_LINK} {_T}", fill.target),
    (f"and? with? a? my? tp order? {_LINK} {_FAR}(?!of) {_ABOVE}", fill.target),
    (f"and? with? a? ({_FAR}|ratio) tp", fill.target),
    ("and? with? a? rr (of|at)* (ratio|num)", fill.reward),
    ("and? with? a? ratio rr", fill.reward),
    (f"and? with? a? my? trail (stop|by)* {_LINK} a? (percent|signed)", fill.trail),
    ("and? with? a? (percent|signed) trail stop?", fill.trail),
    ("(at|of|by|to) (percent|signed)(?!of|asset)", fill.late_trail),
    ("trail my? asset (by|with|at)? (percent|signed)", fill.trail),
    ("trail num asset (by|with|at)? (percent|signed)", fill.trail_some),
    (
        f"(on a?|if (it|my? asset|my? price)?) (drop|rise|hit|break|above|below) (at|to)* {_N}",
        fill.condition,
    ),
    (
        f"if (it|my? asset|my? price)? (at|on|to|above|below)* {_N} (drop|rise|hit|break)",
        fill.condition,
    ),
    ("(for|to|into) currency", fill.quote),
    ("and? with? a? promise (?!limit) order?", fill.promise),
    ("a? promise (?=limit)", fill.promise),
)
CLOSE: tuple[Phrase, ...] = (
    *_COMMON,
    *_SHARE,
    ("close (of|on|my)*", fill.verb),
    ("(?<=close) it", fill.order_type),
    ("(on|for|into) (all|everything) my? (position|coins)?", fill.everything),
    ("sell", fill.verb),
    ("part asset (position|long)?", fill.fraction),
    ("my? (position|long|coins) (on|into|of)?", fill.order_type),
    ("(all|everything) my? (position|coins)?", fill.everything),
    ("at my? market", fill.order_type),
    ("market order?", fill.order_type),
)
CANCEL: tuple[Phrase, ...] = (
    ("cancel", fill.verb),
    ("(for|on|of|at)? my? asset", fill.asset),
    ("(for|on|of)? my? asset (limit|stop|stoploss|tp|trail|buy|sell)* order", fill.asset),
    ("my? (limit|stop|stoploss|stoplimit|tp|trail|buy|sell)+ order?", fill.order_type),
    ("my? order", fill.order_type),
    ("(?<=cancel) it", fill.order_type),
    ("(for|on|of)? my? asset (limit|stop|stoploss|stoplimit|tp|trail|buy|sell|bid)+", fill.asset),
    ("my? (buy|sell|limit|stop)* order (of|into|on|for|at) my? asset", fill.asset),
    ("(all|everything) my? (limit|stop|buy|sell)* order?", fill.everything),
    ("all my? asset order", fill.asset),
    ("my? order? (num|id)(?!asset|order|limit|stop|tp|trail|buy|sell)", fill.order_id),
    ("(on|at) venue", fill.venue),
)  # fmt: skip


_COMPILED: dict[int, list[tuple[re.Pattern[str], Fill]]] = {}


def _compiled(phrases: Sequence[Phrase]) -> list[tuple[re.Pattern[str], Fill]]:
    """The phrases as patterns; there are three lists of them, each compiled when first needed."""
    found = _COMPILED.get(id(phrases))
    if found is None:
        found = [(pattern(phrase), action) for phrase, action in phrases]
        _COMPILED[id(phrases)] = found
    return found


def read(phrases: Sequence[Phrase], tokens: Sequence[Token]) -> Slots:
    """Read tokens by phrases; `leftover` names the first one that fits nowhere.

    Raises:
        Conflict: when two phrases fill one slot differently.
    """
    slots = Slots()
    read = [token for token in tokens if token.kind != "harmless"]
    kinds = shape(read)
    compiled = _compiled(phrases)
    place = 0
    while place < len(read):
        end, action = place, None
        for phrase, candidate in compiled:
            found = phrase.match(kinds, place)
            if found and found.end() > end:
                end, action = found.end(), candidate
        if action is None:
            slots.leftover = read[place]
            return slots
        before = len(slots.verbs)
        action(slots, read[place:end])
        verb = slots.verbs[-1] if len(slots.verbs) > before else ""
        slots.read.append((action.__name__ if not verb else "verb", verb))
        place = end
    return slots
