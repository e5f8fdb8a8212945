"""What comes before a request and makes none of its own: `could you please`, `ich möchte gern`."""

from __future__ import annotations

from collections.abc import Sequence

from kit_tui.ai.courtesies import OPENERS, Raw, by_first, without_courtesies
from kit_tui.ai.lexer import words_of
from kit_tui.ai.numbers_in_words import read_words
from kit_tui.ai.tails import without_tails

_LEAD_INS = """
i want to|i wanna|i would like to|i'd like to|i'd love to|i would love to|i need to|i want you to
i wish to|i need you to|i'd like you to|i would like you to|i'd like for you to|i'd need you to
i'm going to|i am going to|i want|i'd like|i need|we want to|we wanna|we need to|we'd like to
we would like to|i want us to|want to|wanna|would like to|need to|need you to|want you to
id like to|id love to|id like you to|im going to|let's|lets|let me|let us|lemme|let's just
let's go ahead and|lets go ahead and|go ahead and|go on and|go ahead|go and|go on then and
feel free to|can you|could you|can we|could we|can u|could u|can ya|could ya|cld you|cud you|cud u
can you go ahead and|could you go ahead and|would you go ahead and|can you just|could you just
can i get you to|could i get you to|can i have you|may i ask you to|please can you
please could you|please will you|would you please|would you kindly|could you kindly|can you kindly
will you please|will you kindly|be so kind and|be a dear and|be a love and|be a mate and
be a good chap and|be a star and|be kind and|be good and|do me a favour and|do me a favor and
do us a favour and|do me a solid and|do me a favour|do me a favor|help me|help me to|help us
have a go and|try to|try and|please proceed to|proceed to|make sure to|quick one|execute|exec
here's what i want|here's the order|new order|my order is|order as follows|instruction|möchte
möcht|möchte gern|möchte gerne|würde gern|würde gerne|ich möchte|ich möchte gern|ich möchte gerne
ich möcht|ich möcht gern|ich will|ich will gern|ich will gerne|ich würde gern|ich würde gerne
ich würd gern|ich würd gerne|ich moechte|ich wuerde gern|ich wuerde gerne|ich hätte gern
ich hätte gerne|ich hätt gern|ich brauche|ich brauch|i möcht|i mecht|i würd gern|ich wott|ich wett
ich wür gärn|ich wett gärn|wir möchten|wir wollen|wir möchten gern|wir möchten gerne
wir würden gern|wir würden gerne|kannst du|könntest du|kannst du bitte|könntest du bitte
würdest du bitte|magst du|magst du bitte|kannst|kannst mir|kannst du mir|kannst du mir bitte
könntest mir|könntest du mir|könnten sie|könnten sie bitte|könnten sie mir|können sie
können sie bitte|können sie mir|würden sie bitte|würden sie mir|würden sie mir bitte
wären sie so gut und|wären sie so freundlich und|bist so lieb und|bist du so lieb und
sei so gut und|sei so lieb und|sei so nett und|seien sie so gut und|tu mir den gefallen und
tu mir einen gefallen und|lass uns|lasst uns|lass uns mal|ich will dass du|ich möchte dass du
geh bitte|bitte um|ich bitte um|neuer auftrag|neue order
"""
# What is counted out after these is bought.
_WISHES = frozenset(
    tuple(wish.split())
    for wish in ("i'd like", "id like", "i would like", "i want", "i'll take", "i'll have",
                 "i will take", "ich hätte gern", "ich hätte gerne", "ich hätt gern",
                 "i hätt gern", "i hätt gerne",
                 "hätte gern", "hätte gerne", "hätt gern", "gib mir", "gib uns",
                 "gib ma", "give me", "we want", "we'd like")
)  # fmt: skip
_LEADS = by_first("|".join([_LEAD_INS, *map(" ".join, _WISHES)]))
_ALWAYS = frozenset(tuple(lead.split()) for lead in _LEAD_INS.replace("\n", "|").split("|"))
MOST_LEAD_INS = 3
_SILENT = frozenset(",.!-:")


def split_lead_in(raw: Sequence[Raw]) -> tuple[list[Raw], bool]:
    """The request without courtesies and lead-ins, and whether it was led in at all."""
    said = without_tails(without_courtesies(raw))
    asked = False
    for _ in range(MOST_LEAD_INS):
        said = _opened(said)
        lead = _lead_of(said)
        if not lead:
            break
        said, asked = said[len(lead) :], True
        if lead in _WISHES and _counts(said):
            return [("word", "get"), *said], True
    return said, asked


def without_lead_in(raw: Sequence[Raw]) -> list[Raw]:
    """The message without `could you please`, `I want to` and the like at its beginning."""
    return split_lead_in(raw)[0]


def _opened(said: list[Raw]) -> list[Raw]:
    start = 0
    while start < len(said) and (said[start][1] in OPENERS or said[start][1] in _SILENT):
        start += 1
    return said[start:] or said


def _lead_of(said: Sequence[Raw]) -> tuple[str, ...]:
    texts = [text for _, text in said[:8]]
    for lead in _LEADS.get(texts[0], ()) if texts else ():
        counts = lead in _ALWAYS or _counts(said[len(lead) :])
        goes_out = texts[len(lead) :][:1] == ["out"]  # `I want out of SOL`
        if tuple(texts[: len(lead)]) == lead and len(said) > len(lead) and counts and not goes_out:
            return lead
    return ()


def _counts(said: Sequence[Raw]) -> bool:
    """Whether what is wished for begins with how much of it."""
    return bool(said) and (
        said[0][0] in ("blob", "grouped") or read_words(words_of(said[:2])) is not None
    )
