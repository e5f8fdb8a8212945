"""Which market a word names: the venue's own list, coin names, and their typing slips.

A listed ticker is always itself, so no typing slip turns one listed market into another. Names
forgive one slip; of tickers only the best known do, and only two letters changed over.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from kit_tui.ai.wordlists import words
from kit_tui.domain.numbers import InvalidNumberError
from kit_tui.domain.pair import Pair

DEFAULT_QUOTE = "USDT"
QUOTES = (
    "USDT", "USDC", "USD", "EUR", "GBP", "FDUSD", "TUSD", "DAI", "TRY", "CHF", "JPY", "BTC",
    "ETH", "BNB",
)  # fmt: skip
VENUES = {
    "binance": "binance", "kraken": "kraken", "coinbase": "coinbase", "metatrader": "metatrader",
    "mt5": "metatrader", "bybit": "bybit", "okx": "okx", "bitget": "bitget", "kucoin": "kucoin",
    "bitstamp": "bitstamp", "bitfinex": "bitfinex", "gemini": "gemini", "bitpanda": "bitpanda",
    "bitvavo": "bitvavo",
}  # fmt: skip
NAMES = {
    "bitcoin": "BTC", "bitcoins": "BTC", "xbt": "BTC", "ether": "ETH", "ethereum": "ETH",
    "solana": "SOL", "ripple": "XRP", "cardano": "ADA", "dogecoin": "DOGE", "polkadot": "DOT",
    "chainlink": "LINK", "avalanche": "AVAX", "litecoin": "LTC", "polygon": "POL", "matic": "POL",
    "uniswap": "UNI", "tron": "TRX", "stellar": "XLM", "monero": "XMR", "cosmos": "ATOM",
    "toncoin": "TON", "aptos": "APT", "arbitrum": "ARB", "optimism": "OP", "filecoin": "FIL",
    "algorand": "ALGO", "hedera": "HBAR", "tezos": "XTZ", "aave": "AAVE", "maker": "MKR",
    "binancecoin": "BNB", "shiba": "SHIB", "bitcoin cash": "BCH", "ethereum classic": "ETC",
    "shiba inu": "SHIB", "near protocol": "NEAR", "bnb coin": "BNB", "injective": "INJ",
    "celestia": "TIA", "zcash": "ZEC", "dash": "DASH", "gold": "XAU",
}  # fmt: skip
# Words that are tickers somewhere but are far more often plain words; they name a market only
# as part of a pair, after `$`, or where nothing else than a market can stand.
COMMON = words(
    "near gas mask sand flow magic hot move super open home people win fun high just not one "
    "id key gold trade cash token time cost data real safe hard fast bat pro ape way tag tree "
    "sun star ace cat dog bull bear layer ever red act ark band beam bond core edge epic for "
    "all now the me on at any is are was be it so up go get out by my of or and if to in no "
    "do can did has you we he she how why who what when new big hit top low day ask bid buy "
    "sell stop set put lit prom quick rare sleep sweat volt alert order banana turbo own ich "
    "du die der das und von mit auf an zu ist wie tut mal gut man rsi macd sma ema atr grid "
    "dca today week month year report risk help plan level check test news signal idea last next "
    "free back start pause resume never nothing some more trend chart people whale house bot say "
    "said friend boss pay send lend wallet bank secret zero minus later every without take open"
)
_NEVER_SLIPS = words(
    "other either enter iron torn cosmo taker make makes ripples tripple triple cash tropical "
    "dashed avalanches their there gather rather father mother optimist cellar makers pebble "
    "nipple optimist optimise optimize optimal"
)  # fmt: skip

# Everybody who types `eht` means ETH; others changed over are coins themselves, as BCT and XPR are.
_BEST_KNOWN = ("ETH", "DOGE", "LINK", "AVAX")
_WORDS_LIKE_TICKERS = words("teh het")

OFFLINE_BASES = (
    "BTC ETH SOL XRP ADA DOGE LINK AVAX DOT LTC BCH BNB TRX XLM UNI ATOM NEAR APT ARB OP FIL ALGO "
    "HBAR XTZ AAVE MKR SHIB PEPE TON SUI INJ TIA ETC ZEC POL XMR SEI RUNE LDO GRT SAND MANA AXS "
    "CRV SNX COMP DASH EOS ICP VET FTM BONK WIF FLOKI JUP RENDER FET IMX STX ONDO ENA"
)


# What a broker lists; said whole, for a single currency is money, no market.
OFFLINE_CURRENCIES = (
    "EUR/USD GBP/USD USD/JPY USD/CHF AUD/USD USD/CAD NZD/USD EUR/GBP EUR/JPY GBP/JPY XAU/USD "
    "XAG/USD"
)


def offline_pairs() -> frozenset[Pair]:
    """Common markets, for reading messages when no venue's list is at hand."""
    bases = OFFLINE_BASES.split()
    names = [f"{base}/USDT" for base in bases] + [f"{base}/USDC" for base in bases[:30]]
    names += [f"{base}/{quote}" for quote in ("EUR", "USD", "GBP") for base in bases[:16]]
    names += [f"{base}/BTC" for base in bases[1:16]] + ["SOL/ETH", "LINK/ETH"]
    return frozenset(Pair(name) for name in (*names, *OFFLINE_CURRENCIES.split()))


class Asset(NamedTuple):
    """A market that a word named; `exact` when the quote currency was named too."""

    name: str
    exact: bool


class Assets:
    """Lookup tables over one list of pairs."""

    def __init__(self, pairs: Collection[Pair]) -> None:
        # A coin's name means its spot market; on an account of contracts only, its perpetual.
        spot = {str(pair): pair for pair in pairs if not pair.settle}
        self._named = spot or {f"{p.base}/{p.quote}": p for p in pairs if _is_linear(p)}
        self.pairs = frozenset(self._named.values())
        self.every = frozenset(pairs)
        self.bases = frozenset(pair.base for pair in self.pairs)
        self.joined = {f"{pair.base}{pair.quote}".lower(): pair for pair in self.pairs}
        self.names = {name: base for name, base in NAMES.items() if base in self.bases}
        self._slips = _slips_of(self.names, self.bases)

    def word(self, word: str) -> Asset | None:
        """The market a word names, if any; bare bases have no quote currency yet."""
        if word in self.names:
            return Asset(self.names[word], exact=False)
        if word.upper() in self.bases:
            return Asset(word.upper(), exact=False)
        if word in self.joined:
            return Asset(self.joined[word], exact=True)
        slip = self._slips.get(word)
        return Asset(slip, exact=False) if slip else None

    def spelled(self, text: str) -> Asset | None:
        """The market of `btc/eur`, `BTC-USDT`, `btc_usdt`; None when it is not listed."""
        name = text.replace("-", "/").replace("_", "/").upper()
        base, _, rest = name.partition("/")
        base = self.names.get(base.lower(), base)
        try:
            pair = Pair(f"{base}/{rest}")
        except InvalidNumberError:
            return None
        found = pair if pair in self.every else self._named.get(pair)
        return Asset(found, exact=True) if found else None

    def pair(self, base: str, quote: str) -> Pair | None:
        """The pair of a base and a quote currency, if it is listed."""
        return self._named.get(f"{base}/{quote}")

    def quotes_of(self, base: str) -> list[str]:
        """The quote currencies a base is listed in, the usual ones first."""
        found = {pair.quote for pair in self.pairs if pair.base == base}
        return [quote for quote in QUOTES if quote in found] + sorted(found - set(QUOTES))


def _is_linear(pair: Pair) -> bool:
    """Whether it is a contract that is settled in its quote currency and never expires."""
    return pair.settle == pair.quote


def _slips_of(names: dict[str, str], bases: frozenset[str]) -> dict[str, str]:
    """Every single slip of every name, without those that are words, names or near two names."""
    found: dict[str, str] = {}
    clashing: set[str] = set()
    for name, base in names.items():
        if " " in name or len(name) < 4:
            continue
        for slip in _transposed_or_doubled(name) | (_edits(name) if len(name) >= 6 else set()):
            if found.setdefault(slip, base) != base:
                clashing.add(slip)
    for base in bases & frozenset(_BEST_KNOWN):
        for slip in _ticker_slips(base.lower()):
            if found.setdefault(slip, base) != base:
                clashing.add(slip)
    for slip in list(found):
        known = slip in names or slip.upper() in bases
        if slip in clashing or known or slip in _NEVER_SLIPS | _WORDS_LIKE_TICKERS:
            del found[slip]
    return found


def _transposed_or_doubled(name: str) -> set[str]:
    swapped = {
        name[:i] + name[i + 1] + name[i] + name[i + 2 :]
        for i in range(1, len(name) - 1)
        if name[i] != name[i + 1]
    }
    return swapped | {name[: i + 1] + name[i:] for i in range(len(name))}


def _ticker_slips(ticker: str) -> set[str]:
    """Two letters changed over, the first two as well."""
    return {
        ticker[:i] + ticker[i + 1] + ticker[i] + ticker[i + 2 :]
        for i in range(len(ticker) - 1)
        if ticker[i] != ticker[i + 1]
    }


def _edits(name: str) -> set[str]:
    """Everything one letter away, the first letter kept."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = range(1, len(name) + 1)
    removed = {name[:i] + name[i + 1 :] for i in cuts if i < len(name)}
    changed = {name[:i] + c + name[i + 1 :] for i in cuts if i < len(name) for c in letters}
    added = {name[:i] + c + name[i:] for i in cuts for c in letters}
    return removed | changed | added
