"""Verbs in two parts: `stoß 2 ETH ab`, `mach die Position zu`, `square it off`, `call it off`.

The first part opens the message and the second stands somewhere behind it; together they are one
word, which takes the place of the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kit_tui.ai.courtesies import Raw
from kit_tui.ai.wordlists import words

Parts = dict[str, tuple[tuple[tuple[str, ...], str], ...]]

# Stems of the first part, the second parts, and the word they are together.
_TRADES = """
stoß stoss gib bau tritt | ab | verkaufe
hau wirf werf schmeiß schmeiss knall ball | raus hinaus weg auf_den_markt | verkaufe
gib mach tu | weg | verkaufe
mach | zu zue dicht | schließe
lös löse | auf | schließe
stell | glatt | schließe
nimm nehm hol zieh bring | raus heraus | schließe
steig geh | raus aus | schließe
stock | auf | kaufe
leg kauf | nach drauf | kaufe
kauf | zu dazu ein | kaufe
steig kauf geh | ein rein | kaufe
pack steck stopf schieb schieß schiess hau wirf schmeiß knall tu leg pump | rein hinein | packe
leg | an | investiere
zieh heb senk setz | nach hoch rauf runter | verschiebe
sicher | ab | sichere
aus | raus | schließe
stop | out | stop
square | off up | close
shut close wind | down | close
close wrap wind | up out | close
sell | off down | sell
take get pull | off_the_table | sell
top beef bulk build stock bump | up | buy
scoop snap pick hoover mop | up | buy
"""
_ORDERS = """
nimm nehm hau hol schmeiß wirf | raus weg zurück heraus aus_dem_markt aus_dem_buch | storniere
zieh | zurück raus weg | storniere
call take get | off | cancel
take pull | down out off_the_book off_the_books | cancel
"""
_OFF_THE_BOOK = """
take pull get yank clear wipe | off_the_book off_the_books | cancel
"""
_ENDINGS = ("", "e", "en", "n")
# Words which are prepositions too: the second part ends what the verb is said of.
_ENDS = words("zu auf ab an nach aus off up down out ein weg drauf")
_BESIDE = words("off up down out")
_FOLLOWING = words(
    "für um bei zum zur mit at @ for by with in limit market from , . ! : on of und now jetzt"
)
_ORDER_NOUN = re.compile(
    r"\b(?:\w*orders?|\w*aufträge|\w*auftrag|bids?|offers?|asks?|stops?|limits?|sl|tp|"
    r"take[ -]profit)\b"
)
# An order is not sold or closed; whoever says so means something else.
_LEAVING = words("verkaufe sell schließe close")
# `shut everything down` stops the program, it closes no position.
_HELD = words("position positions trade trades")
_WHOLE = words("everything all it that this alles trading")


def _table(text: str) -> Parts:
    """By every form of the first part, the second parts with the word both are."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for line in text.strip().splitlines():
        stems, parts, verb = (field.split() for field in line.split("|"))
        for form in (stem + ending for stem in stems for ending in _ENDINGS):
            found.setdefault(form, []).extend((tuple(p.split("_")), verb[0]) for p in parts)
    return {form: tuple(parts) for form, parts in found.items()}


_OF_TRADES, _OF_ORDERS, _OF_BOOK = _table(_TRADES), _table(_ORDERS), _table(_OFF_THE_BOOK)


def together(raw: Sequence[Raw]) -> list[Raw]:
    """The message with its parted verb as one word; any other message as it is."""
    texts = [text for _, text in raw]
    if len(raw) < 2 or _shuts_down(texts) or not (texts[0] in _OF_TRADES or texts[0] in _OF_ORDERS):
        return list(raw)
    names_order = _ORDER_NOUN.search(" ".join(texts)) is not None
    for table in (_OF_BOOK, *((_OF_ORDERS,) if names_order else ()), _OF_TRADES):
        for part, verb in table.get(texts[0], ()):
            place = _place_of(part, texts)
            if place and not (names_order and table is _OF_TRADES and verb in _LEAVING):
                rest = [*raw[1:place], *raw[place + len(part) :]]
                return [("word", verb), *rest]
    return list(raw)


def _shuts_down(texts: Sequence[str]) -> bool:
    said = set(texts)
    return texts[0] == "shut" and bool(_WHOLE & said) and not _HELD & said


def _place_of(part: tuple[str, ...], texts: Sequence[str]) -> int:
    """Where the second part stands, or 0."""
    for place in range(len(texts) - len(part), 0, -1):
        after = texts[place + len(part) : place + len(part) + 1]
        if tuple(texts[place : place + len(part)]) != part:
            continue
        beside = place == 1 and part[0] in _BESIDE
        if part[0] not in _ENDS or len(part) > 1 or beside or not after:
            return place
        if after[0] in _FOLLOWING:
            return place
    return 0
