"""Money: what a call may cost is set aside before it is made, and what it did cost is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

import msgspec

from kit_tui.ai.claude.protocol import AiError, AiErrorKind, ModelReply, ModelRequest, Usage
from kit_tui.ai.claude.turn import SpendBook, Turn
from kit_tui.domain.clock import Clock
from kit_tui.domain.events import ModelCalled
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.turn import Spent

BYTES_PER_TOKEN: Final = 3
OVERHEAD_TOKENS: Final = 60
LEAST_OUTPUT: Final = 256
# Nothing was billed when the request never got as far as the model.
_FREE: Final = frozenset(
    {AiErrorKind.NO_KEY, AiErrorKind.OFF, AiErrorKind.AUTH, AiErrorKind.BILLING, AiErrorKind.RATE,
     AiErrorKind.MODEL_GONE, AiErrorKind.BAD_REQUEST, AiErrorKind.BUDGET, AiErrorKind.RESTING,
     AiErrorKind.NETWORK, AiErrorKind.OVERLOADED}
)  # fmt: skip


class Prices(Protocol):
    """What tokens cost, in US dollars."""

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """The cost of a call; None for a model without a known price."""
        ...

    def worst_case(self, model: str, input_tokens: int, max_tokens: int) -> Decimal:
        """The most a call could cost; an upper bound also for unknown models."""
        ...


def tokens_of(text: str | bytes) -> int:
    """A pessimistic count of the tokens of a text."""
    size = len(text if isinstance(text, bytes) else text.encode())
    return -(-size // BYTES_PER_TOKEN)


def request_tokens(request: ModelRequest) -> int:
    """A pessimistic count of the input tokens of a call."""
    parts = (request.system, request.messages, request.tools, request.output_schema)
    return sum(tokens_of(msgspec.json.encode(part)) for part in parts) + OVERHEAD_TOKENS


class DayBudget:
    """What a trading day's calls may cost, shared by every turn that is under way."""

    def __init__(self, book: SpendBook, limit: Decimal, today: Callable[[], str]) -> None:
        self.limit = limit
        self._book = book
        self._today = today
        self._set_aside = ZERO
        self._input = 0
        self._cached = 0

    @property
    def spent(self) -> Decimal:
        return self._book.charged(self._today())

    @property
    def left(self) -> Decimal:
        return self.limit - self.spent - self._set_aside

    @property
    def cache_read(self) -> Decimal | None:
        """Share of the input tokens of this run that came from the cache."""
        return Decimal(self._cached) / self._input if self._input else None

    def set_aside(self, amount: Decimal) -> None:
        self._set_aside += amount

    def settle(self, set_aside: Decimal, event: ModelCalled) -> None:
        """Give back what was set aside and keep what the call cost."""
        self._set_aside -= set_aside
        spent = event.spent
        self._input += spent.input_tokens + spent.cache_read + spent.cache_write
        self._cached += spent.cache_read
        self._book.record(event)

    @property
    def today(self) -> str:
        return self._today()


@dataclass(slots=True)
class Reservation:
    """Money set aside for one call."""

    amount: Decimal
    input_tokens: int
    max_tokens: int


class Purse:
    """One turn's money: bounded by the turn's own cap and by what is left of the day."""

    def __init__(
        self, turn: Turn, day: DayBudget, prices: Prices, clock: Clock, cap: Decimal
    ) -> None:
        self._turn = turn
        self._day = day
        self._prices = prices
        self._clock = clock
        self._cap = cap
        self._charged = ZERO
        self._calls: list[Spent] = []

    def reserve(self, request: ModelRequest) -> tuple[ModelRequest, Reservation]:
        """Set the worst case of a call aside, its answer shortened to what is affordable.

        Raises:
            AiError: when not even a short answer is.
        """
        tokens = request_tokens(request)
        affordable = self._affordable(request, tokens)
        if affordable < min(LEAST_OUTPUT, request.max_tokens):
            raise AiError(AiErrorKind.BUDGET, *self._used_up())
        limited = msgspec.structs.replace(request, max_tokens=min(request.max_tokens, affordable))
        amount = self._prices.worst_case(request.model, tokens, limited.max_tokens)
        self._day.set_aside(amount)
        return limited, Reservation(amount, tokens, limited.max_tokens)

    def paid(self, request: ModelRequest, reserved: Reservation, reply: ModelReply) -> None:
        """Record a call that was answered whole."""
        self._record(
            request, reserved, reply.usage, model=reply.model, request_id=reply.request_id,
            ms=reply.ms,
        )  # fmt: skip

    def failed(
        self, request: ModelRequest, reserved: Reservation, error: AiError, said: str
    ) -> None:
        """Record a call that was not; without figures of its own what it can have cost counts."""
        usage = error.usage
        if usage is None:
            free = error.kind in _FREE and not said
            usage = (
                Usage()
                if free
                else Usage(input_tokens=reserved.input_tokens, output_tokens=tokens_of(said))
            )
        estimated = usage != Usage()
        self._record(
            request, reserved, usage, problem=error.kind.value, request_id=error.request_id,
            estimated=estimated,
        )  # fmt: skip

    @property
    def spent(self) -> Spent:
        """All calls of the turn in one sum."""
        return total(self._calls)

    def _affordable(self, request: ModelRequest, tokens: int) -> int:
        """How many tokens of an answer the money left would pay for at worst."""
        worst = self._prices.worst_case
        base = worst(request.model, tokens, 0)
        each = (worst(request.model, tokens, 1_000) - base) / 1_000
        left = min(self._cap - self._charged, self._day.left) - base
        if left <= 0:
            return 0
        return request.max_tokens if each <= 0 else int(left / each)

    def _used_up(self) -> tuple[str]:
        if self._day.left <= self._cap - self._charged:
            return (f"The day's budget of ${self._day.limit:.2f} for the model is used up.",)
        return (f"This answer would cost more than ${self._cap:.2f}, the cap of one answer.",)

    def _record(
        self,
        request: ModelRequest,
        reserved: Reservation,
        usage: Usage,
        *,
        model: str = "",
        problem: str = "",
        request_id: str = "",
        ms: int = 0,
        estimated: bool = False,
    ) -> None:
        model = model or request.model
        cost = self._prices.cost(model, usage)
        whole = usage.input_tokens + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h
        bound = self._prices.worst_case(model, whole, usage.output_tokens) if whole else ZERO
        spent = spent_of(model, usage, cost if whole else ZERO, estimated=estimated)
        charged = bound if cost is None else cost
        self._calls.append(spent)
        self._charged += charged
        event = ModelCalled(
            account=self._turn.account, channel=self._turn.principal.channel,
            purpose=request.purpose, spent=spent, charged=charged, day=self._day.today,
            request_id=request_id, ms=ms, problem=problem, at=self._clock.now(),
        )  # fmt: skip
        self._day.settle(reserved.amount, event)


def spent_of(model: str, usage: Usage, cost: Decimal | None, *, estimated: bool) -> Spent:
    """One call's tokens with their cost."""
    return Spent(
        model=model,
        input_tokens=usage.input_tokens,
        cache_read=usage.cache_read,
        cache_write=usage.cache_write_5m + usage.cache_write_1h,
        output_tokens=usage.output_tokens,
        cost=cost,
        estimated=estimated,
    )


def total(calls: Sequence[Spent]) -> Spent:
    """Several calls in one; the cost is unknown if that of one is."""
    costs = [each.cost for each in calls]
    known = [cost for cost in costs if cost is not None]
    return Spent(
        model=calls[0].model if calls else "",
        input_tokens=sum(each.input_tokens for each in calls),
        cache_read=sum(each.cache_read for each in calls),
        cache_write=sum(each.cache_write for each in calls),
        output_tokens=sum(each.output_tokens for each in calls),
        cost=sum(known, ZERO) if len(known) == len(costs) else None,
        estimated=any(each.estimated for each in calls),
    )
