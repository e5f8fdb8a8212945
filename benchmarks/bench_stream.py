"""What a long answer costs on the terminal: 2,000 tokens at 50 a second in 10 batches a second.

Hold 6 kB/s beyond the text itself, at 120x40, and the first words on the pty within 50 ms.
"""

from __future__ import annotations

import sys
import time

from benchmarks.bench_idle import cpu_seconds
from benchmarks.streaming_screen import TOKENS
from benchmarks.terminal import Terminal


def measure(columns: int, rows: int, environment: dict[str, str]) -> tuple[float, float, float]:
    """Bytes a second beyond the text, CPU share, and seconds the answer took."""
    command = [sys.executable, "-m", "benchmarks.streaming_screen"]
    with Terminal(command, columns=columns, rows=rows, environment=environment) as terminal:
        terminal.wait_on_screen("ACTIVE", timeout=60)
        terminal.read(3)
        terminal.send("Tell me about ETH")
        terminal.read(0.5)
        before, cpu, started = len(terminal.output), cpu_seconds(terminal.pid), time.perf_counter()
        terminal.send("\r")
        while b"That was all" not in terminal.output[before:]:
            terminal.read(0.5)
        passed = time.perf_counter() - started
        sent = len(terminal.output) - before - 4 * TOKENS
        return sent / passed, (cpu_seconds(terminal.pid) - cpu) / passed, passed


def main() -> int:
    """Measure on this terminal and as over SSH; 1 when a target is missed."""
    worst = 0.0
    for columns, rows in ((80, 24), (120, 40), (200, 60)):
        for name, environment in (("here", {}), ("ssh", {"SSH_CONNECTION": "1"})):
            rate, share, passed = measure(columns, rows, environment)
            worst = max(worst, rate if columns <= 120 else 0)
            print(f"{columns}x{rows} {name:5} {rate:7.0f} bytes/s beyond the text  {share:6.2%} CPU"
                  f"  {passed:5.1f} s")  # fmt: skip
    print("hold 6,000 bytes/s at 80x24 and 120x40")
    return 0 if worst < 6000 else 1


if __name__ == "__main__":
    raise SystemExit(main())
