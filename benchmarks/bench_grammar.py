"""How long the offline grammar takes for a phrase: p50 and p99, and for 100 kB of text.

Run: `python -m benchmarks.bench_grammar [rounds]`. Reads the phrases of the tests, against the
built-in list and against a list as long as a large venue's.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from kit_tui.ai.grammar import Grammar
from kit_tui.domain.pair import Pair

PHRASES = Path(__file__).resolve().parent.parent / "tests" / "ai"
LIMIT_MS = 5.0


def many_pairs(count: int = 4_000) -> frozenset[Pair]:
    """As many markets as a large venue lists, the usual ones among them."""
    usual = {Pair(f"{base}/USDT") for base in ("BTC", "ETH", "SOL", "DOGE", "XRP", "ADA")}
    return frozenset(usual | {Pair(f"C{number}X/USDT") for number in range(count)})


def measure(grammar: Grammar, texts: Sequence[str], rounds: int) -> list[float]:
    """Milliseconds for each reading of each text."""
    spent: list[float] = []
    for _ in range(rounds):
        for text in texts:
            started = time.perf_counter_ns()
            grammar.parse(text)
            spent.append((time.perf_counter_ns() - started) / 1e6)
    return sorted(spent)


def report(name: str, spent: Sequence[float]) -> bool:
    """Print one line; whether p99 keeps the limit."""
    p99 = spent[int(len(spent) * 0.99)]
    kept = p99 < LIMIT_MS
    print(
        f"{name:28} {len(spent):7d} readings  p50 {statistics.median(spent):7.3f} ms  "
        f"p99 {p99:7.3f} ms  max {spent[-1]:8.3f} ms  {'ok' if kept else 'TOO SLOW'}"
    )
    return kept


def main() -> int:
    """Measure and print; 1 when a limit is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    sets = sorted(PHRASES.glob("phrases*.jsonl"))
    lines = [line for each in sets for line in each.read_text(encoding="utf-8").splitlines()]
    texts = [json.loads(line)["text"] for line in lines]
    listed: Collection[Pair] = many_pairs()
    large = Grammar(lambda: listed)
    flood = ["buy 0.1 BTC and " * 6_400, "a" * 100_000, "1," * 50_000, "\u200b" * 100_000]
    worst = ["buy " * 99, "0.5 ETH " * 49, "sell 1 " * 57, "a'" * 199, "stop at 1 " * 39]
    grammar = Grammar.offline()
    measure(grammar, texts, 1)
    measure(large, texts, 1)
    kept = [
        report("phrases, built-in list", measure(grammar, texts, rounds)),
        report(f"phrases, {len(listed)} markets", measure(large, texts, rounds)),
        report("100 kB of text", measure(grammar, flood, rounds * 10)),
        report("400 awkward characters", measure(grammar, worst, rounds * 10)),
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
