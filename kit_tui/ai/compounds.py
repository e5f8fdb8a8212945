"""Markets inside German compounds: `Bitcoinkurs`, `ETH-Chart`, `SOL-Position`."""

from __future__ import annotations

from collections.abc import Sequence

from kit_tui.ai.assets import DEFAULT_QUOTE, Assets
from kit_tui.domain.pair import Pair

_ENDINGS = (
    "kurs", "kurse", "preis", "preise", "chart", "charts", "analyse", "prognose", "position",
    "positionen", "posi", "bestand", "order", "orders", "alarm", "price", "news", "trade",
)  # fmt: skip


def compound_pair(said: Sequence[str], assets: Assets) -> Pair | None:
    """The one market that is part of a longer word; for questions only."""
    bases = {base for word in said if (base := _base(word, assets))}
    return assets.pair(bases.pop(), DEFAULT_QUOTE) if len(bases) == 1 else None


def _base(word: str, assets: Assets) -> str | None:
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            named = assets.word(stem)
            return named.name if named is not None and not named.exact else None
    return None
