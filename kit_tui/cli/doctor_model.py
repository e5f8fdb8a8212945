"""What `kit doctor` says of the language model: its key, whether it answers, what it has cost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Collection
from contextlib import closing
from decimal import Decimal

from kit_tui.ai.claude.protocol import AiError, AiErrorKind
from kit_tui.cli.findings import Finding, State
from kit_tui.cli.shell import Shell
from kit_tui.domain.errors import KitError
from kit_tui.domain.events import ModelCalled
from kit_tui.domain.numbers import ZERO
from kit_tui.gateway.key_forms import MODEL
from kit_tui.runtime.clock import SystemClock
from kit_tui.settings.credentials import MODEL_VARIABLE, Credentials, find_model_key
from kit_tui.settings.model import EngineSettings, Settings
from kit_tui.settings.vault import open_vault
from kit_tui.settings.vault_errors import VaultError, VaultLockedError
from kit_tui.state.codec import decode
from kit_tui.trading.publish import local_day

PATIENCE_S = 6.0
# What a person has to mend; anything else may pass by itself.
_MATTERS = frozenset({AiErrorKind.AUTH, AiErrorKind.BILLING, AiErrorKind.MODEL_GONE})


def model_finding(shell: Shell, settings: Settings) -> Finding:
    """Whether there is a key, whether it works, and whether it may use the models of the settings.

    The API is asked for its list of models, which costs nothing.
    """
    if not settings.engine.enabled:
        return _found("note", "off in the settings (engine.enabled): the offline grammar answers")
    try:
        key = find_model_key(MODEL, shell.environ, open_vault(shell.locations, shell.environ))
    except VaultLockedError:
        return _found("note", "the vault is locked; set KIT_VAULT_PASSPHRASE to check its key")
    except VaultError as error:
        return _found("problem", str(error))
    if not key:
        hint = f"kit connect {MODEL}, or {MODEL_VARIABLE}"
        return _found("note", f"no key: the offline grammar answers ({hint})")
    today = local_day(SystemClock().now(), settings.timezone)
    state, detail = asyncio.run(_asked(key, settings, today))
    about = f"{detail}; key {Credentials(key, '').fingerprint}"
    return _found(state, f"{about}, {_spent(shell, settings.engine, today)}")


async def _asked(key: str, settings: Settings, today: str) -> tuple[State, str]:
    from kit_tui.runtime.model import gone, models_of

    engine = settings.engine
    old = gone(engine.model, today)
    try:
        async with asyncio.timeout(PATIENCE_S):
            found = await models_of(key, settings)
    except TimeoutError:
        return "warning", f"no answer in {PATIENCE_S:g} s"
    except AiError as error:
        return "problem" if error.kind in _MATTERS else "warning", _sentence(error)
    if old is not None:
        return "problem", _sentence(old)
    return _available(engine, found)


def _available(engine: EngineSettings, found: Collection[str]) -> tuple[State, str]:
    if engine.model not in found:
        return "problem", f"the key works, but may not use {engine.model} (engine.model)"
    if engine.small_model not in found:
        return "warning", f"the key works, but may not use {engine.small_model} (small_model)"
    return "ok", f"{engine.model} answers"


def _spent(shell: Shell, engine: EngineSettings, today: str) -> str:
    try:
        spent = f"${_charged(shell, today):.2f}"
    except (sqlite3.Error, KitError):
        spent = "an unknown part"  # what is wrong with the journal has a line of its own
    return f"{spent} of ${engine.day_budget:.2f} spent today"


def _charged(shell: Shell, today: str) -> Decimal:
    """What the journal says was charged to a day, read as it lies."""
    path = shell.locations.journal
    if not path.exists():
        return ZERO
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as link:
        rows = link.execute("SELECT payload FROM events WHERE kind = 'model_called'").fetchall()
    events: list[ModelCalled] = [decode(bytes(payload), ModelCalled) for (payload,) in rows]
    return sum((event.charged for event in events if event.day == today), ZERO)


def _sentence(error: AiError) -> str:
    return str(error).rstrip(".")


def _found(state: State, detail: str) -> Finding:
    return Finding("model", state, detail)
