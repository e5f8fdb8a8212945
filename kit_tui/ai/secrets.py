"""Tells secrets that were typed into a chat from ordinary talk, so that none is ever kept.

The shapes are those of exchange keys, bot tokens, model keys, private keys and seed phrases. What
is long and random without a known shape counts as a secret too; ticket hashes after `approve`,
order ids, addresses of web pages and long words do not.
"""

from __future__ import annotations

import math
import re
from collections import Counter

from kit_tui.ai.wordlists import words

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*(?:PRIVATE KEY|OPENSSH)")),
    ("a private key", re.compile(r"\b[xyz]prv[1-9A-HJ-NP-Za-km-z]{50,}")),
    ("a private key", re.compile(r"(?<!\w)[5KL][1-9A-HJ-NP-Za-km-z]{50,51}(?!\w)")),
    ("a model key", re.compile(r"\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{16,}")),
    ("a bot token", re.compile(r"(?<!\d)\d{8,10}:[A-Za-z0-9_-]{30,}")),
    ("a bot token", re.compile(r"\b[MNO][A-Za-z\d_-]{22,27}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,}")),
    ("an access token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")),
    ("an access token", re.compile(r"\b(?:gh[pousr]_|github_pat_|xox[abprs]-|glpat-)[\w-]{16,}")),
    ("an access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("an API key", re.compile(r"\borganizations/[0-9a-f-]{36}/apiKeys/[0-9a-f-]{36}")),
)  # fmt: skip
_NAMED = re.compile(
    r"(?i)\b(?:api[ _-]?(?:key|secret)|secret(?:[ _-]?key)?|private[ _-]?key|access[ _-]?token|"
    r"bot[ _-]?token|auth[ _-]?token|bearer|password|passwort|passphrase|passwd|pwd|"
    r"KIT_[A-Z_]*(?:KEY|SECRET|TOKEN|PASSPHRASE)|ANTHROPIC_API_KEY)\b"
    r"(?:\s+(?:is|ist|lautet|for|on|für|binance|kraken|coinbase|telegram|discord|my|mein))*"
    r"\s*[:=]?\s*[\"']?(\S{6,})"
)
_PASSWORD = re.compile(
    r"(?i)\b(?:password|passwort|passphrase|passwd|pwd|pin)\s*(?:is|ist|lautet|[:=])\s*[\"']?\S{4,}"
)
_HASH_OK = re.compile(
    r"(?i)(?:/?\bapprove\b|--hash\b|/?\breject\b)(?:[ \t]+(?:ticket[ \t]+)?[\w#-]{1,40})?"
    r"(?:[ \t]+(?:--hash|hash))?[ \t=]+[0-9a-f]{64}\b"
)
_ADDRESS = re.compile(r"(?i)\b(?:https?://\S+|\S+@\S+\.\w{2,})")
_RUN = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_UUID = re.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SEED_LENGTHS = (12, 15, 18, 21, 24)
_SEED_TALK = re.compile(
    r"(?i)\b(?:seed|recovery|mnemonic|wiederherstellungs)[ -]?(?:phrase|words?|wörter)?\b"
)
# Words that are in no seed list but in nearly every sentence.
_TALK = words(
    "a an the to of for at on in my me i you is are was be it its and or not do does did how "
    "what when if but this that with from by as so we they he she his her your our am have "
    "has had will would could should btc eth sol usdt eur usd der die das und ist ich zu im "
    "den ein eine für mit auf von nicht wie wenn es bei alle meine mein aus show please"
)
_LIMIT = 20_000
ENTROPY_BITS = 3.6


def looks_like_secret(text: str) -> str | None:
    """What kind of secret a message seems to hold, or None."""
    head = text[:_LIMIT]
    for kind, shape in _SHAPES:
        if shape.search(head):
            return kind
    if _PASSWORD.search(head):
        return "a password"
    named = _NAMED.search(head)
    if named is not None and _is_value(named[1]):
        return "a key or password"
    if _seed_phrase(head):
        return "a seed phrase"
    return "a key" if _random_run(head) else None


def _is_value(text: str) -> bool:
    """Whether what follows the word `password` or `api key` is one, not a word about it."""
    value = text.strip("\"'.,;!?")
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return len(value) >= 8 and mixed


def _seed_phrase(text: str) -> bool:
    words = re.findall(r"[a-z]+", _SEED_TALK.sub(" ", text.lower()))
    talk = sum(word in _TALK for word in words)
    plain = [word for word in words if 3 <= len(word) <= 8]
    if _SEED_TALK.search(text):
        return len(plain) >= 12 and talk <= len(words) // 3
    only_words = re.fullmatch(r"[\s\d.,:;)a-zA-Z\"']+", text) is not None
    return only_words and len(words) in _SEED_LENGTHS and talk == 0 and len(plain) == len(words)


def _random_run(text: str) -> bool:
    cleaned = _UUID.sub(" ", _ADDRESS.sub(" ", _HASH_OK.sub(" ", text)))
    return any(_is_random(found[0].strip("=-_/")) for found in _RUN.finditer(cleaned))


def _is_random(run: str) -> bool:
    """Whether a run of characters is key material rather than words, numbers or names."""
    if re.fullmatch(r"(?:0x)?[0-9a-fA-F]{64}", run):
        return True
    if len(run) < 24 or run.isdigit():
        return False
    longest = max(map(len, re.split(r"[-_/+]", run)))
    if longest < 16:
        return False
    kinds = sum(any(map(test, run)) for test in (str.islower, str.isupper, str.isdigit))
    return kinds >= 2 and any(map(str.isdigit, run)) and _entropy(run) >= ENTROPY_BITS


def _entropy(run: str) -> float:
    """Shannon entropy in bits for each character."""
    total = len(run)
    return -sum(n / total * math.log2(n / total) for n in Counter(run).values())
