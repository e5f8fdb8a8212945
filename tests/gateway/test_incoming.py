"""What may come in: any text of bounded length, and never a secret."""

from __future__ import annotations

import pytest

from kit_tui.domain.errors import UsageError
from kit_tui.gateway.incoming import MAX_MESSAGE, SecretInChatError, clean, reason_of
from tests.gateway.house import ANN, PHONE, House, until

SECRETS = [
    "sk-ant-api03-9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a",
    "my binance key is vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    "123456789:AAF-abcdefghijklmnopqrstuvwxyz0123456",
]


@pytest.mark.parametrize("text", ["", "   ", "\n\t\n", "\x00\x01\x1b", "\ud800"])
def test_nothing_is_not_a_message(text: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        clean(text)


def test_a_message_has_a_length_it_may_have() -> None:
    assert len(clean("x" * MAX_MESSAGE)) == MAX_MESSAGE
    with pytest.raises(UsageError, match="100,000 characters"):
        clean("x" * 100_000)


def test_control_characters_go_and_direction_marks_stay_to_be_refused_later() -> None:
    assert clean("buy\x1b[2J BTC\x07\n") == "buy[2J BTC"
    assert clean("\u202ebuy BTC") == "\u202ebuy BTC"
    assert clean("two\nlines\tkept") == "two\nlines\tkept"


@pytest.mark.parametrize("secret", SECRETS)
async def test_a_secret_is_kept_nowhere(house: House, secret: str) -> None:
    phone = await house.channel()
    with pytest.raises(SecretInChatError) as refused:
        await house.say(secret)
    await house.gateway.handle(PHONE, secret)
    with pytest.raises(SecretInChatError):
        await house.gateway.run(ANN, "halt", {"reason": secret}, account="paper")
    await house.gateway.halt(ANN, secret)
    await until(lambda: len(phone.texts) == 2)
    value = secret.rsplit(maxsplit=1)[-1]
    assert value not in str(refused.value)
    assert all(value not in text for text in [*phone.texts, *house.said])
    await house.journal.flush()
    kept = b"".join(
        path.read_bytes() for path in house.home.rglob("*") if path.is_file()
    )  # fmt: skip
    assert value.encode() not in kept
    assert b"looks like" in kept, "the refusal is part of the conversation"


async def test_a_secret_hidden_among_control_characters_is_seen(house: House) -> None:
    with pytest.raises(SecretInChatError):
        await house.say("\x00".join(SECRETS[0]))


async def test_refused_messages_answer_their_channel_and_leave_no_words(house: House) -> None:
    phone = await house.channel()
    await house.gateway.handle(PHONE, "x" * 100_000)
    await house.gateway.handle(PHONE, " ")
    await until(lambda: len(phone.texts) == 2)
    assert "100,000 characters" in phone.texts[0]
    assert "empty" in phone.texts[1]


async def test_commands_by_name_are_bounded_like_messages(house: House) -> None:
    with pytest.raises(UsageError, match="characters"):
        await house.run("price", pair="B" * 50_000)


def test_a_halt_never_fails_for_its_reason() -> None:
    assert reason_of("") == "by hand"
    assert reason_of(SECRETS[0]) == "by hand"
    assert reason_of("too\nfast\x1b") == "too fast"
    assert len(reason_of("x" * 100_000)) == 200
