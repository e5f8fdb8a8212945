"""Several words that say what one says: bounds of a price, prices of one coin, shares, nouns.

They are turned into that one before the mood of a message is judged, for some hold a word that
would deny, limit or repeat by itself: `no higher than 61k`, `every last bit of my XRP`.
"""

from __future__ import annotations

from collections.abc import Sequence

from kit_tui.ai.courtesies import Raw, by_first
from kit_tui.ai.numbers_in_words import read_words
from kit_tui.ai.wordlists import words

_SAME = {
    **dict.fromkeys(
        ("a ton of", "tons of", "a lot of", "loads of", "a bunch of", "a bit of", "a little",
         "a little bit of", "heaps of", "plenty of", "a pile of", "ein bisschen", "ein wenig",
         "ein paar", "etwas", "a handful of", "a chunk of", "a small amount of"), "some",
    ),
    "buy and sell orders": "orders", "every single": "every", "my whole portfolio": "everything",
    "my entire portfolio": "everything", "the whole portfolio": "everything",
    "the entire portfolio": "everything", "all my crypto": "everything",
    "us dollars": "dollars", "us dollar": "dollars", "u s dollars": "dollars",
    "every last bit of": "all", "every bit of": "all", "every last": "all", "each and every": "all",
    "any and all": "all",
    "every single bit of": "all", "each and every one of": "all", "every single one of": "all",
    "a single": "one", "half a dozen": "six", "jede einzelne": "alle",
    "grand's worth of": "grand of", "grand's worth": "grand", "a grand": "one grand",
    "dollars worth of": "dollars of", "bucks worth of": "bucks of", "dollar worth of": "dollars of",
    "or so": "around", "give or take": "around",
    "on a break of": "if breaks above", "on the break of": "if breaks above",
    "on a breakout above": "if breaks above", "on a breakout over": "if breaks above",
    "on a break above": "if breaks above", "on a break below": "if breaks below",
    "if you can get it for": "for", "if you can get it at": "at", "if you can get them at": "at",
    "if you can get them for": "for",
    "enter a buy": "place a buy", "enter a sell": "place a sell",
    "enter an order": "place an order",
    "enter a limit": "place a limit", "enter a market": "place a market", "halve": "sell half of",
    "enter a stop": "place a stop", "work a buy": "place a buy", "work a sell": "place a sell",
    "work a bid": "place a bid", "work an order": "place an order", "work a limit": "place a limit",
    "work an offer": "place an offer", "halbiere": "verkaufe die hälfte von",
    **dict.fromkeys(
        (f"{verb} {article}{noun}"
         for verb in ("open", "start", "initiate", "take", "build", "enter", "establish")
         for article in ("a ", "a new ", "a small ") for noun in ("position", "long position")),
        "buy",
    ),
    "initiate a long": "long", "start a long": "long", "eröffne eine position": "kaufe",
    "öffne eine position": "kaufe",
    "dicht machen": "schließen", "zu machen": "schließen", "glatt stellen": "schließen",
    "raus hauen": "verkaufen", "auf zu stocken": "aufstocken", "eine kauforder": "kauforder",
    "eine verkaufsorder": "verkaufsorder", "ne kauforder": "kauforder",
    "auf einen kurs von": "bei", "wenn's": "wenn es",
}  # fmt: skip
# A number follows these; each is a bound of the price, and denies nothing.
_CEILINGS = """
no higher than|no more than|not higher than|not more than|not above|not over|never above
never over|but no higher than|but no more than|but not above|but not over|but not more than
don't pay more than|dont pay more than|do not pay more than|don't go above|don't go over
don't pay over|don't pay above|and don't pay more than|without going over|without going above
paying no more than|paying at most|for a maximum of|at a max of|with a cap of|with a cap at
with a max of|with a maximum of|with a max price of|with a maximum price of|capped at|cap at
cap it at|max price of|max price|maximum price of|maximum price|price cap|with a ceiling of
up to a price of|up to a limit of|at no higher than|at not more than|at not above|pay up to
paying up to|willing to pay up to|nicht über|nicht mehr als|nicht teurer als|nicht höher als
aber nicht über|aber nicht mehr als|aber nicht teurer als|keinesfalls über|auf keinen fall über
bis maximal|bis höchstens|bis zu einem kurs von|bis zu einem preis von|maximalpreis|höchstpreis
zu maximal|für maximal|für höchstens|höchstens für|maximal für|zum höchstpreis von
und nicht mehr als|maximal|höchstens|max|maximum|ceiling|not a penny over|not a penny more than
not a penny above|not a cent over|not a cent more than|not a cent above
"""
_FLOORS = """
no lower than|no less than|not lower than|not less than|not below|not under|never below
never under|but no lower than|but no less than|but not below|but not under|but not less than
don't go below|don't go under|don't take less than|don't accept less than|and don't take less than
with a floor of|with a floor at|with a minimum of|with a min of|min price of|min price
minimum price of|minimum price|price floor|at no lower than|at not less than|at not below
for a minimum of|nicht unter|nicht weniger als|nicht billiger als|nicht niedriger als
nicht günstiger als|aber nicht unter|aber nicht weniger als|keinesfalls unter
auf keinen fall unter|mindestpreis|zu mindestens|für mindestens|mindestens für|nicht tiefer als
mindestens|min|minimum|not a penny under|not a penny less than|not a penny below|not a cent under
not a cent less than|not a cent below
"""
CEILING, FLOOR = "at most", "at least"
# What is paid in all may be meant, so these keep the word that says so.
_PAID = words("for für pay paying")
_EACH = tuple(
    tuple(each.split())
    for each in ("a piece", "a coin", "a pop", "a throw", "a token", "a unit", "per coin",
                 "per unit", "per token", "per piece", "pro stück", "pro coin", "das stück",
                 "apiece", "je stück", "je coin")
)  # fmt: skip
_BOUNDING = words("most least")
_PRICED = words("for at @ für zu um a bei") | _BOUNDING
_AFTER_EACH = words("or with on now jetzt . ! , stop sl tp gtc max limit please")
_PHRASES = by_first("|".join([*_SAME, *_CEILINGS.split("\n"), *_FLOORS.split("\n")]))
_BOUND = {
    phrase: f"for {bound}" if _PAID & set(phrase.split()) else bound
    for bound, phrases in ((CEILING, _CEILINGS), (FLOOR, _FLOORS))
    for phrase in phrases.strip().replace("\n", "|").split("|")
}


def said_shortly(raw: Sequence[Raw]) -> list[Raw]:
    """The message with one word for each saying."""
    return _at_each(_sayings(raw))


def _sayings(raw: Sequence[Raw]) -> list[Raw]:
    texts = [text for _, text in raw]
    kept: list[Raw] = []
    place = 0
    while place < len(raw):
        phrase = _phrase_at(texts, place)
        said = " ".join(phrase)
        bound = _BOUND.get(said)
        if phrase and (not bound or _counts(raw, place + len(phrase))):
            if bound and kept and kept[-1][1] in ("at", ",", "zu", "bei"):
                kept.pop()  # `at no less than 2800`
            kept.extend(("word", word) for word in (bound or _SAME[said]).split())
            place += len(phrase)
        else:
            kept.append(raw[place])
            place += 1
    return kept


def _phrase_at(texts: Sequence[str], place: int) -> tuple[str, ...]:
    for phrase in _PHRASES.get(texts[place], ()):
        if tuple(texts[place : place + len(phrase)]) == phrase:
            return phrase
    return ()


def _counts(raw: Sequence[Raw], place: int) -> bool:
    following = raw[place : place + 1]
    return bool(following) and (
        following[0][0] in ("blob", "grouped") or read_words([following[0][1]]) is not None
    )


def _at_each(raw: list[Raw]) -> list[Raw]:
    """`for 0.52 apiece` is a price: `at 0.52`. `each day` is a schedule and stays."""
    for place in range(1, len(raw) - 1):
        before = raw[place - 1][1]
        if raw[place][0] not in ("blob", "grouped") or before not in _PRICED:
            continue
        rest = tuple(text for _, text in raw[place + 1 : place + 4])
        each = next((each for each in _EACH if rest[: len(each)] == each), ())
        after = rest[len(each) : len(each) + 1]
        if not each or (after and after[0] not in _AFTER_EACH):
            continue
        start = place - (2 if before in _BOUNDING else 1)
        bound = raw[start:place] if before in _BOUNDING else [("word", "at")]
        start -= before in _BOUNDING and start > 0 and raw[start - 1][1] in ("for", "für")
        return [*raw[:start], *bound, raw[place], *raw[place + 1 + len(each) :]]
    return raw
