"""Codes in letters large enough to be read across a desk, and squares of a QR code."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any, Final

LETTER_WIDTH, LETTER_HEIGHT, LETTER_ROWS = 5, 7, 4
QUIET: Final = 2
"""Light squares around a QR code; cameras need less than the four that the standard asks for."""

# Seven rows of five squares each, a row in two hexadecimal digits. Only what codes are made of.
_GLYPHS: Final = {
    "A": "0e11111f111111", "B": "1e11111e11111e", "C": "0f10101010100f", "D": "1e11111111111e",
    "E": "1f10101e10101f", "F": "1f10101e101010", "G": "0f10101311110f", "H": "1111111f111111",
    "J": "0702020202120c", "K": "11121418141211", "M": "111b1515111111", "N": "11191515131111",
    "P": "1e11111e101010", "Q": "0e11111115120d", "R": "1e11111e141211", "S": "0f10100e01011e",
    "T": "1f040404040404", "U": "1111111111110e", "V": "11111111110a04", "W": "11111115151b11",
    "X": "11110a040a1111", "Y": "11110a04040404", "Z": "1f01020408101f", "2": "0e11010608101f",
    "3": "1e01010e01011e", "4": "02060a121f0202", "5": "1f101e0101110e", "6": "0608101e11110e",
    "7": "1f010204080808", "8": "0e11110e11110e", "9": "0e11110f01020c",
}  # fmt: skip


def big_letters(word: str) -> list[str]:
    """A word in large letters, four rows high; six cells a letter."""
    squares = [[False] * len(word) * (LETTER_WIDTH + 1) for _ in range(LETTER_HEIGHT)]
    for place, letter in enumerate(word):
        glyph = bytes.fromhex(_GLYPHS.get(letter, "00" * LETTER_HEIGHT))
        for y, bits in enumerate(glyph):
            for x in range(LETTER_WIDTH):
                at = place * (LETTER_WIDTH + 1) + x
                squares[y][at] = bool(bits >> (LETTER_WIDTH - 1 - x) & 1)
    return half_blocks(squares)


def half_blocks(squares: Sequence[Sequence[bool]]) -> list[str]:
    """Two rows of squares in each row of text."""
    rows = [*squares, *([[False] * len(squares[0])] if len(squares) % 2 else [])]
    blocks = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    return [
        "".join(blocks[bool(top), bool(bottom)] for top, bottom in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]


def qr_code(link: str) -> list[str]:
    """A link as a QR code whose dark squares are the blocks; empty where none can be made."""
    if not link or importlib.util.find_spec("segno") is None:
        return []
    segno: Any = importlib.import_module("segno")
    matrix = segno.make(link, error="l", micro=False).matrix_iter(border=QUIET)
    return half_blocks([[bool(square) for square in line] for line in matrix])
