"""Builds the rung of the ladder that is a language model, when it is first needed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from decimal import Decimal

from kit_tui.ai.claude.anthropic_backend import DEFAULT_URL, AnthropicBackend, Patience
from kit_tui.ai.claude.breaker import Breaker, RestingBackend
from kit_tui.ai.claude.capabilities import retired
from kit_tui.ai.claude.engine import ClaudeEngine
from kit_tui.ai.claude.prices import load_prices
from kit_tui.ai.claude.protocol import AiError, AiErrorKind
from kit_tui.domain.errors import JournalError
from kit_tui.domain.events import ModelCalled
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.pair import Pair
from kit_tui.gateway.key_forms import MODEL
from kit_tui.gateway.model_turns import OpenModel
from kit_tui.runtime.accounts import Shared
from kit_tui.runtime.clock import SystemClock
from kit_tui.settings.credentials import MODEL_VARIABLE, find_model_key
from kit_tui.settings.model import Settings
from kit_tui.settings.vault_errors import VaultError
from kit_tui.state.journal import Journal
from kit_tui.trading.publish import local_day

log = logging.getLogger(__name__)
NO_KEY_HINT = f"kit connect anthropic keeps a key, or set {MODEL_VARIABLE}."


class JournalSpendBook:
    """What models have cost, in the journal; while that takes nothing, in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._unkept: dict[str, Decimal] = {}

    def charged(self, day: str) -> Decimal:
        """US dollars charged to a trading day so far."""
        return self._journal.ledger.charged.get(day, ZERO) + self._unkept.get(day, ZERO)

    def record(self, event: ModelCalled) -> None:
        """Keep what a call cost."""
        try:
            self._journal.post(event)
        except JournalError as error:
            log.warning("the cost of a call is kept in memory only: %s", error.message)
            self._unkept[event.day] = self._unkept.get(event.day, ZERO) + event.charged


async def open_model(shared: Shared, environ: Mapping[str, str]) -> OpenModel:
    """Claude with the key of this home.

    Raises:
        AiError: when it is switched off, there is no key, or the vault stays locked.
        SettingsError: when the file of prices is not usable.
    """
    engine, clock = shared.settings.engine, shared.clock
    if not engine.enabled:
        raise AiError(AiErrorKind.OFF, "The model is switched off in the settings.")
    key = await asyncio.to_thread(_key, shared, environ)
    if not key:
        raise AiError(AiErrorKind.NO_KEY, "No language model is connected.", hint=NO_KEY_HINT)
    client = AnthropicBackend(key, clock=clock, base_url=engine.base_url or DEFAULT_URL)
    breaker = Breaker(clock)
    resting = RestingBackend(client, breaker)

    def today() -> str:
        return local_day(clock.now(), shared.settings.timezone)

    def problem() -> AiError | None:
        return gone(engine.model, today()) or _resting(breaker)

    def markets(account: str) -> Collection[Pair]:
        known = shared.gateway.accounts.get(account)
        return known.market.known_markets.keys() if known is not None else ()

    claude = ClaudeEngine(
        engine, backend=lambda: resting, clock=clock, book=JournalSpendBook(shared.journal),
        markets=markets, today=today, prices=load_prices(shared.locations.config), problem=problem,
    )  # fmt: skip
    return OpenModel(engine=claude, client=client)


async def tried_key(key: str, settings: Settings) -> tuple[str, ...]:
    """What is worth knowing of a key that works.

    Raises:
        AiError: when it does not, or nobody answers.
    """
    engine = settings.engine
    found = await models_of(key, settings)
    today = local_day(SystemClock().now(), settings.timezone)
    first = gone(engine.model, today)
    most = (
        f"An answer costs at most ${engine.turn_budget:.2f}, a day's answers at most "
        f"${engine.day_budget:.2f} (engine.turn_budget, engine.day_budget)."
    )
    off = () if engine.enabled else ("It is not asked: engine.enabled is false in the settings.",)
    if first is not None:
        return (str(first), *off, most)
    wanted = dict.fromkeys((engine.model, engine.small_model))
    missing = [model for model in wanted if model not in found]
    if not missing:
        return (f"{engine.model} is available to it.", *off, most)
    may = ", ".join(sorted(found)[:6]) or "none"
    return (
        *(f"This key may not use {model}; {_setting(model, settings)}" for model in missing),
        f"It may use: {may}.",
        *off,
        most,
    )


async def models_of(key: str, settings: Settings) -> Collection[str]:
    """The models a key may use, asked of the API; raises AiError."""
    base_url = settings.engine.base_url or DEFAULT_URL
    client = AnthropicBackend(
        key, clock=SystemClock(), base_url=base_url, patience=Patience(read_s=15.0, whole_s=20.0)
    )
    try:
        return (await client.models()).keys()
    finally:
        await client.close()


def _setting(model: str, settings: Settings) -> str:
    field = "model" if model == settings.engine.model else "small_model"
    return f"engine.{field} in the settings names another."


def gone(model: str, today: str) -> AiError | None:
    """That a model was retired by `today`, with what to use instead; None while it is there."""
    old = retired(model)
    if old is None or today < old.on:
        return None
    return AiError(
        AiErrorKind.MODEL_GONE, f"The model {model} was retired on {old.on}.",
        hint=f'Set engine.model = "{old.instead}".',
    )  # fmt: skip


def _resting(breaker: Breaker) -> AiError | None:
    left = breaker.rests_for_s
    if left <= 0:
        return None
    return AiError(
        AiErrorKind.RESTING, "The model failed several times in a row and rests.",
        hint=f"It is tried again in {left:.0f} s.", retry_after_s=left,
    )  # fmt: skip


def _key(shared: Shared, environ: Mapping[str, str]) -> str:
    keeper = shared.gateway.keys
    try:
        return find_model_key(MODEL, environ, keeper.vault if keeper is not None else None)
    except VaultError as error:
        raise AiError(AiErrorKind.NO_KEY, error.message, hint=error.hint) from error
