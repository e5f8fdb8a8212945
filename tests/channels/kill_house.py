"""A person on the phone, and an engine that is killed again and again while they talk.

The Bot API is a process of its own and lives on, as Telegram does; the model answers slowly, so
that some kills come while an answer grows.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kit_tui.channels.drafts import GROWS
from kit_tui.channels.text import lines_of
from kit_tui.gateway.conversation import UNANSWERED
from kit_tui.state.journal import export_lines, verify_file
from tests.servers.messages_api import KEY, MessagesServer, Pause, reply, text
from tests.servers.telegram_api import CHAT, TOKEN
from tests.servers.telegram_process import TelegramProcess, telegram_process
from tests.support.homes import kit_environment
from tests.support.model_homes import NO_KEYRING

ANN = f"telegram:{CHAT}"
SETTINGS = """
[engine]
base_url = "{model}"
[channels.telegram]
base_url = "{telegram}"
chat_id = {chat}
"""
UP_IN_S = 60.0
TOLD_IN_S = 90.0
Json = dict[str, Any]


@dataclass
class House:
    """One home and its Bot API; `said` are the updates of words, `pressed` the tickets.

    `pace` stretches how long everything takes; below 1 there is no flood control to keep to.
    """

    home: Path
    telegram: TelegramProcess
    chance: random.Random
    pace: float = 1.0
    said: list[int] = field(default_factory=list)
    pressed: set[str] = field(default_factory=set)
    kills: Counter[str] = field(default_factory=Counter)
    listens: bool = False

    async def rest(self, least: float, most: float) -> None:
        await asyncio.sleep(self.chance.uniform(least, most) * self.pace)

    async def do(self, step: str, **body: Any) -> Any:
        return await asyncio.to_thread(lambda: self.telegram.do(step, **body))

    async def posts(self) -> list[Json]:
        return await asyncio.to_thread(self.telegram.messages)

    # -- the person ----------------------------------------------------------------------------

    async def act(self) -> None:
        """Say something, or press whatever there is to press."""
        open_tickets = [post for post in await self.posts() if post["buttons"]]
        if open_tickets and self.chance.random() < 0.5:
            await self.press(self.chance.choice(open_tickets))
        elif self.chance.random() < 0.45:
            await self.say(f"gm, how is life on the desk {len(self.said)}")
        else:
            await self.say(f"Buy BTC for ${100 + len(self.said)}")

    async def say(self, words: str) -> None:
        self.said.append((await self.do("say", text=words))["update_id"])

    async def press(self, post: Json) -> None:
        """One press, or two of the same button."""
        data = self.chance.choice(list(post["buttons"].values()))
        for _ in range(self.chance.choice((1, 1, 2))):
            await self.do("press", message_id=post["message_id"], data=data)
        found = re.search(r"^ticket +(\S+)", post["text"], re.MULTILINE)
        assert found is not None, post["text"]
        self.pressed.add(found[1])

    async def talk(self) -> None:
        """Act all the time, until cancelled, but while an answer is to be seen growing."""
        while True:
            if not self.listens:
                await self.act()
            await self.rest(0.1, 1.2)

    # -- lives ---------------------------------------------------------------------------------

    async def until(self, wanted: Callable[[list[Json]], bool], seconds: float) -> bool:
        """Whether the chat came to look like this in time."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if wanted(await self.posts()):
                return True
            await asyncio.sleep(0.02)
        return False

    async def live_and_die(self) -> None:
        """One life of the engine, ended at some point by SIGKILL."""
        how = self.chance.choice(("any", "start", "growing", "growing", "press"))
        async with engine(self.home) as process:
            if self.chance.random() < 0.3:  # and sometimes Telegram's answer to a post is lost
                await self.do("fail", method="sendMessage", how="lost", after=1)
            if how == "start":
                await self.rest(0.0, 1.5)
            else:
                await ready(process)
                await self.rest(0.2, 2.5)
            if how == "growing":
                self.listens = True
                await self.say(f"gm, how is life on the desk {len(self.said)}")
                if not await self.until(_grows, 20 * self.pace):
                    how = "any"
                await self.rest(0.0, 0.8)
                self.listens = False
            if how == "press":
                open_tickets = [post for post in await self.posts() if post["buttons"]]
                if open_tickets:
                    await self.press(self.chance.choice(open_tickets))
                    await self.rest(0.0, 0.06)
            process.kill()
            self.kills[how] += 1

    # -- the end -------------------------------------------------------------------------------

    async def settle(self) -> None:
        """A last life in peace, until everything has come and nothing changes any more."""
        async with engine(self.home) as process:
            await ready(process)
            await self.say("positions")
            ends, before = time.monotonic() + TOLD_IN_S, None
            while time.monotonic() < ends:
                await asyncio.sleep(2.5)
                now = [(post["message_id"], post["text"]) for post in await self.posts()]
                answered = any(
                    "No open positions" in text or "entry" in text for _, text in now[-3:]
                )
                if now == before and answered:
                    break
                before = now
            process.send_signal(signal.SIGTERM)
            await process.communicate()

    async def check(self) -> list[str]:
        """Everything that is not as it should be."""
        path = self.home / "data" / "journal.sqlite"
        assert verify_file(path).ok
        events = [json.loads(line) for line in export_lines(path)]
        messages = [e["event"]["message"] for e in events if e["kind"] == "message"]
        state = await asyncio.to_thread(self.telegram.state)
        posts = sorted(await self.posts(), key=lambda post: int(post["message_id"]))
        return [
            *self._words(messages),
            *self._presses(events),
            *_lines(messages, posts),
            *(f"it grows for ever: {post['text']!r}" for post in posts if _is_growing(post)),
            *(f"buttons are left: {post['text']!r}" for post in posts if self._is_dead(post)),
            *(["a 429 was provoked twice in a row"] if state["provoked_twice"] else []),
        ]

    def _is_dead(self, post: Json) -> bool:
        found = re.search(r"^ticket +(\S+)", post["text"], re.MULTILINE)
        return bool(post["buttons"]) and found is not None and found[1] in self.pressed

    def _words(self, messages: list[Json]) -> list[str]:
        """Every message of the person is in the journal once, and has an answer."""
        marks = Counter(m["mark"] for m in messages if m.get("mark"))
        answered = {m.get("reply_to") for m in messages}
        ids = {m["mark"]: m["id"] for m in messages if m.get("mark")}
        wrong = []
        for update in self.said:
            mark = f"u{update}"
            if marks[mark] != 1:
                wrong.append(f"update {update} was acted on {marks[mark]} times")
            elif ids[mark] not in answered:
                wrong.append(f"update {update} has no answer")
        return wrong

    def _presses(self, events: list[Json]) -> list[str]:
        """Every ticket that was pressed was answered once, and is one order at most."""
        answers: Counter[str] = Counter()
        orders: Counter[str] = Counter()
        for one in events:
            event = one["event"]
            if one["kind"] == "ticket_answered":
                answers[event["ticket_id"]] += 1
            if one["kind"] == "order_submitted":
                orders[event["order"].get("ticket_id")] += 1
        return [
            *(f"ticket {t} is {n} orders" for t, n in orders.items() if t and n > 1),
            *(f"ticket {t} was answered {n} times" for t, n in answers.items() if n > 1),
            *(f"the press of {t} was lost" for t in sorted(self.pressed) if not answers[t]),
        ]


def _lines(messages: list[Json], posts: list[Json]) -> list[str]:
    """What belongs in the chat is there once, and in order but for answers that grew."""
    belong = [m for m in messages if not (m["speaker"] == "person" and m["principal"] == ANN)]
    heads = [_head(m["text"]) for m in belong]
    wanted = Counter(heads)
    there = [line for post in posts for line in post["text"].split("\n") if line in wanted]
    have = Counter(there)
    wrong = [
        f"{have[head]} times in the chat, {wanted[head]} in the journal: {head!r}"
        for head in wanted
        if have[head] != wanted[head]
    ]
    grew = {
        line for post in posts if _grew(post) for line in post["text"].split("\n")
    } | {UNANSWERED}  # fmt: skip
    if not wrong and [h for h in heads if h not in grew] != [h for h in there if h not in grew]:
        wrong.append("not in order")
    return wrong


def _head(said: str) -> str:
    return next((line.plain for line in lines_of(said) if line.plain.strip()), "")


def _grew(post: Json) -> bool:
    return str(post["history"][0]["text"]).endswith(GROWS)


def _grows(posts: list[Json]) -> bool:
    return any(map(_is_growing, posts))


def _is_growing(post: Json) -> bool:
    return str(post["text"]).endswith(f"\n{GROWS}")


def slow_answer(body: Json, pace: float) -> Any:
    """An answer of some seconds that names the question's number."""
    asked = re.findall(r"on the desk (\d+)", json.dumps(body["messages"][-1]))
    number = asked[-1] if asked else "?"
    parts: list[Any] = [f"Answer {number}: all is well. "]
    for word in range(9):
        parts += [Pause(0.3 * pace), f"Point {word} holds. "]
    return reply(text(*parts))


@asynccontextmanager
async def engine(home: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`kit gateway` on the simulated market; killed if it is left over."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kit_tui", "gateway", "--demo",
        env=kit_environment(
            home, PYTHON_KEYRING_BACKEND=NO_KEYRING, KIT_TELEGRAM_BOT_TOKEN=TOKEN,
            ANTHROPIC_API_KEY=KEY, OPENBLAS_NUM_THREADS="1",
        ),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ready(process: asyncio.subprocess.Process) -> None:
    """Wait until the engine says that it runs."""
    assert process.stderr is not None
    async with asyncio.timeout(UP_IN_S):
        greeting = await process.stderr.readline()
    assert b"runs as process" in greeting, greeting


async def killed_many_times(home: Path, seed: int, kills: int, pace: float = 1.0) -> House:
    """Talk while the engine dies so many times, then let it settle."""
    async with MessagesServer() as model:
        model.always = lambda body: slow_answer(body, pace)
        with telegram_process(flood=pace >= 1) as telegram:
            house = House(home, telegram, random.Random(seed), pace)
            (home / "config").mkdir(parents=True)
            settings = SETTINGS.format(model=model.url, telegram=telegram.root, chat=CHAT)
            (home / "config" / "config.toml").write_text(settings)
            talking = asyncio.create_task(house.talk())
            try:
                for _ in range(kills):
                    await house.live_and_die()
            finally:
                talking.cancel()
                await asyncio.gather(talking, return_exceptions=True)
            await house.settle()
            wrong = await house.check()
            assert wrong == [], "\n".join(wrong)
    return house
