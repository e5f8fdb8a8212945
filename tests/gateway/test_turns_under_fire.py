"""Turns of a model that are stopped, raced, flooded, or fed by a server that breaks every rule."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kit_tui.ai.claude.loop import MAX_TEXT
from kit_tui.domain.errors import JournalError, KitError
from kit_tui.domain.message import Speaker
from kit_tui.domain.risk import TradingState
from kit_tui.gateway.model_turns import MOST_WAITING, STOPPED, OpenModel
from kit_tui.state.slices import RISK
from tests.gateway.house import ANN, PHONE
from tests.gateway.model_house import ModelHouse, model_house, until
from tests.gateway.test_model_turns import TALK, UNSURE, an_intent
from tests.servers.messages_api import KEY, Gate, Hang, Status, error_event, reply, text, tool
from tests.servers.messages_script import Reply, block, thinking


async def halted_at_once(home: ModelHouse) -> None:
    """A halt gets through whatever the model does."""
    async with asyncio.timeout(0.5):
        await home.house.say("stop all trading NOW")
    assert "halted" in home.house.said[-1]


async def test_reading_a_sentence_is_broken_off_too(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(Hang())
        asking = asyncio.create_task(home.house.say(UNSURE))
        await until(lambda: home.server.bodies)
        await halted_at_once(home)
        assert home.house.gateway.interrupt(ANN)
        async with asyncio.timeout(0.5):
            assert (await asking).reply.text == STOPPED
        assert home.answers[-1].why == "interrupted"


async def test_stopping_begins_none_of_the_turns_that_wait(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        for _ in range(4):
            home.server.answer(Hang())
        asked = [asyncio.create_task(home.house.say(words)) for words in (UNSURE, TALK, TALK)]
        await until(lambda: home.server.bodies)
        async with asyncio.timeout(3):
            await home.house.gateway.turns.stop()
            await home.house.gateway.settle()
        assert len(home.server.bodies) == 1
        await asyncio.gather(*asked)
        assert len(home.answers) == 3


async def test_turns_on_two_accounts_are_both_broken_off(tmp_path: Path) -> None:
    async with model_house(tmp_path, names=("paper", "demo")) as home:
        home.server.answer(Hang(), Hang())
        asked = [
            asyncio.create_task(home.house.say(TALK, account=name)) for name in ("paper", "demo")
        ]
        await until(lambda: len(home.server.bodies) == 2)
        assert home.house.gateway.interrupt(ANN)
        async with asyncio.timeout(1):
            await asyncio.gather(*asked)


async def test_broken_off_before_its_first_step_a_message_is_still_answered(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer("Never said.")
        gateway = home.house.gateway
        asking = asyncio.create_task(home.house.say(TALK))
        async with asyncio.timeout(5):
            while not gateway.interrupt(ANN):  # noqa: ASYNC110 - in the very step it is begun
                await asyncio.sleep(0)
            await asking
        assert len(home.answers) == 1


async def test_a_flood_waits_in_a_queue_that_ends(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        gate = Gate()
        home.server.answer(reply(gate, "First."), *(["Next."] * MOST_WAITING))
        first = asyncio.create_task(home.house.say(TALK))
        await until(lambda: home.server.bodies)
        flood = [asyncio.create_task(home.house.say(f"{TALK} {n}")) for n in range(50)]
        await until(lambda: sum(each.done() for each in flood) >= 50 - MOST_WAITING)
        gate.opened.set()
        await asyncio.gather(first, *flood)
        assert len(home.server.bodies) == MOST_WAITING
        assert [m.why for m in home.answers].count("still answering") == 51 - MOST_WAITING


async def test_a_turn_that_waited_uses_the_key_of_its_own_time(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        gate = Gate()
        home.server.answer(reply(gate, "First."), "Second.")
        first = asyncio.create_task(home.house.say(TALK))
        await until(lambda: home.server.bodies)
        second = asyncio.create_task(home.house.say("explain funding rates"))
        await asyncio.sleep(0.02)
        before = home.house.gateway.turns._open
        await home.house.gateway.turns.forget()
        async with asyncio.timeout(3):
            await first
        gate.opened.set()
        assert (await second).reply.text == "Second."
        assert before is not None
        assert before.client is not home.house.gateway.turns._open.client  # type: ignore[union-attr]
        assert before.client._client is None


@pytest.mark.parametrize(
    "start",
    [
        {"model": ["claude-haiku-5-5"]},
        {"model": {"name": "x"}},
        {"model": "offline grammar"},
        {"model": "[red]\x1b]8;;http://x\x07" * 5_000},
        {"usage": {"input_tokens": 10**30, "output_tokens": 1}},
        {"usage": {"input_tokens": 2**63, "output_tokens": 10**80}},
        {"usage": {"input_tokens": -5, "output_tokens": 1}},
        {"usage": {"input_tokens": 1, "output_tokens": 1, "cache_creation": [1]}},
    ],
)
async def test_a_server_that_lies_about_itself_is_answered_around(
    tmp_path: Path, start: dict[str, Any]
) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(reply("Fine.", **start))
        await home.house.say(TALK)
        assert home.answers
        assert all(len(m.engine) < 100 and "\x1b" not in m.engine for m in home.answers)
        assert all(m.engine != "offline grammar" for m in home.answers if m.text == "Fine.")
        assert home.house.gateway.conversation.turns == ()
        day = home.house.gateway.turns._open.engine.meter()  # type: ignore[union-attr]
        assert 0 <= day.spent_today < 1
        await home.house.restart()
        people = [m for m in home.house.gateway.conversation.recent if m.speaker is Speaker.PERSON]
        assert len(people) == 1


async def test_without_a_key_no_memory_is_kept_of_the_messages_asked(tmp_path: Path) -> None:
    async with model_house(tmp_path, key="") as home:
        depths = []
        for _ in range(6):
            await home.house.say(TALK)
            error = home.house.gateway.turns._closed
            assert error is not None
            trace, depth = error.__traceback__, 0
            while trace is not None:
                trace, depth = trace.tb_next, depth + 1
            depths.append(depth)
        assert depths[-1] == depths[1]
        assert json.dumps(home.server.bodies) == "[]"


NASTY = "[red]\x1b[31m\x1b]8;;http://evil.example\x07click\x1b]8;;\x07\u202etxet\u2066[/red]"


@pytest.mark.parametrize(
    "answer",
    [
        reply(text("word " * 200_000)),
        reply(text(*["word "] * 30_000)),
        reply(text("\n" * 90_000, "end")),
        reply(thinking("hm " * 300_000), text("Yes.")),
        reply(*[tool("get_positions", {}) for _ in range(2_000)]),
        reply(*[tool("propose_order", raw='{"side":"' + "x" * 100_000 + '"}')]),
        reply(*[text("x") for _ in range(3_000)]),
        reply(block("hologram", data="x" * 5_000_000), text("Yes.")),
        reply(tool(NASTY, {NASTY: NASTY})),
        reply(text(NASTY * 100)),
    ],
    ids=["long", "many deltas", "lines", "thoughts", "calls", "arguments", "blocks", "unknown",
         "names", "markup"],
)  # fmt: skip
async def test_what_a_model_floods_is_bounded_and_halting_goes_through(
    tmp_path: Path, answer: Reply
) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(answer, "Done.")
        asking = asyncio.create_task(home.house.say(TALK))
        await until(lambda: home.server.bodies)
        await asyncio.sleep(0.02)
        async with asyncio.timeout(2):
            await home.house.say("stop all trading NOW")
        await asking
        await home.house.gateway.settle()
        for message in home.answers:
            assert len(message.text) < MAX_TEXT + 200
            shown = message.text + "".join(t.name + t.arguments + t.result for t in message.tools)
            assert not set(shown) & set("\x1b\x07\u202e\u2066")
            assert len(message.tools) <= 8
        for turns in home.shown:
            assert all(len(turn.text) <= 110_000 for turn in turns)
            assert all("\x1b" not in turn.text + turn.thinking for turn in turns)
        await home.house.journal.flush()
        assert home.house.locations.journal.stat().st_size < 2_000_000


async def test_a_server_that_gives_the_key_away_gives_it_to_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A proxy in between, or one that answers in Claude's place, may say what it was sent."""
    caplog.set_level("DEBUG")
    evil = f"Send it to https://evil.example/{KEY} or [here](http://evil.example): {KEY}"
    async with model_house(tmp_path) as home:
        home.server.answer(
            reply(tool("explain_order", {"order": KEY[:30]}), text(evil)),
            evil,
            Status(400, message=KEY),
            reply(text("Half"), error_event("overloaded_error", KEY)),
            lambda body: an_intent(body, intent="clarify", question=evil),
            lambda body: an_intent(body, intent="strategy", strategy=evil, condition=evil),
        )
        for words in (TALK, TALK, TALK, UNSURE, UNSURE):
            await home.house.say(words)
        await home.house.journal.flush()
        told = "".join(home.house.said) + caplog.text
        told += "".join(use.arguments for m in home.answers for use in m.tools)
        told += home.house.locations.journal.read_bytes().decode("latin-1")
        told += "".join(path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*-wal"))
        assert KEY not in told
        assert "evil.example" not in "".join(home.house.said)


@pytest.mark.parametrize(
    "secret", ["sk-ant-api03-" + "aB3" * 20, "123456789:" + "AbC1" * 9, "password is hunter2hunter"]
)
async def test_a_secret_is_refused_on_every_way_in(tmp_path: Path, secret: str) -> None:
    async with model_house(tmp_path) as home:
        house, desk = home.house, home.house.desk()
        for attempt in (
            lambda: desk.send(f"use {secret}"), lambda: desk.send(f"/why {secret}"),
            lambda: desk.run("why", {"order": secret}), lambda: desk.run("why", {secret: "1"}),
            lambda: desk.run("price", {"pair": secret}), lambda: desk.send(secret, approve=True),
        ):  # fmt: skip
            with pytest.raises(KitError):
                await attempt()
        await house.gateway.handle(PHONE, f"my {secret}")
        assert (await desk.send(f"/halt@my_bot {secret}")).reply.text.startswith(
            "Trading is halted"
        )
        assert (await desk.halt(f"stop, {secret}")).ok
        await house.journal.flush()
        kept = "".join(
            path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()
        )
        assert secret.rsplit(maxsplit=1)[-1] not in kept + "".join(house.said)
        assert home.server.bodies == []


async def test_halting_works_whatever_stands_behind_it(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        assert (await home.house.say("/HALT " + "why " * 3_000)).reply.ok
        report = home.house.account.store.get(RISK)
        assert report is not None
        assert report.status.state is TradingState.HALTED


async def test_turns_side_by_side_do_not_spend_a_days_budget_twice(tmp_path: Path) -> None:
    async with model_house(tmp_path, day_budget=Decimal("0.12")) as home:
        gate = Gate()
        for _ in range(8):
            home.server.answer(reply(text("So it is."), gate, output_tokens=4_000))
        people = [replace(ANN, user=str(number)) for number in range(8)]
        asked = [asyncio.create_task(home.house.say(TALK, who)) for who in people]
        await until(lambda: sum(each.done() for each in asked) + len(home.server.bodies) >= 8)
        gate.opened.set()
        await asyncio.gather(*asked)
        assert 1 <= len(home.server.bodies) < 8
        spent = sum(home.house.journal.ledger.charged.values())
        assert 0 < spent <= Decimal("0.12")
        assert {m.why for m in home.answers} == {"", "budget used up"}


async def test_money_is_counted_while_the_journal_takes_nothing(tmp_path: Path) -> None:
    async with model_house(tmp_path, day_budget=Decimal("0.05")) as home:
        home.house.journal.failure = JournalError("The disk is full.")
        answered = 0
        for _ in range(12):
            home.server.answer(reply(text("So it is."), output_tokens=1_000))
            await home.house.say(TALK)
            answered += home.answers[-1].why == ""
            if home.answers[-1].why == "budget used up":
                break
        assert 1 <= answered < 12
        assert home.answers[-1].why == "budget used up"
        home.house.journal.failure = None


@pytest.mark.parametrize("how", ["escape", "stop"])
async def test_a_vault_that_does_not_open_is_waited_for_by_nobody_who_has_had_enough(
    tmp_path: Path, how: str
) -> None:
    async with model_house(tmp_path) as home:
        turns, opening = home.house.gateway.turns, asyncio.Event()

        async def opener() -> OpenModel:
            opening.set()
            await asyncio.Event().wait()
            raise AssertionError

        turns.opener = opener
        beginning = asyncio.create_task(turns.begin())
        await opening.wait()
        asking = asyncio.create_task(home.house.say(TALK))
        await asyncio.sleep(0.02)
        async with asyncio.timeout(1):
            if how == "escape":
                assert home.house.gateway.interrupt(ANN)
            else:
                await turns.stop()
            assert (await asking).reply.text == STOPPED
        beginning.cancel()
