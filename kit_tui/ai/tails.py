"""What people add after a request that is whole already: `can you do that`, `and that's it`.

Each entry is measured as the courtesies are: does the order stay the same, whole and at once,
without it? What is added to a cancellation may also say why, for nothing is traded by it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from kit_tui.ai.courtesies import Raw, by_first
from kit_tui.ai.wordlists import words

# `can you do that`, `could you sort it`: the request once more, without a word of its own.
_ASKS = tuple(
    " ".join(filter(None, asked))
    for asked in product(
        ("can you", "could you", "would you", "will you", "can u", "could u", "can ya",
         "kannst du", "könntest du", "would you be able to", "can you please"),
        ("just", ""),
        ("do that", "do this", "do it", "do so", "sort that", "sort it", "sort this",
         "arrange that", "arrange it", "handle that", "handle it", "manage that", "make that",
         "make it happen", "make that happen", "get that done", "get it done", "get this done",
         "take care of that", "take care of it", "see to it", "das machen", "das tun",
         "das erledigen"),
    )
)  # fmt: skip
_TAILS = """
if you can|if u can|if possible|if it's possible|if that's ok|if that's okay|if thats ok
if that's alright|if that's all right|if it's ok|if you have a moment
wenn möglich|wenn's geht|wenn es geht|wenn du so lieb bist|falls möglich|wenn du magst
that's it|thats it|that is it|and that's it|and thats it|that's all|thats all|that is all
and that's all|that'll do|that will do|and that'll do|and nothing else|nothing else|nothing more
and nothing more|not more than that|no more than that|not more|no more no less|no more and no less
not a cent more|not a penny more|not one more|nothing less|just that|only that|leave it at that
and leave it at that|and be done with it|and done|and we're done|and call it a day
das ist alles|das wär's|das wärs|das wäre alles|das war's|das wars|mehr nicht|nichts weiter
sonst nichts|und fertig|und gut ist|und gut is|und das war's|und das wars|und sonst nichts
let's go|lets go|lets goo|lfg|let's do it|lets do it|let's do this|lets do this|do it|do it now
make it happen|make it so|get it done|get on it|go for it|go|go go|go go go|send it|full send
woohoo|woo|yay|yeah|yea|yep|hell yeah|hell yes|wagmi|to the moon|moon time|moon|sweet|boom
let's ride|lets ride|let's roll|here we go|los|los geht's|los gehts|auf geht's|auf gehts|ab geht's
mach hin|mach schon|leg los|hopp|hopp hopp|zack|zack zack|gib gas
that would be great|that'd be great|that would be lovely|that would be nice|that'd be nice
that would be awesome|would be great|would be nice|would be awesome|that would be perfect
i'd appreciate it|i would appreciate it|i'd be grateful|id appreciate it|i appreciate it
you're the best|youre the best|you're a star|you're a legend|you legend|you beauty|you rock
good job|great job|nice one
das wäre nett|das wäre lieb|das wäre super|das wäre toll|wäre nett|wäre lieb|wäre super|wäre toll
du bist der beste|du bist super|passt|passt schon|oida|digga|alter|hombre|amigo
ok go|ok thanks|ok cool|cool|great|perfect|super|toll|prima|final|final answer|today|heute
"""
# Why somebody sells or closes.
_REASONS = """
going on holiday|going on vacation|off on holiday|i'm going on holiday|im going on holiday
heading out|i'm heading out|im heading out|going to bed|off to bed|i'm off to bed|im off to bed
i'm out|im out|i'm done|im done|i'm done with it|im done with it|done with it|i am done with it
calling it a day|i'm calling it a day|i need the cash|i need the money|need the cash
need the money|i need cash|bin raus|ich bin raus|ich brauche das geld|brauche das geld
"""
# Why an order is not wanted any more, and which one it was.
_SECOND_THOUGHTS = """
changed my mind|i changed my mind|i've changed my mind|ive changed my mind|just changed my mind
i have changed my mind|had a change of heart|on second thought|on second thoughts
don't want it|don't want it anymore|don't want it any more|don't need it|don't need it anymore
i don't want it|i don't want it anymore|i don't want it any more|i don't need it anymore
i don't want that anymore|dont want it anymore|dont need it anymore|i dont want it anymore
don't want that|don't want that anymore|not needed|not needed anymore|no longer needed
no longer want it|no longer need it|i no longer want it|i no longer need it|it's no longer needed
it was a mistake|that was a mistake|by mistake|my mistake|my bad|placed by mistake|wrong price
wrong size|typo|it was a typo|that was a typo|fat finger|fat fingered it|it's not gonna fill
it won't fill|it's not going to fill|it's never gonna fill|will never fill|too far away
will ich nicht mehr|brauch ich nicht mehr|brauche ich nicht mehr|die brauch ich nicht mehr
die will ich nicht mehr|hab's mir anders überlegt|habs mir anders überlegt|war ein fehler
ich hab's mir anders überlegt|ich habs mir anders überlegt|ich habe es mir anders überlegt
hab mich vertippt|ich hab mich vertippt|war ein versehen|das war ein fehler|hab mich geirrt
"""
_MADE = tuple(
    f"{that}{who} {deed}"
    for that, who, deed in product(
        ("that ", "which ", ""),
        ("i", "we", "i just", "we just", "i had", "i've", "i have", "you", "you just"),
        ("made", "placed", "put in", "put up", "put on", "set", "entered", "left", "opened",
         "submitted", "sent", "created", "did", "gave", "gave you", "put", "sent in", "set up"),
    )
) + tuple(
    f"die ich {when}{deed}" for when, deed in product(
        ("", "gerade ", "vorhin ", "eben "),
        ("gemacht habe", "gesetzt habe", "aufgegeben habe", "eingestellt habe", "platziert habe",
         "gemacht hab", "gesetzt hab", "aufgegeben hab", "eingestellt hab"),
    )
)  # fmt: skip
_WHEN = """
earlier|before|just now|a minute ago|a moment ago|a while ago|an hour ago|today|this morning
yesterday|last night|the other day|this afternoon|earlier today|on monday|on friday|last week
a few minutes ago|moments ago|a sec ago
"""
_AFTER = frozenset({".", ",", "!", ":", "-", "now", "jetzt", "please", "pls", "bitte"})
# A wink or a laugh may make a joke of it; these only smile.
_SMILES = frozenset({(":", ")"), (":", "-", ")"), ("=", ")"), (":", ")", ")"), ("(", ":")})
_AFTER_ORDER = by_first("|".join([*_ASKS, _TAILS.strip()]))
_AFTER_CANCEL = by_first("|".join([_SECOND_THOUGHTS.strip(), *_MADE]))
_AFTER_EXIT = by_first(_REASONS.strip())
_TIMES = by_first(_WHEN.strip())
_BINDS = words(
    "of in into on my the some for all half at to a an buy sell with from worth and or kaufe "
    "verkaufe für in zu an um alle meine mein grab get dump close long"
)
_LONGEST = 8
_DRAWN = re.compile(r"(.)\1{2,}")  # `lets gooo`
MOST_TAILS = 3
_SEVERAL = words("all every everything orders any both alle alles aufträge each")


def without_tails(raw: Sequence[Raw]) -> list[Raw]:
    """The message without what was added after it; one that is nothing else stays as it is."""
    kept = _without_smile(list(raw))
    for _ in range(MOST_TAILS):
        shorter = _without(_AFTER_ORDER, kept)
        if len(shorter) == len(kept):
            break
        kept = shorter
    return kept


def without_reasons(raw: Sequence[Raw]) -> list[Raw]:
    """A sale or an exit without why it is wished: `going on holiday`, `I'm done with it`."""
    return _without(_AFTER_EXIT, list(raw))


def without_second_thoughts(raw: Sequence[Raw]) -> list[Raw]:
    """A cancellation without why it is one, and without when its order was placed.

    Of several orders, those that were placed at a time are not all of them.
    """
    if _SEVERAL & {text for _, text in raw}:
        return list(raw)
    kept = _without(_AFTER_CANCEL, list(raw))
    timed = _without(_TIMES, kept)
    if len(timed) < len(kept):
        placed = _without(_AFTER_CANCEL, timed)
        return placed if len(placed) < len(timed) else kept
    return _without(_AFTER_CANCEL, kept)


def _is_bound(before: Raw) -> bool:
    """Whether the one word behind `before` belongs to it: `$50 of SUPER` names a market."""
    return before[0] != "mark" and (before[0] != "word" or before[1] in _BINDS)


def _without_smile(raw: list[Raw]) -> list[Raw]:
    for smile in _SMILES:
        if len(raw) > len(smile) and tuple(text for _, text in raw[-len(smile) :]) == smile:
            return raw[: -len(smile)]
    return raw


def _without(table: dict[str, tuple[tuple[str, ...], ...]], raw: list[Raw]) -> list[Raw]:
    end = len(raw)
    while end and raw[end - 1][1] in _AFTER:
        end -= 1
    texts = tuple(_DRAWN.sub(r"\1", text) for _, text in raw[:end])
    for start in range(max(2, end - _LONGEST), end):
        if texts[start:] not in table.get(texts[start], ()):
            continue
        if start < end - 1 or not _is_bound(raw[start - 1]):
            return raw[:start]
    return raw
