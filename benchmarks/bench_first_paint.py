"""Time to the first paint, paired with an empty four-pane Textual app on the same terminal.

Prints medians and ratios: frames and prompt visible (target 1.4), every pane filled (target 2.0).
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.terminal import Terminal

ROUNDS = int(os.environ.get("ROUNDS", "9"))
EMPTY = """
from textual.app import App
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

class Empty(App):
    CSS = "Static { border: round gray; height: 1fr; } Input { height: 3; }"
    def compose(self):
        with Horizontal():
            with Vertical():
                yield Static("one")
                yield Input(placeholder="prompt")
            with Vertical():
                yield Static("two")
                yield Static("three")
                yield Static("four")

Empty().run()
"""


def until(command: list[str], *needles: tuple[str, ...], home: str) -> list[float]:
    """Seconds from process start until each group of texts is on the screen."""
    environment = {"KIT_HOME": home, "TEXTUAL_ANIMATIONS": "none"}
    with Terminal(command, columns=120, rows=40, environment=environment) as terminal:
        return [terminal.wait_for(*group, timeout=30) for group in needles]


def main() -> int:
    """Run the pairs; 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "empty.py"
        script.write_text(EMPTY, encoding="utf-8")
        empty_command = [sys.executable, str(script)]
        kit_command = [sys.executable, "-m", "kit_tui", "--demo"]
        frames = ("Chat", "Chart", "Positions", "Risk", "❯")
        # "◂" marks the last price among the drawn candles; the chart's title comes before them.
        filled = ("UTC", "EMA20", "◂", "day loss", "equity", "No open positions.")
        empty, first, full = [], [], []
        for number in range(ROUNDS + 1):
            (blank,) = until(empty_command, ("one", "two", "four", "rompt"), home=folder)
            painted, done = until(kit_command, frames, filled, home=f"{folder}/home{number}")
            if number:  # the first round fills the caches
                empty.append(blank)
                first.append(painted)
                full.append(done)
            time.sleep(0.1)
    base = statistics.median(empty)
    paint, all_filled = statistics.median(first), statistics.median(full)
    for label, value, hold in (
        ("empty four-pane app", base, ""),
        ("frames and prompt", paint, "(hold 1.4x)"),
        ("all panes filled", all_filled, "(hold 2.0x)"),
    ):
        print(f"{label:<22}{value * 1000:6.0f} ms  {value / base:5.2f}x  {hold}".rstrip())
    return 0 if paint / base <= 1.4 and all_filled / base <= 2.0 else 1


if __name__ == "__main__":
    raise SystemExit(main())
