"""What a model's text may claim: a sentence of code contradicts an order that was never sent."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from kit_tui.domain.cards import Card, TicketCard
from kit_tui.domain.ticket import TicketState

# Words by which a text says that an order went out; negated and conditional ones do not.
_DONE: Final = re.compile(
    r"\b(?:i(?:'ve| have)?|we(?:'ve| have)?)\s+(?:just |now |already |successfully )*"
    r"(?:bought|sold|placed|executed|submitted|sent|filled|closed|cancell?ed|opened|approved|"
    r"transferred|withdrawn)\b"
    r"|\b(?:your |the |an? )?(?:\w+ ){0,2}(?:order|trade|position|purchase|sale) "
    r"(?:has been|was|is|have been|were) (?:now |just |already |successfully )*"
    r"(?:placed|executed|submitted|sent|filled|"
    r"closed|cancell?ed|approved|completed)\b"
    r"|\b(?:ich habe|habe ich|wir haben)\b[^.!?\n]{0,60}\b(?:gekauft|verkauft|platziert|ausgeführt|"
    r"gesendet|geschlossen|storniert|aufgegeben)\b"
    r"|\b(?:order|auftrag|position)\b[^.!?\n]{0,30}\bwurde\b[^.!?\n]{0,30}\b(?:ausgeführt|platziert|"
    r"gesendet|geschlossen|storniert|aufgegeben)\b",
    re.IGNORECASE,
)
_NEGATION: Final = re.compile(
    r"\b(?:not|no|never|nothing|n't|nicht|kein\w*|nichts|if|once|when|unless|until|"
    r"wenn|falls|sobald)\b|n't\b",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*(?:\s[^()\n]*)?\)")
_ADDRESS: Final = re.compile(r"\b(?:https?|ftp|file|tg)://\S+|\bwww\.\S+", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[^.!?\n]+")


def without_links(text: str) -> str:
    """Links as their words only: no one may be led anywhere, nor a preview fetch an address."""
    return _ADDRESS.sub("(link left out)", _LINK.sub(r"\1", text))


def claims_an_order(text: str) -> bool:
    """Whether a text says that something was traded, cancelled or sent."""
    return any(
        _DONE.search(sentence) and not _NEGATION.search(sentence)
        for sentence in _SENTENCE.findall(text.replace("’", "'"))
    )


def truth_line(text: str, cards: Collection[Card]) -> str:
    """What contradicts such a claim; empty where there is none. `cards` are those of the turn."""
    if not claims_an_order(text):
        return ""
    waiting = [
        card.ticket.id
        for card in cards
        if isinstance(card, TicketCard) and card.ticket.state is TicketState.PENDING
    ]
    if waiting:
        return f"Nothing was sent: ticket {', '.join(waiting)} waits for your answer."
    return "Nothing was sent: no order was placed, changed or cancelled by this answer."
