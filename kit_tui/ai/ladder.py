"""Which rung of the ladder answers a message that the offline grammar has read.

Slash commands, safety words, and every request the grammar is sure of never wait for a model.
Refusals are code's own: a model is not asked whether a safeguard may be skipped.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from kit_tui.ai.asking import DROPPED
from kit_tui.domain.intent import Action, Intent


class Rung(StrEnum):
    """OFFLINE answers as read; READ has a model read the sentence; TALK has one answer it."""

    OFFLINE = "offline"
    READ = "read"
    TALK = "talk"


# What the grammar says by itself is all there is to say.
_SETTLED: Final = frozenset({DROPPED})
# Notes of the grammar on sentences that speak of a trade but have words it cannot place.
_UNREAD: Final = ("left over", "two values")


def rung_of(intent: Intent) -> Rung:
    """The rung for a message with this reading, where a model could be asked."""
    if intent.intent is Action.CHAT:
        settled = intent.note in _SETTLED or intent.topic is not None
        return Rung.OFFLINE if settled else Rung.TALK
    if intent.intent is Action.ANALYZE:
        return Rung.TALK if intent.pair is not None else Rung.OFFLINE
    if intent.intent is Action.CLARIFY and intent.about is None:
        unread = (intent.note or "").startswith(_UNREAD)
        return Rung.READ if unread else Rung.OFFLINE
    return Rung.OFFLINE
