"""TA-Lib, loaded when it is first used and without the libraries it would drag in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec
from threading import Lock, get_ident
from types import ModuleType
from typing import Any

# TA-Lib imports pandas and polars, if it finds them, only to accept their series. That is most of
# the 670 ms and 96 MB its import takes; we pass arrays, so it must not find them.
_NOT_NEEDED = frozenset({"pandas", "polars"})
_lock = Lock()


class _Hider:
    """An import finder which hides libraries from the thread that made it, and from no other.

    Nothing is put into `sys.modules`, so a thread that imports pandas meanwhile gets it, and a
    pandas that is loaded already stays as it is (TA-Lib then sees it, which is only slower).
    """

    def __init__(self) -> None:
        self.thread = get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if name in _NOT_NEEDED and get_ident() == self.thread:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


@cache
def _load() -> Any:
    hider = _Hider()
    sys.meta_path.insert(0, hider)
    try:
        return import_module("talib")
    finally:
        sys.meta_path.remove(hider)


def talib() -> Any:
    """The TA-Lib module; the first call imports it (about 100 ms with numpy).

    Raises:
        ImportError: when TA-Lib is not installed.
    """
    with _lock:
        return _load()
