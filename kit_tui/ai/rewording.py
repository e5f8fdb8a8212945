"""Other ways to say the same, turned into the one the phrases know, before anything is read.

Only the order of words and empty words change here; nothing is added that was not said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from kit_tui.ai import german
from kit_tui.ai.apart import together
from kit_tui.ai.lexer import Raw, words_of
from kit_tui.ai.openings import opened
from kit_tui.ai.sayings import said_shortly
from kit_tui.ai.tails import without_reasons, without_second_thoughts
from kit_tui.ai.tokens import Token, has, pattern, shape
from kit_tui.ai.vocabulary import WORDS
from kit_tui.ai.wordlists import words

# What is said of an order that shall go; alone, these verbs cancel nothing.
_CANCELS = words(
    "delete remove pull kill scrap clear withdraw drop bin nix axe ax ditch yank void revoke "
    "rescind scratch wipe nuke zap erase abort retract recall trash annul purge bust kick "
    "rausnehmen zurückziehen zurücknehmen entfernen entferne entfern raus"
)
_RID = (
    ("get", "rid", "of"),
    ("do", "away", "with"),
    ("pull", "the", "plug", "on"),
    ("raus", "mit"),
)
_ORDER_NOUN = re.compile(
    r"\b(?:orders?|resting|pending|unfilled|aufträge|auftrag|order[ns]|bids?|offers?|asks?|\w+order[ns]?)\b"
)
# These also move: `drop my stop to 58k`, `pull my bid up`.
_MOVES = words("drop pull kick")
_EXIT_NOUN = re.compile(
    r"\b(?:stops?|stop[ -]+loss|stoploss|sl|tp|take[ -]+profits?|trailing|limits?)\b"
)
_IS_ORDER = words(
    "bid bids ask asks offer offers ticket tickets buys sells kauforder verkaufsorder verkauforder"
)
# With a size of a market these sell it; a position, or all of them, they close.
_SOLD_BY_SIZE = frozenset({"get rid of", "get shot of", "get shut of", "liquidate"})
_TO = words("to auf up hoch")
_EVERY = words("every each jede jeden")
_COUNTED = words("position order trade auftrag")
_AFTER = words("please pls now thanks bitte danke jetzt . ! ,")
_AT_MARKET = words("at the market mkt price")
_BETWEEN = words("single open offene offenen resting pending")

_WAITING = words("if when once wenn sobald falls")
# What an order is while it can still be cancelled.
_STATES = words("pending resting working outstanding unfilled active live existing both")
_OPEN = (
    ("was", "offen", "ist"), ("die", "offen", "sind"),
    *((*said.split(), state)
      for said in ("that's still", "that are still", "that's", "thats", "that is", "that are",
                   "which are", "still", "currently")
      for state in ("open", "resting", "pending", "working", "unfilled", "live", "left")),
)  # fmt: skip
_OWNED = tuple(
    tuple(tail.split())
    for tail in ("that i own", "that i have", "that i hold", "i own", "i have", "i hold",
                 "that i've got", "i've got", "i have got", "i got", "ive got", "we have", "we own",
                 "die ich habe", "die ich besitze", "die ich hab", "was ich habe", "was ich hab")
)  # fmt: skip
_KINDS = {**german.WORDS, **WORDS}
_AND = words("and & , und plus")
_ADDS = words("put set add place slap stick attach pop have use give include setz setze")
_ITS = words("a an my the some its einen ein")
_EXITS = words("stop sl stoploss tp target take trailing profit stopp")
_ON_IT = (["on", "it"], ["on", "that"], ["for", "it"], ["on", "them"], ["for", "that"])
_GAINS = words("gewinn gewinne")
_WHOLE = words("everything all that what")
_MINE = words("the all my of")
_HEAD = pattern("((on|at|with)? venue|at (num|money)(?=buy|sell|long|put))")
_WAIT = pattern(
    "if (it|my? asset|my? price)? ((drop|rise|hit|break|above|below) (at|to)* (num|money)|"
    "(at|on|to|above|below)* (num|money) (drop|rise|hit|break)) (?=buy|sell|long|get|put)"
)
_USE = pattern("use (money|num|percent of? my? (cash|currency)|part of? my? (cash|currency)) to")
_ADD = pattern("set (money|num asset) (to|into) my? asset? (position|long)?")
_ADD_TO = pattern("set (to|into) my? asset (position|long)? (money|num asset)")
_DROP = pattern("drop money into")


def reworded(raw: list[Raw]) -> list[Raw]:
    """The runs of a message with one word for each thing."""
    for step in _STEPS:
        raw = step(raw)
    return raw


def _without_then(raw: list[Raw]) -> list[Raw]:
    """`if BTC drops to 55k then buy` waits for one thing; any other `then` is a second order."""
    thens = [place for place, (_, text) in enumerate(raw) if text in ("then", "dann")]
    if len(thens) != 1 or raw[0][1] not in _WAITING:
        return raw
    if _kind_of(raw[min(thens[0] + 1, len(raw) - 1)]) not in ("buy", "sell"):
        return raw
    return [*raw[: thens[0]], *raw[thens[0] + 1 :]]


def _leaves(raw: Sequence[Raw]) -> bool:
    rid = any(tuple(text for _, text in raw[: len(rid)]) == rid for rid in _RID)
    return rid or any(_kind_of(run) in ("sell", "close") for run in raw)


def _without_reasons(raw: list[Raw]) -> list[Raw]:
    return without_reasons(raw) if _leaves(raw) else raw


def _end_of(texts: Sequence[str]) -> int:
    """Where the words of a request end and marks and courtesies begin."""
    end = len(texts)
    while end and texts[end - 1] in _AFTER:
        end -= 1
    return end


def _as_exits(raw: list[Raw]) -> list[Raw]:
    """`and put a 3% stop on it` is `and a 3% stop`: an exit of what the message buys."""
    texts = [text for _, text in raw]
    if not (_AND.intersection(texts) and _EXITS.intersection(texts)) or _leaves(raw):
        return raw  # `sell half my ETH and set a stop at 2000` means what is left
    for place in range(2, len(raw) - 2):
        adds = texts[place - 1] in _AND and texts[place] in _ADDS and texts[place + 1] in _ITS
        if adds and _EXITS & set(texts[place + 2 : place + 6]):
            end = _end_of(texts)
            on_it = end - 2 if texts[end - 2 : end] in _ON_IT else end
            return [*raw[:place], *raw[place + 1 : on_it], *raw[end:]]
    return raw


def _without_owning(raw: list[Raw]) -> list[Raw]:
    """`half of the SOL I own` is half of my SOL."""
    texts = tuple(text for _, text in raw)
    end = _end_of(texts)
    for tail in _OWNED:
        start = end - len(tail)
        owns = start > 1 and texts[start:end] == tail
        if owns and (start > 2 or texts[start - 1] in _WHOLE):
            return [*raw[:start], *raw[end:]]
        for start in range(1, end - len(tail)):
            named = start > 1 and texts[start - 2] in _MINE
            owned = (texts[start - 1] in _WHOLE or named) and texts[
                start : start + len(tail)
            ] == tail
            if owned and not tail[0].startswith("die"):
                return [*raw[:start], *raw[start + len(tail) :]]
    return raw


def _without_open(raw: list[Raw]) -> list[Raw]:
    """`cancel everything that's open` is everything; nothing else can be cancelled or closed."""
    verbs = {_kind_of(run) for run in raw[:2]}
    end = _end_of([text for _, text in raw])
    texts = tuple(text for _, text in raw[:end])
    tail = next((len(tail) for tail in _OPEN if texts[-len(tail) :] == tail), 0)
    if tail and end - tail > 1 and verbs & {"close", "cancel"}:
        raw = [*raw[: end - tail], *raw[end:]]
    return [run for run in raw if run[1] not in _STATES] if "cancel" in verbs else raw


def _as_cancel(raw: list[Raw]) -> list[Raw]:
    """`delete order 5`, `my ETH bid: pull it` cancel; alone, those verbs cancel nothing."""
    if not raw:
        return raw
    raw = _verb_first(raw)
    texts = [text for _, text in raw]
    taken = next((len(rid) for rid in _RID if tuple(texts[: len(rid)]) == rid), 1)
    verb, said = texts[0] if texts else "", " ".join(texts)
    if _kind_of(raw[0]) == "cancel":
        return _of_orders(without_second_thoughts(raw))
    if (verb not in _CANCELS and taken == 1) or texts[:2] == ["bin", "ich"]:
        return raw
    moves = verb in _MOVES and _TO & set(texts)
    by_id = len(raw) == 2 and raw[1][0] == "id"
    of_exit = verb != "withdraw" and _EXIT_NOUN.search(said)
    if not moves and (by_id or of_exit or _ORDER_NOUN.search(said)):
        return _of_orders(without_second_thoughts([("word", "cancel"), *raw[taken:]]))
    return raw


def _verb_first(raw: list[Raw]) -> list[Raw]:
    """`the LINK order, scrap it` with the verb before what it is said of."""
    said = [run for run in raw if run[1] not in _AFTER]
    while said and said[-1][1] in ("it", "them"):
        said.pop()
    last = said[-1][1] if len(said) > 1 else ""
    names = _ORDER_NOUN.search(" ".join(text for _, text in said[:-1])) is not None
    if last in _CANCELS and names and said[0][1] not in _CANCELS:
        return [said[-1], *said[:-1]]
    return raw


def _of_orders(raw: list[Raw]) -> list[Raw]:
    """Bids, asks and offers are orders: `cancel all my bids and asks` names them once."""
    kept: list[Raw] = []
    for run in raw:
        # `asks` is a verb too: it is a noun only in `bids and asks`.
        named = run[1] in _IS_ORDER and (run[1] not in ("ask", "asks") or _follows_and(kept))
        noun = ("word", "order") if named else run
        noun = ("word", "on") if run[1] in ("from", "off", "vom") else noun
        twice = noun[1] == "order" and [text for _, text in kept[-2:]] in (
            ["order", "and"], ["order", "&"], ["order", "und"],
        )  # fmt: skip
        if twice:
            kept.pop()
        elif not (noun[1] in ("order", "orders") and kept and kept[-1][1] == "order"):
            kept.append(noun)
    return kept


def _follows_and(kept: Sequence[Raw]) -> bool:
    return [text for _, text in kept[-2:]] in (["order", "and"], ["order", "&"])


def _all_for_every(raw: list[Raw]) -> list[Raw]:
    """`close every open position` is all of them; `every day` stays what it is."""
    for place, (_, text) in enumerate(raw):
        rest = [word for _, word in raw[place + 1 :] if word not in _BETWEEN]
        whole = rest[:1] and rest[0] in _COUNTED and (_AFTER | _AT_MARKET).issuperset(rest[1:])
        if text in _EVERY and whole and place and _kind_of(raw[place - 1]) in ("close", "cancel"):
            return [*raw[:place], ("word", "all"), *raw[place + 1 :]]
    return raw


def _kind_of(run: Raw) -> str:
    return _KINDS.get(words_of([run])[0], "") if run[0] == "word" else ""


def _gains(raw: list[Raw]) -> list[Raw]:
    """`nimm bei SOL die Gewinne mit` is one verb around what it is said of."""
    texts = [text for _, text in raw if text not in _AFTER]
    gains = next((i for i, text in enumerate(texts) if text in _GAINS), 0)
    if gains and texts[0] in ("nimm", "nehmen", "nimmt") and texts[-1] == "mit":
        return [
            ("word", "gewinnmitnahme"),
            *(run for run in raw[1:] if run[1] not in _GAINS and run[1] != "mit"),
        ]
    return raw


_STEPS: tuple[Callable[[list[Raw]], list[Raw]], ...] = (
    _without_then, said_shortly, _as_exits, _without_owning, together, _without_reasons,
    _as_cancel, _without_open, _all_for_every, _gains,
)  # fmt: skip


def reordered(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with the verb first: `use $100 to buy BTC`, `on kraken buy 1 ETH`."""
    tokens = opened(tokens)
    said = [token for token in tokens if token.kind != "harmless"]
    sized = has(said, "num", "money", "part", "percent", "all") and not has(said, "position")
    if said and said[0].text in _SOLD_BY_SIZE and sized and has(said, "asset"):
        return [said[0]._replace(kind="sell"), *said[1:]]
    for opening, turn in _TURNS:
        found = opening.match(shape(said))
        if found is not None and found.end() < len(said) + (opening in (_ADD, _ADD_TO)):
            whole = opening is not _WAIT or has(said[found.end() :], "asset")
            return turn(said, found.end()) if whole else list(tokens)
    return list(tokens)


def _to_the_end(said: list[Token], end: int) -> list[Token]:
    on = [Token("on", "on")] if said[0].kind == "venue" else []
    return [*said[end:], *on, *said[:end]]


def _used(said: list[Token], end: int) -> list[Token]:
    return [*said[end:], Token("with", "with"), *said[1 : end - 1]]


def _added(said: list[Token], end: int) -> list[Token]:
    """`add $100 to my BTC position` buys; adding a stop or anything else is not meant here."""
    if said[0].text != "add":
        return said
    kept = [token for token in said[1:end] if token.kind not in ("to", "into", "my", "position")]
    named = {token.unit for token in kept if token.kind == "asset"}
    if not named or said[end - 1].kind in ("to", "into", "my"):
        return said
    several = len(kept) > 2 and len(named) == 1
    return [Token("buy", "add"), *(kept[:-1] if several else kept), *said[end:]]


def _added_to(said: list[Token], end: int) -> list[Token]:
    """`add to my ETH position $50`."""
    if said[0].text != "add" or end != len(said):
        return said
    market = next(token for token in said if token.kind == "asset")
    amount = [token for token in said if token.kind in ("money", "num")]
    return [Token("buy", "add"), *amount, market]


def _dropped(said: list[Token], _: int) -> list[Token]:
    return [Token("put", said[0].text), *said[1:]]


_TURNS: tuple[tuple[re.Pattern[str], Callable[[list[Token], int], list[Token]]], ...] = (
    (_HEAD, _to_the_end),
    (_WAIT, _to_the_end),
    (_USE, _used),
    (_ADD, _added),
    (_ADD_TO, _added_to),
    (_DROP, _dropped),
)
