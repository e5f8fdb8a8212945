"""What the screen costs while nothing happens: bytes a second on the terminal, CPU, memory.

Two figures: the screen alone on data that stands still (hold 150 bytes/s, 1 % CPU), and
`kit --demo`, whose simulated market moves every five seconds (hold 6 kB/s, 5 % CPU).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.terminal import Terminal

SECONDS = float(os.environ.get("SECONDS", "10"))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(command: list[str], *needles: str) -> tuple[float, float, float]:
    """Bytes a second, CPU share and memory once `needles` are shown and things have settled."""
    with (
        tempfile.TemporaryDirectory() as home,
        Terminal(command, environment={"KIT_HOME": home}) as terminal,
    ):
        terminal.wait_for(*needles, timeout=60)
        terminal.read(3)
        settled = time.perf_counter()
        while time.perf_counter() - settled < 4:
            terminal.read(0.2)
        before, cpu = len(terminal.output), cpu_seconds(terminal.pid)
        started = time.perf_counter()
        while time.perf_counter() - started < SECONDS:
            terminal.read(0.2)
        passed = time.perf_counter() - started
        sent = len(terminal.output) - before
        used = cpu_seconds(terminal.pid) - cpu
        return sent / passed, used / passed, resident_megabytes(terminal.pid)


def main() -> int:
    """Measure both; 1 when a target is missed."""
    python = sys.executable
    still = measure([python, "-m", "benchmarks.still_screen"], "unrealised", "EMA20")
    demo = measure([python, "-m", "kit_tui", "--demo"], "day loss", "EMA20")
    for name, (rate, share, memory), hold in (
        ("still data", still, "hold 150 B/s, 1 %"),
        ("kit --demo", demo, "hold 6,000 B/s, 5 %, 220 MB"),
    ):
        print(f"{name}  {rate:7.0f} bytes/s  {share:6.2%} CPU  {memory:5.0f} MB   ({hold})")
    return 0 if still[0] < 150 and demo[0] < 6000 else 1


if __name__ == "__main__":
    raise SystemExit(main())
