"""Verbs that trade only where they open an order: `bung $150 into LINK`, `fetch me 3 LTC`.

Anywhere else they are ordinary words, so each is read as a verb only before what completes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from kit_tui.ai.tokens import Token, has, pattern, shape
from kit_tui.ai.wordlists import words

# Money into a market.
_PUT = words(
    "turn bung whack pop shove slap bang lob sling drop dunk plonk pump plough funnel route direct "
    "deploy commit park push wang ram fling splash blow slide lay move channel pile smash punt "
    "schieb schiebe schieben schieß schieße schiess schiesse hau haue pulver pulvere ball "
    "knall knalle stopf stopfe pumpe butter buttere wirf schmeiß schmeiss schick tu "
    "leg lege legen setz setze gib"
)
# How much of a market.
_BUY = words(
    "nimm nehme nehmen "
    "fetch score lift secure cop source land procure hoover gobble gönn schnapp krall hit"
)
# As desks write it: `s 4 sol mkt`.
_DESK = {"b": "buy", "s": "sell"}
# A market that is held, by how much.
_GROW = words("increase grow boost expand enlarge extend bump beef bulk erhöhe vergrößere raise")
_SHRINK = words(
    "slash shrink decrease pare scale dial lower cull downsize lessen senke verringere schrumpf"
)
_ENDS = words("kill axe nuke scrap end finish terminate drop bin stop")
# To add some alone may add to a list; to add more can only mean buying.
_MORE = frozenset({"more", "another", "extra", "additional", "an additional", "an extra"})
_GIVES = words("allocate assign devote dedicate earmark direct")
# A share or some coins off what is held.
_TAKE = words("take knock shave lop skim peel slice chop chip nimm cut")
# What is held, at the level where it is sold.
_GUARD = words("protect safeguard guard shield secure sichere sichern schütze absichern")
# One market for another, which is two orders.
_SWAP = words("rotate switch roll flip trade shift move turn change dump tausch umtauschen")
# A stop, a target or a trail on a market.
_EXIT = words(
    "stick pop chuck bung slap whack throw drop stuff want give need have get guard safeguard "
    "shield cover secure let follow leg setz hinterlege gib mach"
)

_INTO = pattern("(money|num) (into|on|at) (my|a|some)* asset")
_MUCH = pattern("((num|money|part|lots) (of|coins|my|a)* asset|a asset|for money asset)")
_BY = pattern("my? asset (position|long|coins)? (by|with|for)? (money|num asset)")
_DOWN = pattern("my? asset (position|coins)? unknown? by (percent|part|num asset)")
_SOLD = pattern("((num|money|part|percent|all) (of|coins|my)* asset)")
_WHOLE = pattern("my? all? asset position")
_GIVEN = pattern("(money|(percent|part) of? my? cash) to asset")
_ADDED = pattern("(num|money) of? asset")
_PART = pattern("(percent|part|num) unknown my? asset (position|coins)?")
_AT = pattern("my? asset (position|coins)? (at|on) num")
_ASSETS = pattern(
    "(num|money|part|percent|all|of|my|a)* asset (position|coins)? (into|to|for|with|on)+ my? asset"
)
_VERBS = ("buy", "sell", "get", "put", "long", "short", "bid", "convert", "close", "cancel", "set")
_EXITS = ("stop", "stoploss", "tp", "trail")


def opened(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with such a verb as the kind of verb it is."""
    said = [token for token in tokens if token.kind != "harmless"]
    if len(said) < 3 or not has(said, "asset"):
        return list(tokens)
    word, rest = said[0].text, shape(said[1:])
    if word in _TAKE and _PART.match(rest) and said[2].text in ("off", "out", "weg"):
        return [said[0]._replace(kind="sell"), said[1], *said[3:]]
    if word in _SHRINK and _DOWN.fullmatch(rest):
        return [said[0]._replace(kind="sell"), *(t for t in said[1:] if t.kind != "unknown")]
    if word in _GIVES and _GIVEN.fullmatch(rest):
        into = [t._replace(kind="into") if t.kind == "to" else t for t in said[1:]]
        return [said[0]._replace(kind="put"), *into]
    if said[0].kind == "money" and _INTO.match(shape(said)) and not has(said, *_VERBS):
        return [Token("put", "into"), *said]
    kind = _kind_of(said, rest, more=bool(_MORE & {token.text for token in tokens}))
    return [said[0]._replace(kind=kind), *said[1:]] if kind else list(tokens)


def _kind_of(said: Sequence[Token], rest: str, *, more: bool) -> str:
    """What kind of verb the first word is before `rest`, or an empty string."""
    word, kind = said[0].text, ""
    if word in _SWAP and _ASSETS.fullmatch(rest):
        kind = "convert"
    elif word in _ENDS and _WHOLE.fullmatch(rest):
        kind = "close"
    elif word == "add" and _ADDED.fullmatch(rest) and more:
        kind = "buy"
    elif word in _DESK and _SOLD.match(rest) and has(said, "market", "limit", "at"):
        kind = _DESK[word]
    elif word in _GUARD and _AT.match(rest):
        kind = "stop"
    elif word in _PUT and _INTO.match(rest):
        kind = "put"
    elif (word in _BUY and _MUCH.match(rest)) or (word in _GROW and _BY.match(rest)):
        kind = "buy"
    elif word in _EXIT and said[0].kind not in ("sell", "get") and has(said, *_EXITS):
        kind = "set" if has(said, "num", "money", "percent") else ""
    return kind
