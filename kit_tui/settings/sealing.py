"""Seals bytes with a passphrase: scrypt makes the key, ChaCha20-Poly1305 encrypts and signs.

A sealed file is three parts: a readable head (`kit-vault 1`, then one line of JSON with the
parameters), the sealed bytes, and a SHA-256 over all before it. The head is signed together with
the content. The plain checksum tells damage from a wrong passphrase, which the seal alone cannot;
whoever tampers on purpose can renew it, but not the seal.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass, field

MAGIC = b"kit-vault 1\n"
SALT, NONCE, CHECKSUM = 16, 12, 32
SMALLEST_N, LARGEST_N, LARGEST_P = 2**10, 2**20, 4
MOST_MEMORY = 256 * 1024 * 1024
LARGEST_FILE = 4_000_000


class UnreadableSealError(ValueError):
    """The bytes are not a sealed file, or no longer the one that was written."""


class UnknownSealError(ValueError):
    """A sealed file of another version of this program."""


class SealBrokenError(ValueError):
    """The passphrase is wrong, or somebody altered the file on purpose."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Parameters of scrypt (RFC 7914): memory is 128·n·r bytes, time grows with n·r·p."""

    n: int = 2**17
    r: int = 8
    p: int = 1

    def check(self) -> None:
        """Refuse what would make a manipulated file cheap to guess or exhaust this machine.

        Raises:
            UnreadableSealError: outside the bounds.
        """
        power = self.n > 0 and self.n & (self.n - 1) == 0
        sane = SMALLEST_N <= self.n <= LARGEST_N and 1 <= self.r <= 32 and 1 <= self.p <= LARGEST_P
        if not (power and sane) or 128 * self.n * self.r > MOST_MEMORY:
            raise UnreadableSealError("its parameters are out of bounds")


@dataclass(frozen=True, slots=True, repr=False)
class SealKey:
    """A key made from a passphrase, with what is needed to make it again."""

    cost: Cost
    salt: bytes
    key: bytes = field(repr=False)

    def __repr__(self) -> str:
        return "SealKey(…)"


def new_key(passphrase: str, cost: Cost | None = None) -> SealKey:
    """A key with a salt of its own."""
    return _derive(passphrase, cost or Cost(), secrets.token_bytes(SALT))


def key_for(data: bytes, passphrase: str) -> SealKey:
    """The key a passphrase makes for an existing sealed file.

    Raises:
        UnreadableSealError: when the file is damaged.
        UnknownSealError: when it is of another version.
    """
    head = _head(data)
    return _derive(passphrase, head.cost, head.salt)


def seal(content: bytes, key: SealKey) -> bytes:
    """The whole file for this content, with a nonce of its own."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    nonce = secrets.token_bytes(NONCE)
    words = {
        "kdf": "scrypt", **asdict(key.cost), "salt": _text(key.salt),
        "cipher": "chacha20-poly1305", "nonce": _text(nonce),
    }  # fmt: skip
    head = MAGIC + json.dumps(words, separators=(",", ":")).encode() + b"\n"
    body = head + ChaCha20Poly1305(key.key).encrypt(nonce, content, head)
    return body + hashlib.sha256(body).digest()


def unseal(data: bytes, key: SealKey) -> bytes:
    """The content of a sealed file.

    Raises:
        UnreadableSealError: when the file is damaged.
        UnknownSealError: when it is of another version.
        SealBrokenError: when the key does not fit it.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    head = _head(data)
    if (head.salt, head.cost) != (key.salt, key.cost):
        raise SealBrokenError("it was sealed anew")
    try:
        return ChaCha20Poly1305(key.key).decrypt(
            head.nonce, data[head.end : -CHECKSUM], data[: head.end]
        )
    except InvalidTag:
        raise SealBrokenError("the passphrase is wrong") from None


@dataclass(frozen=True, slots=True)
class _Head:
    cost: Cost
    salt: bytes
    nonce: bytes
    end: int


def _head(data: bytes) -> _Head:
    if not data.startswith(b"kit-vault ") or len(data) > LARGEST_FILE:
        raise UnreadableSealError("it is no vault")
    body, checksum = data[:-CHECKSUM], data[-CHECKSUM:]
    if hashlib.sha256(body).digest() != checksum:
        raise UnreadableSealError("its checksum differs")
    if not data.startswith(MAGIC):
        raise UnknownSealError("it was written by another version")
    end = data.find(b"\n", len(MAGIC)) + 1
    try:
        words = json.loads(data[len(MAGIC) : end])
        cost = Cost(*(_whole(words[name]) for name in ("n", "r", "p")))
        salt, nonce = (b64decode(words[name], validate=True) for name in ("salt", "nonce"))
        methods = (words["kdf"], words["cipher"])
    except (ValueError, TypeError, KeyError):
        raise UnreadableSealError("its head cannot be read") from None
    if methods != ("scrypt", "chacha20-poly1305"):
        raise UnknownSealError("it was written by another version")
    cost.check()
    if len(nonce) != NONCE or len(salt) != SALT:
        raise UnreadableSealError("its head cannot be read")
    return _Head(cost, salt, nonce, end)


def _derive(passphrase: str, cost: Cost, salt: bytes) -> SealKey:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    maker = Scrypt(salt=salt, length=32, n=cost.n, r=cost.r, p=cost.p)
    # Keyboards differ in how they compose an accented letter; the key must not.
    secret = _normal(passphrase).encode(errors="surrogateescape")
    return SealKey(cost, salt, maker.derive(secret))


def _normal(passphrase: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", passphrase)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


def _text(data: bytes) -> str:
    return b64encode(data).decode()
