"""The errors a person gets to see: what happened, to which thing, and what to do now."""

from __future__ import annotations


class KitError(Exception):
    """An error with a title, a message and a hint, shown alike in every channel."""

    title = "Something went wrong"

    def __init__(self, message: str, *, hint: str = "", title: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if title is not None:
            self.title = title

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(KitError):
    """The words of a command do not fit it."""

    title = "Not understood"


class VenueError(KitError):
    """A venue did not do what was asked of it; nothing is known to have changed."""

    title = "Exchange error"


class VenueUnavailableError(VenueError):
    """The venue could not be reached or did not answer; for reads only, so safe to try again."""

    title = "Exchange not reachable"


class RateLimitedError(VenueError):
    """The venue asks us to wait."""

    title = "Rate limited"

    def __init__(self, message: str, *, retry_after: float, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class UnknownPairError(VenueError):
    """The venue does not trade this pair."""

    title = "Unknown pair"


class OrderRejectedError(VenueError):
    """The venue proved that it did not take the order."""

    title = "Order rejected"

    def __init__(self, message: str, *, code: str = "VENUE_REJECTED", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class MarketClosedError(OrderRejectedError):
    """The venue proved that it took nothing, because the market is closed or delisted."""

    title = "Market closed"


class KeysRefusedError(VenueError):
    """The venue refused the account's keys; asking again does not help.

    For a call that would change something it is proof that nothing was changed.
    """

    title = "Keys refused"


class OrderOutcomeUnknownError(VenueError):
    """The order was sent and no answer proves what became of it."""

    title = "Order outcome unknown"


class JournalError(KitError):
    """The journal cannot be written or is damaged; trading must stop."""

    title = "Journal"


class SettingsError(KitError):
    """A settings, theme or skill file is not usable; names file, line and field."""

    title = "Settings"
