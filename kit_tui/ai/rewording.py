"""Other ways to say the same, turned into the one the phrases know, before anything is read.

Only the order of words and empty words change here; nothing is added that was not said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from kit_tui.ai import german
from kit_tui.ai.lexer import Raw, words_of
from kit_tui.ai.numbers_in_words import read_words
from kit_tui.ai.tokens import Token, has, pattern, shape
from kit_tui.ai.vocabulary import LEAD_INS, WORDS
from kit_tui.ai.wordlists import words

_LEAD_INS = tuple(
    sorted(
        (tuple(phrase.split()) for phrase in (*LEAD_INS, *german.LEAD_INS)), key=len, reverse=True
    )
)
_WISHES = (("i'd", "like"), ("ich", "hätte", "gern"), ("ich", "hätte", "gerne"))
_FIRST = words("please hey hi hello ok okay kit bitte yo hallo")
_CANCELS = words("delete remove pull kill scrap clear withdraw drop")
_ORDER_NOUN = re.compile(r"\b(?:orders?|aufträge|auftrag)\b")
# What is deleted or removed may also be named by its kind.
_REMOVES = words("delete remove pull scrap")
_EXIT_NOUN = re.compile(
    r"\b(?:stops?|stop ?- ?loss|stoploss|sl|tp|take ?- ?profit|trailing|bids?)\b"
)
_EVERY = words("every each jede jeden")
_COUNTED = words("position order trade auftrag")
_AFTER = words("please pls now thanks bitte danke jetzt . ! ,")
_BETWEEN = words("single open offene offenen resting pending")

_WAITING = words("if when once wenn sobald falls")
_BOUNDS = {"no less than": "least", "no more than": "most"}
_FOR = words("for at @ für zu")
_EACH = (
    ("a", "piece"), ("a", "coin"), ("per", "coin"), ("per", "unit"), ("per", "token"),
    ("pro", "stück"), ("das", "stück"), ("apiece",), ("je", "stück"),
)  # fmt: skip
# What an order is while it can still be cancelled.
_STATES = words("pending resting working outstanding unfilled active live existing both")
_OPEN = tuple(
    tuple(tail.split())
    for tail in ("that's still open", "that are still open", "that's open", "that is open",
                 "that are open", "which are open", "still open", "currently open",
                 "was offen ist", "die offen sind")
)  # fmt: skip
_OWNED = tuple(
    tuple(tail.split())
    for tail in ("that i own", "that i have", "that i hold", "i own", "i have", "i hold",
                 "i 've got", "die ich habe", "die ich besitze")
)  # fmt: skip
_APART = {
    ("mach", "zu"): "schließe", ("mache", "zu"): "schließe", ("ziehe", "nach"): "verschiebe",
    ("zieh", "nach"): "verschiebe", ("löse", "auf"): "schließe", ("lös", "auf"): "schließe",
    ("stoße", "ab"): "verkaufe", ("stoß", "ab"): "verkaufe",
    ("lege", "an"): "investiere", ("leg", "an"): "investiere",
}  # fmt: skip
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


def without_lead_in(raw: Sequence[Raw]) -> list[Raw]:
    """The message without `could you please`, `I want to` and the like at its beginning."""
    start = 0
    while start < len(raw) and (raw[start][1] in _FIRST or raw[start][1] in ",.!"):
        start += 1
    rest = [text for _, text in raw[start:]]
    for lead in _LEAD_INS:
        if tuple(rest[: len(lead)]) == lead and len(rest) > len(lead):
            said = list(raw[start + len(lead) :])
            return [("word", "get"), *said] if lead in _WISHES and _counts(said) else said
    return list(raw)


def _counts(said: Sequence[Raw]) -> bool:
    """Whether what is wished for begins with how much of it."""
    return said[0][0] in ("blob", "grouped") or read_words(words_of(said[:1])) is not None


def reworded(raw: list[Raw]) -> list[Raw]:
    """The runs of a message with one word for each thing."""
    return _apart(
        _all_for_every(
            _without_open(_as_cancel(_without_owning(_at_each(_bounds(_without_then(raw))))))
        )
    )


def _without_then(raw: list[Raw]) -> list[Raw]:
    """`if BTC drops to 55k then buy` waits for one thing; any other `then` is a second order."""
    thens = [place for place, (_, text) in enumerate(raw) if text in ("then", "dann")]
    if len(thens) != 1 or raw[0][1] not in _WAITING:
        return raw
    if _kind_of(raw[min(thens[0] + 1, len(raw) - 1)]) not in ("buy", "sell"):
        return raw
    return [*raw[: thens[0]], *raw[thens[0] + 1 :]]


def _bounds(raw: list[Raw]) -> list[Raw]:
    """`at no less than 2800` is at least that; the `no` denies nothing."""
    texts = [text for _, text in raw]
    for place in range(1, len(raw) - 3):
        bound = _BOUNDS.get(" ".join(texts[place : place + 3]))
        if not bound or raw[place + 3][0] != "blob":
            continue
        each = _each_at(raw, place + 4)
        if texts[place - 1] == "at" or (texts[place - 1] in _FOR and each):
            return [
                *raw[: place - 1], ("word", "at"), ("word", bound), raw[place + 3],
                *raw[place + 4 + each :],
            ]  # fmt: skip
    return raw


def _at_each(raw: list[Raw]) -> list[Raw]:
    """`for 0.52 apiece` is a price: `at 0.52`."""
    for place in range(1, len(raw) - 1):
        if raw[place][0] != "blob" or raw[place - 1][1] not in _FOR:
            continue
        taken = _each_at(raw, place + 1)
        if taken:
            return [*raw[: place - 1], ("word", "at"), raw[place], *raw[place + 1 + taken :]]
    return raw


def _each_at(raw: list[Raw], place: int) -> int:
    """How many words at `place` say `apiece`; `each` may be a schedule and is not among them."""
    rest = tuple(text for _, text in raw[place : place + 2])
    return next((len(each) for each in _EACH if rest[: len(each)] == each), 0)


def _without_owning(raw: list[Raw]) -> list[Raw]:
    """`half of the SOL I own` is half of my SOL."""
    end = len(raw)
    while end and raw[end - 1][1] in _AFTER:
        end -= 1
    texts = tuple(text for _, text in raw)
    for tail in _OWNED:
        start = end - len(tail)
        if start > 2 and texts[start:end] == tail:
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
    if "cancel" in verbs:
        raw = [run for run in raw if run[1] not in _STATES]
    end = len(raw)
    while end and raw[end - 1][1] in _AFTER:
        end -= 1
    texts = tuple(text for _, text in raw[:end])
    tail = next((len(tail) for tail in _OPEN if texts[-len(tail) :] == tail), 0)
    if tail and end - tail > 1 and verbs & {"close", "cancel"}:
        return [*raw[: end - tail], *raw[end:]]
    return raw


def _as_cancel(raw: list[Raw]) -> list[Raw]:
    """`delete order 5` and `pull my orders` cancel; alone, those verbs cancel nothing."""
    texts = [text for _, text in raw]
    first = next((i for i, text in enumerate(texts) if text not in _FIRST), 0)
    said = " ".join(texts)
    verb = texts[first] if texts else ""
    of_orders = verb in _CANCELS and _ORDER_NOUN.search(said) is not None
    if of_orders or (verb in _REMOVES and _EXIT_NOUN.search(said) is not None):
        return [*raw[:first], ("word", "cancel"), *raw[first + 1 :]]
    return raw


def _all_for_every(raw: list[Raw]) -> list[Raw]:
    """`close every open position` is all of them; `every day` stays what it is."""
    for place, (_, text) in enumerate(raw):
        rest = [word for _, word in raw[place + 1 :] if word not in _BETWEEN]
        whole = rest[:1] and rest[0] in _COUNTED and _AFTER.issuperset(rest[1:])
        if text in _EVERY and whole and place and _kind_of(raw[place - 1]) in ("close", "cancel"):
            return [*raw[:place], ("word", "all"), *raw[place + 1 :]]
    return raw


def _kind_of(run: Raw) -> str:
    return {**german.WORDS, **WORDS}.get(words_of([run])[0], "") if run[0] == "word" else ""


def _apart(raw: list[Raw]) -> list[Raw]:
    """`mach meine ETH Position zu` is one verb around what it closes, `ziehe … nach` moves."""
    said = list(raw)
    while said and said[-1][1] in _AFTER:
        said.pop()
    while said and (said[0][1] in _FIRST or said[0][1] == ","):
        said.pop(0)
    if len(said) > 3 and said[1][1] in _GAINS and (said[0][1], said[-1][1]) == ("nimm", "mit"):
        return [("word", "gewinnmitnahme"), *said[2:-1]]
    verb = _APART.get((said[0][1], said[-1][1])) if len(said) > 2 else None
    return [("word", verb), *said[1:-1]] if verb else raw


def reordered(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with the verb first: `use $100 to buy BTC`, `on kraken buy 1 ETH`."""
    said = [token for token in tokens if token.kind != "harmless"]
    if said and said[0].text == "get rid of" and any(t.kind in ("num", "money") for t in said):
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
