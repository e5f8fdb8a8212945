"""What a message is not: negated, asked, past, imagined, quoted, or about things not on offer.

The grammar of orders is closed, so none of these could become an order anyway; the guards are the
second lock on that door, and they say why a message was not read as an order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kit_tui.ai.wordlists import words

NEGATIONS = words(
    "don't dont not never no nothing nope cannot can't cant won't wont wouldn't shouldn't "
    "shouldnt didn't didnt doesn't doesnt isn't aren't ain't without stop-buying refuse avoid "
    "nicht nie niemals kein keine keinen keiner keinem nein ohne neither nor except unless "
    "unwatch unfollow forbid außer nichts nöd ned nid keinesfalls"
)
# What is left out of something, which nobody can leave out by itself.
EXCEPTIONS = words("except außer")
PAST = words(
    "bought sold purchased dumped grabbed exited closed cancelled canceled yesterday ago was "
    "were had did been invested traded gekauft verkauft gestern habe hatte hab war hast "
    "storniert geschlossen liquidated flattened scooped flogged chucked offloaded unloaded "
    "scrapped binned squared stuck snagged bunged abgestoßen aufgestockt rausgehauen zugemacht "
    "glattgestellt nachgelegt nachgekauft gelöscht verscherbelt eingestiegen ausgestiegen"
)
IMAGINED = words(
    "would could might maybe perhaps thinking considering wonder wondering imagine suppose "
    "supposing hypothetically assume assuming wish hope hoping pretend theoretically würde "
    "würdest hätte vielleicht angenommen könnte eventuell überlege should sollte sollten soll "
    "theory what-if possibly probably tempted ought supposed advise advice recommend "
    "recommended thinks says said told tells heard asks asked think"
)
LATER = words(
    "tomorrow later tonight monday tuesday wednesday thursday friday saturday sunday morgen "
    "später soon someday eventually will gonna i'll we'll next until before after while "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag heute-abend nachher then"
)
RECURRING = words("every each daily weekly monthly hourly jeden jede täglich dca")
_ASKS = words(
    "what what's whats how how's hows why when where which who whose should is are am do does "
    "did can could would will was were has have any wie warum wieso weshalb wann wo welche "
    "welcher welches wer soll sollte ist sind kann könnte wird hast habe wieviel isn't "
    "thoughts shall may"
)
_WITHDRAW = words(
    "withdraw withdrawal transfer send deposit wire auszahlen abheben überweise "
    "überweisen sende wallet auszahlung auszahle auszahlt payout abhebung abhebe bankkonto cashout"
)
_BYPASS = re.compile(
    r"\b(?:ignore|bypass|disable|skip|override|forget|turn off|remove)\b.*"
    r"\b(?:rules?|limits?(?! (?:order|buy|sell))|risk|"
    r"confirm\w*|approv\w*|checks?|instructions?|safety|guards?)\b"
    r"|\bwithout\b.*\b(?:ask\w*|confirm\w*|approv\w*|tell\w*)\b"
    r"|\bno (?:confirmations?|questions|prompts?|approval|checks)\b"
    r"|\bdon'?t (?:ask|prompt|confirm)\b"
    r"|\bdon'?t make me\b|\bno need to (?:ask|confirm)\b|\b(?:never|stop) asking\b"
    r"|\bask(?:ing)? me again\b|\bkeine (?:rück)?fragen?\b|"
    r"\bfrag nicht\b|\bohne zu\b|\bungefragt\b"
    r"|\bohne\b.*\b(?:fragen|rückfrage|bestätigung|nachfrage)\b"
)
# Ways to take money away which are no single word.
TAKEN_AWAY = re.compile(
    r"\bzahle?n?\b.*\baus\b|\bhebe?n?\b.*\bab\b|\büberweis\w*|"
    r"\bschicke?n?\b.*\b(?:an|auf) (?:mein\w*|die|eine?|seine?) "
    r"(?:\w*wallet|\w*konto|adresse|ledger|bank)\b|"
    r"\b(?:to|onto|into|auf) (?:my|mein|meine|meinen|the|our) (?:own )?(?:bank\w*|ledger|trezor|"
    r"wallet|metamask|phantom|cold \w+|hardware \w+|paypal|revolut|konto|girokonto|debit card|"
    r"checking \w+|savings \w+)\b|\bto cold storage\b|\boff the exchange\b|\bpay (?:me )?out\b|"
    r"\bcash (?:me )?out\b.*\bto\b|\bto (?:0x|bc1)\w+|\bto (?:phantom|metamask|paypal|revolut)\b|"
    r"\b(?:from|off) (?:the )?(?:exchange|börse)\b|\bvon der börse\b"
)
# Who says so wants nothing done to it.
_LEFT_ALONE = re.compile(
    r"(?:please |pls |bitte |just )*(?:leave|keep|forget|ignore|lass|lasse|behalte?|hold on to) "
    r"(?:about )?(?:my|the|all|both|that|those|these|it|everything|meine?n?|die|den|das|alles)\b"
)
# What an order may promise holds words which alone would tell of the past.
_PROMISES = re.compile(r"\bgood til(?:l)? cancell?ed\b")
_SENT_TO_ME = re.compile(
    r"\b(?:send|wire) (?:me|us) (?:an?|the|my|some|all|your|daily|weekly)\b(?! ?\d)"
)
_ORDER_NUMBER = re.compile(r"\border no\.? ?#?\d")
_LEVERAGED = words("leverage leveraged leveraging margin hebel futures perp perps")


class Mood(NamedTuple):
    """How a message is meant, as far as its words show."""

    negated: bool
    asked: bool
    past: bool
    imagined: bool
    later: bool
    recurring: bool
    quoted: bool
    withdraws: bool
    bypasses: bool
    leveraged: bool

    @property
    def blocks_orders(self) -> bool:
        """Whether anything in it forbids reading an order."""
        return any(self)


def mood_of(text: str, words: Sequence[str]) -> Mood:
    """The mood of a screened message; lead-ins such as `could you` are cut off before."""
    found = frozenset(_PROMISES.sub(" ", " ".join(words)).split())
    if _ORDER_NUMBER.search(text):
        found -= {"no"}
    return Mood(
        negated=bool(found & NEGATIONS)
        or any(word.endswith("n't") for word in words)
        or _LEFT_ALONE.match(text) is not None,
        asked="?" in text or (bool(words) and words[0] in _ASKS and "not" not in words[1:2]),
        past=bool(found & PAST),
        imagined=bool(found & IMAGINED),
        later=bool(found & LATER),
        recurring=bool(found & RECURRING),
        quoted='"' in text or _single_quoted(text) or text.startswith(">"),
        withdraws=_withdraws(text, found),
        bypasses=_BYPASS.search(text) is not None,
        leveraged=bool(found & _LEVERAGED),
    )


def _withdraws(text: str, found: frozenset[str]) -> bool:
    said = bool(found & _WITHDRAW) or TAKEN_AWAY.search(text) is not None
    return said and not _SENT_TO_ME.search(text)


def _single_quoted(text: str) -> bool:
    return re.search(r"(?:^|\s)'[^']+'(?:\s|$|[.,!?])", text) is not None
