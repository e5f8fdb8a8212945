"""How a message begins or turns: told, asked, or at a loss, whatever it speaks of."""

from __future__ import annotations

import re

TOLD = re.compile(
    r"(?:i|we|he|she|they|it|you|ich|wir|er|sie)\b|"
    r"(?:just |already |finally )?(?:bought|sold|dumped|grabbed|took|went|entered|exited|flogged|"
    r"scooped|offloaded|liquidated)\b(?! (?:trades|orders|positions|coins))|"
    r"(?:my|the|our|a|an|his|mein\w*|die|der|das) .*\b(?:was|were|got|had|did|wurden?|war|waren)\b"
)
# `at what price did I sell`, `seit wann halte ich`: a question that begins with a small word.
ASKED_OF = re.compile(
    r"(?:at|in|for|to|on|with|from|since|by|zu|mit|seit|bis|ab|für|bei|um) "
    r"(?:what|which|how|welche\w*|wann|wie ?viel|was)\b|"
    r"(?:wurden?|sind|bin ich|darf|gibt|steht|liegt|läuft|laufen|hängt|geht|lohnt|hab ich|habe ich|"
    r"haben wir|kann ich|hat (?:kit|mein\w*|der|die|das|sich))\b|"
    r"(?:please )?(?:tell|let) (?:me|us) (?:know )?(?:if|whether|what|which|how|when|why)\b"
)
# Denials that ask: `bullish or not`, `I don't know what to type`.
AT_SEA = re.compile(
    r"\b(?:or|oder) (?:not|no|nicht|nein)\b|\b(?:haven't|hasn't|havent|hasnt|not|nicht|"
    r"noch nicht) (?:been |yet |got |get )?(?:filled|executed|triggered|gone through|hit|"
    r"ausgeführt|gefüllt)\b|\b(?:don't|dont|do not) (?:know|understand|get) "
    r"(?:what|how|where|which)\b|\b(?:not sure|no idea|no clue|can't find|cant find|keine ahnung|"
    r"weiß nicht|weiss nicht|nicht weiter|verstehe nicht)\b"
)
# What is listed or counted is asked about, whatever it would be an order of.
ENQUIRES = re.compile(
    r"(?:please |kit |hey |can you |could you |bitte )*(?:list|show|display|view|what|which|how|"
    r"where|when|who|zeige?|liste|welche|wie|wo|wann|bid ?/? ?(?:and )?ask)\b"
)
ADVICE = re.compile(
    r"(?:and |so )?(?:should|shall|would|soll|sollte|is it|ist es)\b.*\b(?:buy|sell|close|"
    r"exit|hold|dump|take profits?|add|enter|kaufen|verkaufen|halten|schließen)\b"
)
DID = re.compile(r"(?:did|have|has|hast|haben|hat) (?:we|i|you|it|kit|du|wir|ich|er)\b")
SOLD_ON = re.compile(
    r"\b(?:buy|sell|long|short|kaufen?|verkaufen?|close|dump|hold|halten|buying|selling|closing|"
    r"compr\w*|vend\w*|achet\w*)\b"
)
WHEN = re.compile(
    r"(?:when(?! (?:should|do|does|can|is|to|would|will|shall|did|are)\b)|"
    r"whenever|once|wenn|sobald|falls)\b"
)
INTENDED = re.compile(r"(?:was|were) (?:going|about|gonna)\b")
# Said instead of an answer, these let the question go.
DROPPED = re.compile(
    r"(?:no|nope|nah|nein|never ?mind|forget (?:it|that)|cancel that|abort that|leave it|nvm|"
    r"skip it|not now|vergiss es|egal|lass (?:es|mal)|doch nicht)[ .!]*"
)
# `double my BTC`, `undo the last trade`: deeds which are no one order.
AGAIN = re.compile(
    r"(?:please |kit |hey )*(?:undo|reverse|revert|repeat|redo|hedge|flip|double)\b.*"
    r"\b(?:trade|order|position|last|that|it|buy|sell|btc|eth|\w+)\b"
)
# Everything one has into one market.
ALL_IN = re.compile(
    r"\ball ?-? ?in\b|\byolo\b|\blife savings\b|\bbet (?:the|my) (?:house|farm|ranch)\b|"
    r"\b(?:all|whole|entire) (?:(?:of )?(?:my|the|our) )?(?:account|portfolio|balance|cash|money|"
    r"funds|savings|bankroll|capital|usdt|dollars|euros) (?:i have )?(?:into|in|on)\b|"
    r"\b(?:every penny|every cent|the farm|the house|the lot|alles|mein ganzes geld) "
    r"(?:into|in|on|auf)\b|\b(?:mein|das) (?:ganzes?|gesamtes?) (?:geld|guthaben|konto)\b"
)
