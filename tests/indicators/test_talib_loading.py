"""TA-Lib is loaded late, without pandas and polars, and without hiding them from others."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_loading_it_imports_neither_pandas_nor_polars_and_leaves_no_trace() -> None:
    code = """
import sys
before = list(sys.meta_path)
from kit_tui.indicators._talib import talib
assert "talib" not in sys.modules
talib()
assert sys.meta_path == before
print([name for name in ("pandas", "polars") if name in sys.modules])
import pandas
print(pandas.Series([1]).sum())
"""
    assert run(code).splitlines() == ["[]", "1"]


def test_another_thread_may_import_pandas_meanwhile() -> None:
    code = """
import sys, threading
from kit_tui.indicators import _talib
sys.meta_path.insert(0, _talib._Hider())
seen = []
try:
    import pandas
except ImportError as error:
    seen.append(f"hidden: {error.name}")
def other():
    import pandas
    seen.append(pandas.__name__)
thread = threading.Thread(target=other); thread.start(); thread.join()
print(seen)
"""
    assert run(code) == "['hidden: pandas', 'pandas']"


@pytest.mark.parametrize("first", ["pandas", "numpy"])
def test_many_threads_get_one_library_that_works(first: str) -> None:
    code = f"""
import {first}, threading
from kit_tui.indicators._talib import talib
from kit_tui.indicators.momentum import rsi
import numpy as np
found = []
def work():
    found.append((id(talib()), float(rsi(np.arange(1.0, 40.0))[-1])))
threads = [threading.Thread(target=work) for _ in range(8)]
for t in threads: t.start()
for t in threads: t.join()
print(len(set(found)), found[0][1])
"""
    assert run(code) == "1 100.0"


def test_the_chart_lines_need_no_talib() -> None:
    code = """
import sys
from kit_tui.indicators.overlays import overlays
assert "numpy" not in sys.modules
import numpy as np
overlays(np.arange(1.0, 200.0))
print("talib" in sys.modules)
"""
    assert run(code) == "False"
