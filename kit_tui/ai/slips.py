"""Typing slips of the grammar's own words: two letters changed over, one doubled, one left out."""

from __future__ import annotations

from kit_tui.ai.wordlists import words

# Long enough that a slip of one is hardly another word; none of them resumes trading.
_KEYWORDS = words(
    "cancel close order orders limit market trailing purchase liquidate position positions alert "
    "alerts notify portfolio balance holdings analyze analyse analysis backtest strategy rebalance "
    "report price everything half please kaufe kaufen verkaufe verkaufen schließe storniere "
    "offload unload flatten liquidate accumulate allocate stornieren schließen abstoßen aufstocken "
    "investiere besorge bestens stoploss "
    "alarm preis bitte analysiere percent prozent profit dollar dollars trading analysis"
)
_OTHER_WORDS = words("alter alters hafl hlaf tailing tailings reprot colse closer lose lost")
_LONG = 6

# Typing slips of verbs. Anything nearer to another word ("tell", "cell") is not here.
_TYPED: dict[str, str] = {
    "bui": "buy", "buyy": "buy", "buu": "buy", "byy": "buy", "bouy": "buy", "uby": "buy",
    "stpo": "stop", "tkae": "take", "opne": "open", "alet": "alert", "buks": "bucks",
    "halfte": "hälfte", "dolar": "dollar", "hlet": "help",
    "byu": "buy", "ubuy": "buy", "buyt": "buy", "purchse": "purchase", "purchace": "purchase",
    "slel": "sell", "sel": "sell", "seel": "sell", "selll": "sell", "esll": "sell",
    "cancle": "cancel", "cacnel": "cancel", "canel": "cancel", "cansel": "cancel",
    "cancell": "cancel", "clsoe": "close", "cloes": "close", "colse": "close", "claose": "close",
    "limt": "limit", "lmit": "limit", "limti": "limit", "makret": "market", "markt": "market",
    "plase": "please", "pleas": "please", "hlaf": "half", "haf": "half",
    "evrything": "everything", "everthing": "everything", "everyting": "everything",
    "postion": "position", "positon": "position", "postions": "positions", "oders": "orders",
    "positons": "positions", "ordrs": "orders",
    "sotp": "stop", "kaufne": "kaufen", "verkafe": "verkaufe", "kuafe": "kaufe",
    "anlyse": "analyse", "anaylze": "analyze", "anaylse": "analyse", "analze": "analyze",
    "analize": "analyze", "analyize": "analyze", "anlayze": "analyze", "anlyze": "analyze",
    "porfolio": "portfolio", "portoflio": "portfolio", "protfolio": "portfolio",
    "portfollio": "portfolio", "balence": "balance", "balanse": "balance", "prise": "price",
    "alrt": "alert", "aleart": "alert", "alart": "alert", "teh": "the", "hte": "the",
    "woth": "worth", "wroth": "worth", "worht": "worth", "remvoe": "remove", "delte": "delete",
    "fro": "for", "amd": "and", "adn": "and", "wiht": "with",
    "whne": "when", "beow": "below", "abvoe": "above", "aelrt": "alert", "allert": "alert",
    "rsik": "risk", "hlep": "help",
    "reusme": "resume", "resme": "resume", "bakctest": "backtest", "backtset": "backtest",
}  # fmt: skip
DOUBLED: tuple[str, ...] = (
    "buy",
    "sell",
    "dump",
    "grab",
    "cancel",
    "close",
    "kaufe",
    "verkaufe",
    "stop",
    "please",
)


def _slips_of(word: str) -> set[str]:
    swapped = {
        word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        for i in range(1, len(word) - 1)
        if word[i] != word[i + 1]
    }
    doubled = {word[: i + 1] + word[i:] for i in range(len(word))}
    dropped = {word[:i] + word[i + 1 :] for i in range(1, len(word) - 1)}
    return swapped | doubled | (dropped if len(word) >= _LONG else set())


def _all_slips() -> dict[str, str]:
    """Every slip that leads to one keyword only and is no word itself."""
    found: dict[str, str] = {}
    clashing: set[str] = set()
    for word in sorted(_KEYWORDS):
        for slip in _slips_of(word):
            if found.setdefault(slip, word) != word:
                clashing.add(slip)
    wrong = clashing | _KEYWORDS | _OTHER_WORDS
    return {slip: word for slip, word in found.items() if slip not in wrong} | _TYPED


SLIPS = _all_slips()
