"""What goes wrong on purpose between a bot and the Bot API, by script."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from tests.servers.telegram_words import OTHER_POLL, ApiError, BadRequestError, TooManyError

EVER = 10**9
WORDS = {
    "400": "Bad Request: the test says so",
    "401": "Unauthorized",
    "403": "Forbidden: bot was blocked by the user",
    "404": "Not Found",
    "409": OTHER_POLL,
    "500": "Internal Server Error",
    "502": "Bad Gateway",
    "503": "Service Unavailable",
    "504": "Gateway Time-out",
}
_WITHOUT = {"ok", "lost", "slow"}


@dataclass(slots=True)
class Fault:
    """The next `times` calls of `method` (`*` for any) go wrong, once `after` went well.

    | how            | what happens                                                              |
    |----------------|---------------------------------------------------------------------------|
    | `400:WORDS`    | refused with these words; also 401, 403, 404, 409 and 500, words optional |
    | `429:SECONDS`  | too many requests                                                         |
    | `502`          | a page of HTML, as the proxy in front gives it; also 503 and 504          |
    | `bare`         | `ok: false` and nothing else; `bare:429` with that code, no parameters    |
    | `migrate:CHAT` | the group is now that supergroup                                          |
    | `garbage`      | done, but the answer is cut off in the middle of its JSON                 |
    | `hang`         | no answer until the server ends                                           |
    | `drop`         | the connection drops before the call was read                             |
    | `lost`         | done, but the connection drops before the answer                          |
    | `lost:HOW`     | done, but answered as HOW                                                 |
    | `slow:SECONDS` | done after that time, answered as it should                               |
    | `ok`           | nothing goes wrong                                                        |
    """

    method: str
    how: str
    times: int = 1
    after: int = 0


class Faults(list[Fault]):
    """Faults in the order they were asked for; the first that fits is used."""

    def next(self, method: str) -> str:
        """How the call of `method` goes wrong; empty when it does not."""
        for fault in self:
            if fault.method not in {method, "*"}:
                continue
            if fault.after > 0:
                fault.after -= 1
                return ""
            fault.times -= 1
            if fault.times <= 0:
                self.remove(fault)
            return fault.how
        return ""


def is_done(how: str) -> bool:
    """Whether the call is carried out in spite of the fault."""
    return how.partition(":")[0] in {"", "garbage", *_WITHOUT}


def answer(how: str) -> web.Response | None:
    """What a fault is answered with; None where the connection drops or nothing is wrong."""
    kind, _, rest = how.partition(":")
    if kind == "lost" and rest:
        return answer(rest)
    if kind in {"502", "503", "504"}:
        return _page(int(kind), WORDS[kind])
    if kind == "garbage":
        return web.Response(text='{"ok":true,"result":{"mess', content_type="application/json")
    if kind == "bare":
        body = {"error_code": int(rest), "description": "Error"} if rest else {}
        return web.json_response({"ok": False, **body}, status=int(rest or "400"))
    error = _refusal(kind, rest)
    return None if error is None else refused(error)


def refused(error: ApiError) -> web.Response:
    """A refusal as it goes over the line."""
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, TooManyError) else {}
    return web.json_response(error.body(), status=error.code, headers=headers)


def _refusal(kind: str, rest: str) -> ApiError | None:
    if kind == "429":
        return TooManyError(int(rest or "1"))
    if kind == "migrate":
        words = "group chat was upgraded to a supergroup chat"
        return BadRequestError(words, migrate_to_chat_id=int(rest))
    return ApiError(int(kind), rest or WORDS[kind]) if kind in WORDS else None


def _page(status: int, words: str) -> web.Response:
    text = (
        f"<html>\r\n<head><title>{status} {words}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {words}</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return web.Response(text=text, status=status, content_type="text/html")
