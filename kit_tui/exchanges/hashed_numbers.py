"""Random numbers that are a pure function of a name, a lane and an index: nothing is kept but keys.

The simulated market draws from them, so that any moment of it is found without what came before.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Hashes = NDArray[np.uint64]

_MASK = (1 << 64) - 1


class Stream:
    """Numbers for a fixed list of names, a row for each; `lane` tells unlike uses apart.

    Several lanes at once, as a tuple, give an array of the shape (lanes, names, indexes); then
    `index` may have a row for each lane. One call is what costs, hardly how much it draws.
    """

    def __init__(self, seed: int, names: Sequence[str]) -> None:
        import numpy as np

        self._keys = np.array([[_key(seed, name)] for name in names], dtype=np.uint64)
        self._salted: dict[int | tuple[int, ...], Hashes] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def uniform(self, lane: int | tuple[int, ...], index: NDArray[np.int64]) -> Floats:
        """Uniform numbers in (0, 1), by the finaliser of SplitMix64 over key, lane and index."""
        import numpy as np

        salted = self._salted.get(lane)
        if salted is None:
            salted = self._salted[lane] = self._salt(lane)
        at = index[:, None, :] if index.ndim > 1 else index
        word = _finalise(salted + at.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        return ((word >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53

    def normal(self, lane: int | tuple[int, ...], index: NDArray[np.int64]) -> Floats:
        """Bell-shaped with fat tails (logistic), unit variance."""
        import numpy as np

        uniform = self.uniform(lane, index)
        return np.log(uniform / (1.0 - uniform)) * (math.sqrt(3.0) / math.pi)

    def exponential(self, lane: int | tuple[int, ...], index: NDArray[np.int64]) -> Floats:
        """Exponential with mean 1, cut off at 5."""
        import numpy as np

        return np.minimum(-np.log(self.uniform(lane, index)), 5.0)

    def _salt(self, lane: int | tuple[int, ...]) -> Hashes:
        import numpy as np

        if isinstance(lane, tuple):
            return np.stack([self._salt(each) for each in lane])
        return _finalise(self._keys ^ np.uint64((lane * 0xD1342543DE82EF95) & _MASK))


def _key(seed: int, name: str) -> int:
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _finalise(word: Hashes) -> Hashes:
    import numpy as np

    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
