"""First look at a message: bound its length, straighten its typography, notice what is hidden.

Nothing here guesses: a character that could make a reader and the program see two different
messages is reported, and the grammar then never reads the message as an order.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

MAX_LENGTH = 400

_ALLOWED = frozenset("äöüÄÖÜßẞéèêëáàâíïîóôúûñçœãõÉÈÊÀÁÍÎÓÚÑÇ€£½¼¾≥≤±")
_STRAIGHTEN = str.maketrans(
    {
        "’": "'", "‘": "'", "‚": "'", "´": "'", "`": "'",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": '"', "›": '"',
        "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-",
        "…": "...", "×": "x", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\r": "\n", "\t": " ",
        "≥": ">", "≤": "<", "ẞ": "ß",
    }
)  # fmt: skip
_PLAIN = re.compile(r"[ -~\n]*")
_MIXED = re.compile(r"[A-Za-z]\x00|\x00[A-Za-z]")
_PRESENTATION = frozenset("\ufe0f\ufe0e\u20e3\u200d")

HIDDEN = "the message holds hidden characters"
LOOKALIKE = "the message mixes letters of another alphabet into its words"
DIGITS = "the message holds digits of another script"
FOREIGN = "the message holds letters I do not read"
SYMBOL = "the message holds symbols I do not read"
TOO_LONG = f"the message is longer than {MAX_LENGTH} characters"


class Screened(NamedTuple):
    """A message in lower case with plain typography.

    `reason` says why it must never be an order, empty when nothing is wrong. In `text` every
    character that was not understood is a space.
    """

    text: str
    reason: str


def screen(message: str) -> Screened:
    """Straighten a message; total for every str, and fast whatever its length."""
    if len(message) > MAX_LENGTH:
        return Screened("", TOO_LONG)
    text = message.translate(_STRAIGHTEN).strip()
    if _PLAIN.fullmatch(text):
        return Screened(text.lower(), "")
    kept: list[str] = []
    reasons: set[str] = set()
    for character in text:
        reason = "" if " " <= character <= "~" or character == "\n" else _judge(character)
        if reason:
            reasons.add(reason)
            kept.append("\x00" if reason in (FOREIGN, HIDDEN) else " ")
        else:
            kept.append(character)
    marked = "".join(kept)
    if FOREIGN in reasons and _MIXED.search(marked):
        reasons.add(LOOKALIKE)
    for reason in (HIDDEN, LOOKALIKE, DIGITS, FOREIGN, SYMBOL):
        if reason in reasons:
            # A hidden character vanishes for the eye, so it vanishes here too: only the few
            # intents that are safe in any case (halting) are read from what is left.
            seen = marked.replace("\x00", "" if reason == HIDDEN else " ")
            return Screened(seen.lower().strip(), reason)
    return Screened(marked.lower(), "")


def _judge(character: str) -> str:
    """Why a character beyond ASCII is not read, or an empty string when it is."""
    if character in _ALLOWED:
        return ""
    if character in _PRESENTATION:
        return SYMBOL
    category = unicodedata.category(character)
    if category[0] == "C":
        return HIDDEN
    if category[0] == "N":
        return DIGITS
    if category[0] in "LM":
        return FOREIGN
    return SYMBOL
