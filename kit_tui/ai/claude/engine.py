"""Claude as the gateway sees it: whether it can be asked, a reading, an answer, and the meter."""

from __future__ import annotations

from collections.abc import Callable, Collection

from kit_tui.ai.claude.budget import DayBudget, Prices, Purse
from kit_tui.ai.claude.calling import Caller
from kit_tui.ai.claude.gates import checked_intent
from kit_tui.ai.claude.grounding import Evidence
from kit_tui.ai.claude.hands import Hands
from kit_tui.ai.claude.live import LiveView
from kit_tui.ai.claude.loop import TurnLoop, TurnParts
from kit_tui.ai.claude.protocol import AiError, AiErrorKind, ModelBackend
from kit_tui.ai.claude.reading import intent_of, reading_request
from kit_tui.ai.claude.turn import Answer, MeterView, SpendBook, Toolbox, Turn
from kit_tui.domain.clock import Clock
from kit_tui.domain.intent import Intent
from kit_tui.domain.pair import Pair
from kit_tui.domain.turn import LiveTurn
from kit_tui.settings.model import EngineSettings


class ClaudeEngine:
    """Answers what the offline grammar does not. Several turns may run at once.

    `backend` gives the client, or raises AiError when there is none. `today` names the trading
    day its costs count on, `markets` the pairs of an account. `problem` says why the client would
    not be asked now: no key, a retired model, resting after failures.
    """

    def __init__(
        self,
        settings: EngineSettings,
        *,
        backend: Callable[[], ModelBackend],
        clock: Clock,
        book: SpendBook,
        markets: Callable[[str], Collection[Pair]],
        today: Callable[[], str],
        prices: Prices,
        problem: Callable[[], AiError | None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._backend = backend
        self._clock = clock
        self._markets = markets
        self._prices = prices
        self._problem = problem
        self._day = DayBudget(book, settings.day_budget, today)
        self._last_model = ""

    @property
    def model(self) -> str:
        """The model that answers."""
        return self._settings.model

    @property
    def small_model(self) -> str:
        """The model that reads single sentences."""
        return self._settings.small_model

    def ready(self) -> AiError | None:
        """Why it would not be asked now; None when it would."""
        if not self._settings.enabled:
            return AiError(AiErrorKind.OFF, "The model is switched off in the settings.")
        if self._day.left <= 0:
            limit = f"${self._day.limit:.2f}"
            return AiError(
                AiErrorKind.BUDGET,
                f"The day's budget of {limit} for the model is used up.",
                hint="The offline grammar answers until tomorrow; engine.day_budget raises it.",
            )
        return self._problem()

    async def read(self, turn: Turn) -> Intent:
        """A sentence the grammar did not understand as an intent that passed the gates.

        Raises:
            AiError: when no usable reading came.
        """
        self._require_ready()
        caller = Caller(self._backend, self._purse(turn))
        reply = await caller.call(reading_request(turn, self._settings.small_model))
        return checked_intent(intent_of(reply), turn, self._markets(turn.account))

    async def answer(
        self, turn: Turn, toolbox: Toolbox, show: Callable[[LiveTurn], None]
    ) -> Answer:
        """Answer a message, with tools. Never raises AiError: what came is in the answer.

        Cancelling the task ends the turn at once and gives what there is of the answer.
        """
        answer = await TurnLoop(self._parts(turn, toolbox, show)).run()
        self._last_model = answer.model
        return answer

    def meter(self) -> MeterView:
        """What was spent today, and how much of this run's input came from the cache."""
        return MeterView(
            spent_today=self._day.spent,
            day_budget=self._day.limit,
            cache_read=self._day.cache_read,
            model=self._last_model or self.model,
        )

    def _parts(self, turn: Turn, toolbox: Toolbox, show: Callable[[LiveTurn], None]) -> TurnParts:
        pairs, evidence = self._markets(turn.account), Evidence()
        caller = Caller(self._ready_backend, self._purse(turn))
        live = LiveView(turn, self._settings.model, show)
        hands = Hands(
            toolbox=toolbox, turn=turn, pairs=pairs, caller=caller, clock=self._clock,
            live=live, evidence=evidence, small_model=self._settings.small_model,
        )  # fmt: skip
        return TurnParts(turn, self._settings, pairs, self._clock, caller, live, hands, evidence)

    def _purse(self, turn: Turn) -> Purse:
        return Purse(turn, self._day, self._prices, self._clock, self._settings.turn_budget)

    def _ready_backend(self) -> ModelBackend:
        self._require_ready()
        return self._backend()

    def _require_ready(self) -> None:
        problem = self.ready()
        if problem is not None:
            raise problem
