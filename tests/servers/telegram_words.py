"""How the Bot API words its refusals."""

from __future__ import annotations

from typing import Any

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
OTHER_POLL = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
_PREFIX = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 500: "Internal Server Error"}


class ApiError(Exception):
    """A refusal; `parameters` go into the answer beside its words."""

    def __init__(self, code: int, words: str, **parameters: Any) -> None:
        super().__init__(words)
        self.code = code
        self.parameters = parameters

    @property
    def description(self) -> str:
        """The words with their prefix, the first letter small unless a constant follows."""
        words, prefix = str(self), _PREFIX.get(self.code, "")
        if not prefix or words.startswith(prefix):
            return words
        constant = len(words) > 1 and (words[1] == "_" or "A" <= words[1] <= "Z")
        return f"{prefix}: {words if constant else words[:1].lower() + words[1:]}"

    def body(self) -> dict[str, Any]:
        """What the client gets to read."""
        body = {"ok": False, "error_code": self.code, "description": self.description}
        return {**body, "parameters": self.parameters} if self.parameters else body


class BadRequestError(ApiError):
    """Answered with 400."""

    def __init__(self, words: str, **parameters: Any) -> None:
        super().__init__(400, words, **parameters)


class ForbiddenError(ApiError):
    """Answered with 403."""

    def __init__(self, words: str) -> None:
        super().__init__(403, words)


class TooManyError(ApiError):
    """Answered with 429; `seconds` is how long to keep quiet."""

    def __init__(self, seconds: int) -> None:
        words = f"Too Many Requests: retry after {seconds}"
        super().__init__(429, words, retry_after=seconds)
        self.seconds = seconds
