"""The venue whose live prices the paper account uses: opened, or a sentence why it cannot be."""

from __future__ import annotations

import asyncio
import logging

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError, SettingsError, VenueError, VenueUnavailableError
from kit_tui.exchanges.base import MarketData
from kit_tui.runtime.network import answers
from kit_tui.settings.model import Settings

# A host may take connections and never say a word: that is noticed after PING_S. Its list of
# markets may be ten megabytes on a slow line, which is waited for a little longer.
PING_S = 2.5
MARKETS_S = 10.0
log = logging.getLogger(__name__)


async def live_source(settings: Settings, clock: Clock) -> MarketData:
    """The default venue's public data with its markets loaded, ready for an account.

    Raises:
        VenueError: when it cannot be had now; the message says why in a clause.
        SettingsError: when no such venue exists, so that trying again is of no use.
    """
    venue = settings.default_exchange
    if not await answers(venue, address_of(settings)):
        raise VenueUnavailableError(f"{venue} cannot be reached")
    from kit_tui.exchanges.ccxt_public import CcxtMarketData

    source = CcxtMarketData(venue, clock, base_url=address_of(settings))
    try:
        await _open(source)
        await _ready(source)
    except BaseException:
        await source.close()
        raise
    return source


async def problem_of(settings: Settings, clock: Clock) -> str:
    """Why there are no live prices now; empty when there are."""
    try:
        source = await live_source(settings, clock)
    except KitError as error:
        return error.message
    await source.close()
    return ""


def address_of(settings: Settings) -> str | None:
    """The default venue's address from the settings; None for its own."""
    known = settings.exchanges.get(settings.default_exchange)
    return known.base_url if known else None


async def _open(source: MarketData) -> None:
    try:
        await source.open()
    except VenueUnavailableError:
        raise
    except VenueError as error:
        raise SettingsError(
            error.message, hint=error.hint or "Set default_exchange in the settings."
        ) from error


async def _ready(source: MarketData) -> None:
    try:
        await asyncio.wait_for(source.ping(), PING_S)
    except TimeoutError:
        raise VenueUnavailableError(
            f"{source.name} takes connections but does not answer"
        ) from None
    except KitError as error:
        # It did answer, if only with an error; its markets decide.
        log.info("%s: %s", source.name, error)
    try:
        await asyncio.wait_for(source.load_markets(), MARKETS_S)
    except TimeoutError:
        raise VenueUnavailableError(f"{source.name} does not send its markets") from None
    except KitError as error:
        raise VenueUnavailableError(
            f"{source.name} does not give its markets ({error.message.rstrip('.')})"
        ) from error
