"""Questions that share an action with others: why it was done, what to do, how much to buy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from kit_tui.ai import asking
from kit_tui.ai.tokens import Token, first
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.pair import Pair

WHY, RECOMMEND, SIZE = "why", "recommend", "size"

_DEED = (
    r"(?:buy|sell|bought|sold|do|did|done|close|closed|open|opened|trade|traded|cancel|cancell?ed|"
    r"reject|rejected|refuse|refused|decline|place|placed|skip|exit|halt|stop|enter|entered|"
    r"gekauft|verkauft|gemacht|getan|geschlossen|storniert|abgelehnt|gehandelt)"
)
_DOER = r"(?:you|we|it|kit|the bot|that|this|my|the|our|du|wir|ihr|order|trade)"
_WHY = re.compile(
    rf"\b(?:why|how come|wieso|warum|weshalb)\b.*\b{_DOER}\b.*\b{_DEED}\b|"
    rf"\bwhat made (?:you|it|kit)\b.*\b{_DEED}\b|"
    r"\bwhat happened (?:to|with) (?:my |the )?(?:\w+ )?(?:order|trade|ticket)\b|"
    r"\b(?:why|warum|wieso)\b.*\b(?:order|trade|position|stop|ticket|auftrag)\b|"
    r"\b(?:explain|erklär\w*|justify|the story (?:of|behind))\b"
    r"(?=.*(?:\d|#|\b(?:last|that|this|your|latest|my|letzte\w*)\b)).*"
    r"\b(?:orders?|trades?|ticket|decision|auftrag|(?:this|that|last|your) (?:buy|sell|sale))\b|"
    r"\b(?:reason|reasoning|grund)\b.*\b(?:order|trade|buy|sell|sale|position|auftrag|kauf)\b|"
    r"^(?:but )?(?:why|warum|wieso)(?: that| this| so)?[ ?!.]*$"
)
_RECOMMEND = re.compile(
    r"\bwhat (?:should|shall|would|can|could|do|to) ?(?:i|we|you|to)? ?do\b|"
    r"\b(?:trade|trading|good|any) ideas?\b|\bideas? (?:for|on)\b|"
    r"\b(?:recommend\w*|suggest\w*|propose)\b|"
    r"\bwhat (?:would|do) you (?:do|buy|trade|advise)\b|"
    r"\b(?:which|what|best|a good|right) strateg\w+ "
    r"(?:fits?|suits?|works?|is|for|on|should|would)\b|"
    r"\bhow (?:should|would|to|do) ?(?:i|you|we)? (?:trade|play|approach)\b|"
    r"\b(?:give|got|have|any)\b.*\b(?:trade|trading) (?:setups?|ideas?|plans?)\b|"
    r"\bwhat'?s the play\b|\badvice (?:on|for)\b|\bwhat'?s your advice\b|"
    r"\bwas (?:soll(?:te)?|würdest|tun|machen?) (?:ich|du|wir)?\b.*\b(?:machen|tun|mit)\b|"
    r"\b(?:empfiehl\w*|empfehl\w*|handelsidee\w*|tradeidee\w*)\b|\bwelche strategie (?:passt|für)\b"
)
_SIZED = re.compile(
    r"\bhow (?:much|many|big|large)\b|\b(?:position|trade|order) siz\w+\b|"
    r"\b(?:what|which) size\b|\bsize (?:for|of|my|a|me)\b|\bsizing\b|\bpositionsgröße\b|"
    r"\bwie ?(?:viel\w*|groß|gross)\b"
)
_FAR = r"(?:(\d+(?:[.,]\d+)?) ?(?:%|percent|per cent|prozent)|(\d+(?:\.\d+)?) ?x? ?atrs?)"
_DISTANCE = re.compile(
    rf"{_FAR}[ -](?:trailing )?stop(?:[ -]?loss)?\b|"
    rf"\bstop(?:[ -]?loss)? (?:is |of |at |set )*{_FAR} ?"
    r"(?:below|away|under|off|lower|unter\w*|tiefer)"
)
_RISKED = re.compile(
    r"\b(?:risk\w*|risiko|riskiere)\D{0,14}?(\d+(?:[.,]\d+)?) ?(?:%|percent|prozent)|"
    r"(\d+(?:[.,]\d+)?) ?(?:%|percent|prozent) (?:of \w+ |account |equity |max )?(?:risk|risiko)"
)


def read_why(text: str, tokens: Sequence[Token], pair: Pair | None) -> Intent | None:
    """A question for the story behind an order, or None."""
    if not _WHY.search(text):
        return None
    named = first(tokens, "id", "num")
    return Intent(intent=Action.CHAT, topic=WHY, pair=pair, order_id=named.text if named else None)


def read_recommendation(text: str, pair: Pair | None, timeframe: str | None) -> Intent | None:
    """A question for what to do about a market, or None."""
    if not _RECOMMEND.search(text):
        return None
    if pair is None:
        return None if not re.search(r"\b(?:trade|trading|buy|strateg\w+)\b", text) else Intent(
            intent=Action.CLARIFY, question="An idea for which market?", about=Action.ANALYZE,
            topic=RECOMMEND, timeframe=timeframe, note="asset missing",
        )  # fmt: skip
    return Intent(intent=Action.ANALYZE, pair=pair, topic=RECOMMEND, timeframe=timeframe)


def read_size(text: str, tokens: Sequence[Token], pair: Pair | None) -> Intent | None:
    """How much may be bought with a stop at a price and a share of equity at risk, or None."""
    if not _SIZED.search(text):
        return None
    stop, far, share = _stop_of(tokens), _distance_of(text), _risked(text)
    if stop is None and far is None and share is None:
        return None
    if pair is None:
        return asking.ask("The size for which market?", note="asset missing")
    return Intent(
        intent=Action.RISK, pair=pair, stop_price=None if far else stop, stop_loss=far,
        fraction=share, topic=SIZE,
    )  # fmt: skip


def _stop_of(tokens: Sequence[Token]) -> Decimal | None:
    """The number after the word stop, small words between them allowed."""
    place = next((i for i, t in enumerate(tokens) if t.kind in ("stop", "stoploss")), None)
    if place is None:
        return None
    if place and tokens[place - 1].kind in ("num", "money"):  # `with a 2200 stop`
        return tokens[place - 1].value
    for token in tokens[place + 1 :]:
        if token.kind in ("num", "money"):
            return token.value
        if token.kind not in ("at", "of", "on", "a", "my", "stop", "price", "to", "for"):
            return None
    return None


def _distance_of(text: str) -> str | None:
    """How far away a stop is to be: `a 3% stop`, `a stop 2 atr below`."""
    found = _DISTANCE.search(text)
    if found is None:
        return None
    share, multiple = found[1] or found[3], found[2] or found[4]
    return f"{share}%" if share else f"{multiple}atr"


def _risked(text: str) -> Decimal | None:
    found = _RISKED.search(text)
    if found is None:
        return None
    share = Decimal((found[1] or found[2]).replace(",", ".")) / 100
    return share if 0 < share <= 1 else None
