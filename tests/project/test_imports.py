"""Who may import what, and what must not be imported before the first paint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.project.sources import PACKAGE, ROOT, modules

HEAVY = (
    "numpy", "pandas", "ccxt", "anthropic", "telegram", "talib", "pydantic", "keyring",
    "cryptography", "sqlite3", "aiohttp", "httpx", "httpx2", "plotext", "matplotlib", "argparse",
    "click", "kit_tui.runtime", "kit_tui.exchanges", "kit_tui.trading", "kit_tui.ai", "kit_tui.cli",
)  # fmt: skip

FIRST_PAINT = """
import asyncio, sys
import kit_tui.__main__
from kit_tui.settings.early import read_ui
from kit_tui.settings.locations import find_locations
from kit_tui.tui.app import KitApp

async def never():
    await asyncio.Event().wait()

async def main():
    places = find_locations({"KIT_HOME": sys.argv[1]})
    app = KitApp(never, read_ui(places))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        print(*(name for name in sys.argv[2:] if name in sys.modules))

asyncio.run(main())
"""

# What stands in a demo's first picture, as the real start imports it.
AT_THE_START = """
import sys
import kit_tui.runtime.open, kit_tui.exchanges.simulator, kit_tui.skills.discovery
import kit_tui.tui.app, kit_tui.tui.widgets.prompt, kit_tui.tui.widgets.candle_chart
import kit_tui.tui.chart.frame, kit_tui.tui.driver_guard

kit_tui.skills.discovery.load_builtin_skills()
for name, module in sorted(sys.modules.items()):
    if name.startswith("kit_tui."):
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == name:
                if "__dataclass_fields__" in vars(kind):
                    print("dataclass", kind.__name__)
for name in sys.argv[1:]:
    if name in sys.modules:
        print("module", name)
"""
# Secrets stay out of their dataclass's repr, which a struct cannot do for its fields; an account of
# the engine makes one of its own parts.
DATACLASSES = ["dataclass Credentials", "dataclass TradingAccount"]
NOT_AT_THE_START = (
    "importlib.metadata", "email", "zipfile", "zoneinfo", "kit_tui.settings.sealing",
    "kit_tui.settings.vault", "kit_tui.ai.secrets", "kit_tui.ai.grammar", "kit_tui.channels",
)  # fmt: skip

BELOW_THE_SCREEN = """
import importlib, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("textual", "rich"):
            raise ImportError(f"{name} must not be imported here")

sys.meta_path.insert(0, Refuse())
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=ROOT,
    )


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_the_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout


def test_everything_below_the_screen_imports_without_textual() -> None:
    above = (PACKAGE / "tui", PACKAGE / "cli", PACKAGE / "__main__.py")
    names = [
        module_name(path)
        for path in modules()
        if not any(path.is_relative_to(folder) for folder in above)
    ]
    assert len(names) > 50
    done = python(BELOW_THE_SCREEN, *names)
    assert done.returncode == 0, done.stderr


def test_nothing_heavy_is_imported_before_the_first_paint(tmp_path: Path) -> None:
    done = python(FIRST_PAINT, str(tmp_path), *HEAVY)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_start_makes_structs_and_leaves_out_what_it_does_not_need() -> None:
    """A dataclass takes 0.8 ms to create, a struct 0.02 ms; there are a hundred."""
    done = python(AT_THE_START, *NOT_AT_THE_START)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == DATACLASSES


def test_numpy_works_without_its_docstrings_and_so_do_its_users() -> None:
    code = (
        "import kit_tui.__main__ as kit; kit._lighten_numpy();"
        "import numpy, pandas, talib; assert not numpy.array.__doc__, 'numpy has changed';"
        "print(talib.SMA(numpy.arange(5.0), 2)[-1], pandas.Series([1.0, 3.0]).mean())"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["3.5", "2.0"]


def test_the_command_line_parses_without_textual_or_a_venue() -> None:
    code = (
        "import sys; from kit_tui.cli.main import run; run(['parse', 'buy BTC for $100']);"
        "print(*(n for n in ('textual', 'rich', 'ccxt', 'pandas', 'pydantic', 'telegram')"
        " if n in sys.modules))"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == ""
