"""One exchange of ccxt without the other hundred.

`import ccxt` imports every exchange it knows, twice with `ccxt.async_support`: most of a second and
fifty megabytes. Here both packages are replaced, before anyone imports them, by packages whose
exchanges are imported when they are asked for. If that does not work with the installed version,
the ordinary import is used.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import importlib.util
import logging
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

from kit_tui.domain.errors import VenueError, VenueUnavailableError

log = logging.getLogger(__name__)

_importing = threading.Lock()
_HELPERS = ("ccxt.base.errors", "ccxt.base.decimal_to_precision")
_NOT_EXCHANGES = frozenset({"__init__"})


class LazyPackage(ModuleType):
    """A package of ccxt whose exchanges, errors and constants are imported on first use."""

    def __init__(self, name: str, folder: Path, version: str) -> None:
        super().__init__(name)
        self.__path__ = [str(folder)]
        self.__version__ = version
        self.exchanges = sorted(
            file.stem for file in folder.glob("*.py") if file.stem not in _NOT_EXCHANGES
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "Exchange":
            return importlib.import_module(f"{self.__name__}.base.exchange").Exchange
        if name == "errors":
            return importlib.import_module("ccxt.base.errors")
        if name == "Precise":
            return importlib.import_module("ccxt.base.precise").Precise
        for helper in _HELPERS:
            module = importlib.import_module(helper)
            if hasattr(module, name):
                return getattr(module, name)
        if name in self.exchanges:
            return getattr(importlib.import_module(f"{self.__name__}.{name}"), name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        # The import system binds a submodule here; the real package binds the exchange's class.
        if isinstance(value, ModuleType) and name in self.__dict__.get("exchanges", ()):
            value = getattr(value, name, value)
        super().__setattr__(name, value)


def exchange_class(exchange_id: str) -> Any:
    """The asynchronous ccxt class of one exchange. Blocks while importing: call it in a thread.

    Raises:
        VenueError: when ccxt knows no such exchange.
        VenueUnavailableError: when ccxt cannot be imported at all.
    """
    with _importing:
        try:
            return _lazily(exchange_id)
        except VenueError:
            raise
        except Exception:
            log.exception("ccxt could not be imported lazily; importing all of it")
            _forget()
        try:
            package: Any = importlib.import_module("ccxt.async_support")
            return getattr(package, exchange_id)
        except (ImportError, AttributeError) as error:
            raise VenueUnavailableError(
                f"The library for {exchange_id} cannot be loaded.", hint="Reinstall ccxt."
            ) from error


def _lazily(exchange_id: str) -> Any:
    if "ccxt" not in sys.modules:
        _install()
    package: Any = importlib.import_module("ccxt.async_support")
    if exchange_id not in package.exchanges:
        close = difflib.get_close_matches(exchange_id, package.exchanges, 1)
        hint = f"Did you mean {close[0]}?" if close else ""
        raise VenueError(f"There is no exchange called {exchange_id[:40]!r}.", hint=hint)
    return getattr(package, exchange_id)


def _install() -> None:
    spec = importlib.util.find_spec("ccxt")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("ccxt is not installed")
    folder = Path(next(iter(spec.submodule_search_locations)))
    version = importlib.metadata.version("ccxt")
    top = LazyPackage("ccxt", folder, version)
    top.__spec__ = spec
    sys.modules["ccxt"] = top
    inner = LazyPackage("ccxt.async_support", folder / "async_support", version)
    inner.__spec__ = importlib.util.find_spec("ccxt.async_support")
    sys.modules["ccxt.async_support"] = inner
    top.async_support = inner


def _forget() -> None:
    for name in [name for name in sys.modules if name == "ccxt" or name.startswith("ccxt.")]:
        del sys.modules[name]
