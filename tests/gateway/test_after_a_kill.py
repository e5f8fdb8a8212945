"""What the conversation says after a kill, and of words that came before it."""

from __future__ import annotations

from pathlib import Path

from kit_tui.domain.cards import Reply
from kit_tui.domain.message import Principal, Role, Speaker
from kit_tui.gateway.conversation import UNANSWERED, Conversation
from kit_tui.state.journal import Journal
from tests.gateway.house import PHONE, House, until
from tests.support.clock import FakeClock

ANN = Principal(channel="telegram", user="42", name="Ann", role=Role.TRADER)


async def test_what_was_asked_and_not_answered_before_a_kill_is_said_to_be_so(
    tmp_path: Path,
) -> None:
    journal = await Journal.open(tmp_path / "journal.sqlite", FakeClock())
    before = Conversation(journal, FakeClock())
    answered = before.person_said(ANN, "price of BTC", "demo", mark="u1")
    before.kit_said(ANN, Reply(text="67,012.40"), account="demo", reply_to=answered.id)
    asked = before.person_said(ANN, "how does ETH look?", "demo", mark="u2")
    for _ in range(2):  # the second run finds it answered
        again = Conversation(journal, FakeClock())
        again.close_unanswered()
        *_, last = again.recent
        assert len(again.recent) == 4
        assert (last.text, last.reply_to, last.principal) == (UNANSWERED, asked.id, ANN.key)
        assert (last.speaker, last.channel, last.ok) == (Speaker.KIT, "telegram", False)
    await again.kept()
    await journal.close()


async def test_words_that_were_refused_are_refused_once(house: House) -> None:
    phone = await house.channel()
    secret = "sk-ant-" + "api03-" + "A1b2C3d4" * 6
    for _ in range(2):
        await house.gateway.handle(PHONE, f"my key is {secret}", "u7")
    await house.gateway.kept()
    await until(lambda: phone.messages)
    assert len(phone.messages) == 1
    assert "looks like" in phone.texts[0]
