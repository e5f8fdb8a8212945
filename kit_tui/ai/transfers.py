"""Money that is to leave or come in: not on offer, and never a question about the account."""

from __future__ import annotations

import re

from kit_tui.ai.wordlists import either

# Each of these speaks of a transfer by itself.
_MOVES_OUT = re.compile(
    r"\b(?:withdraw(?:als?|ing)?|payouts?|cash ?outs?(?= (?:to|into|onto))|remit|"
    r"überweis(?:e|en|ung|t)?|ueberweis(?:e|en|ung)?|abheb(?:en|ung|e)|auszahl(?:en|ung|e|t)|"
    r"auszuzahlen|abzuheben|zu überweisen|einzahl(?:en|ung|e)|einzuzahlen|deposit(?:ing)?|"
    r"transfer(?:iere|ieren)?|wire|rücküberweisung)\b|"
    r"\b(?:zahl|zahle)\b.*\b(?:aus|ein)$|\b(?:heb|hebe)\b.*\bab$|\bpay (?:it |me |us |"
    r"my \w+ )?out\b|"
    r"\b(?:zahl|zahle)\b.*\b(?:aus|ein)\b(?: bitte)?[ .!]*$"
)
# These move many things; a place for money has to be named.
_MOVES = re.compile(
    r"\b(?:send|move|moving|pay|take|get|put|shift|ship|push|cash out|pull|bring|top up|fund|"
    r"load|store|schick|schicke|sende|send|buch|buche|buchen|verschieb|verschiebe|zieh|ziehe|hol|"
    r"hole|pack|zahl|zahle|überspiel|leg|lege|bring|transferier|lass|mach)\b"
)
_PLACES = re.compile(
    r"\b(?:to|into|onto|from|off|out of|auf|an|zu|von|zum|zur|aufs)\b (?:(?:my|the|"
    r"our|another|other|this|that|his|her|a|an|different|external|mein\w*|die|das|den|der|dem|"
    r"ein\w*|"
    r"unser\w*|andere\w*|own|hardware|new|private)\W+)*"
    + either(
        r"bank|bank ?accounts?|wallets?|ledger|trezor|metamask|cold storage|cold ?wallet|"
        r"hardware ?wallet|address|iban|paypal|revolut|n26|wise|venmo|savings(?: account)?|"
        r"checking account|current account|debit card|credit card|card|exchange|"
        r"\w*konto|bankkonto|girokonto|sparkonto|kreditkarte|karte|adresse|börse|platform|"
        r"accounts?|vitalik|phantom|multisig|safe|vault"
    )
    + r"\b|\b(?:bc1|0x)[a-z0-9]+\b|\b\w+\.eth\b"
)
_VENUE = re.compile(
    r"\b(?:send|move|shift|transfer|schick|schicke|sende|verschiebe?)\b.* (?:to|auf|nach|zu) "
    r"(?:binance|kraken|coinbase|bybit|okx|bitget|kucoin|gemini|bitstamp|bitpanda|bison)\b"
)
_FIAT_IN = re.compile(
    r"\b(?:top up|fund|add|load) (?:(?:my|the|some|more)\W+)*(?:account|balance|wallet|konto)\b"
)
# Who asks how, or tells what was, is not asking for it to be done.
_TOLD = re.compile(
    r"^(?:how(?! about)|why|when|where|what|which|who|did|has|have|was|were|is|are|wie|warum|wann|"
    r"wo|was|"
    r"welche\w*|wurde|hat|hast|habe|ist|i (?!need)\w+ed|show|list|zeig\w*)\b|\b(?:yesterday|"
    r"gestern|ago|"
    r"transferred|withdrew|withdrawn|deposited|sent|überwiesen|abgehoben|ausgezahlt|eingezahlt|"
    r"received|history|bericht|report|summary|screenshot)\b"
)
_POSITION = re.compile(
    r"\b(?:stop|stops|sl|tp|target|limit|orders?|bids?|offers?|alert|profit|trailing|alarm)\b"
)


def asked_for(text: str) -> bool:
    """Whether a screened message asks for a withdrawal, a deposit or a transfer."""
    if _TOLD.search(text) or _POSITION.search(text):
        return False
    if any(found.search(text) for found in (_MOVES_OUT, _FIAT_IN, _VENUE)):
        return True
    return _MOVES.search(text) is not None and _PLACES.search(text) is not None
