"""Who may speak on a channel: declared, paired by a code once, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.errors import JournalError, KitError, UsageError
from kit_tui.domain.events import PersonPaired
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.people import Person
from kit_tui.gateway.people import People, Rules, Speaker, declared
from kit_tui.state.journal import Journal
from kit_tui.state.slices import ACCESS
from kit_tui.state.store import Store
from tests.support.clock import FakeClock

OWNER = Principal(channel="terminal", user="local", name="you", role=Role.OWNER, local=True)
CODE = "ABCD2345"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def journal(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Journal]:
    opened = await Journal.open(tmp_path / "journal.sqlite", clock)
    yield opened
    await opened.close()


@pytest.fixture
def people(journal: Journal, clock: FakeClock) -> People:
    found = People(journal, clock, make_code=lambda: CODE)
    found.set_rules("telegram", Rules(live_up_to=Decimal(250), groups=frozenset({"-5"})))
    return found


def ann(chat: str = "42", **changes: object) -> Speaker:
    return Speaker(channel="telegram", user="42", chat=chat, name="Ann", **changes)  # type: ignore[arg-type]


EVE = Speaker(channel="telegram", user="666", chat="666", name="Eve")


async def test_nobody_is_let_in_until_somebody_is(people: People) -> None:
    assert people.admit(ann()) is None
    assert await people.redeem(ann(), f"/start {CODE}") is None
    (door,) = people.access.doors
    assert (door.strangers, door.turned_away) == (1, 1)


@pytest.mark.parametrize(
    "said",
    ["/start ABCD2345", "/pair abcd-2345", "ABCD 2345", "/start@kit_bot ABCD2345", "abcd2345"],
)
async def test_the_code_lets_one_person_in_once(people: People, said: str) -> None:
    pairing = people.open("telegram", Role.TRADER, OWNER)
    assert pairing.code == "ABCD-2345"
    person = await people.redeem(ann(), said)
    assert person is not None
    assert (person.key, person.chat, person.role) == ("telegram:42", "42", Role.TRADER)
    assert await people.redeem(EVE, said) is None
    principal = people.admit(ann())
    assert principal is not None
    assert (principal.role, principal.local, principal.approves_live_up_to) == (
        Role.TRADER, False, Decimal(250),
    )  # fmt: skip
    assert people.admit(EVE) is None
    assert people.admit(ann(chat="43")) is None  # the right user, from another chat


async def test_a_code_is_void_after_ten_minutes_ten_wrong_tries_or_another_code(
    people: People, clock: FakeClock
) -> None:
    people.open("telegram", Role.TRADER, OWNER)
    clock.advance(600)
    assert await people.redeem(ann(), CODE) is None
    people.open("telegram", Role.TRADER, OWNER)
    for _ in range(10):
        assert await people.redeem(EVE, "WXYZ2345") is None
    assert await people.redeem(ann(), CODE) is None
    people.open("telegram", Role.VIEWER, OWNER)
    people.close("telegram")
    assert await people.redeem(ann(), CODE) is None
    assert people.access.doors[0].pairing_until is None


async def test_a_code_said_in_a_group_lets_nobody_in(people: People) -> None:
    people.open("telegram", Role.TRADER, OWNER)
    assert await people.redeem(ann(chat="-5", private=False), CODE) is None
    assert await people.redeem(ann(), CODE) is not None


async def test_who_is_in_is_kept_and_can_be_put_out(
    people: People, journal: Journal, clock: FakeClock
) -> None:
    changes: list[str] = []
    people.on_changed.append(changes.append)
    people.open("telegram", Role.VIEWER, OWNER)
    await people.redeem(ann(), CODE)
    again = People(journal, clock)
    again.set_rules("telegram", Rules())
    assert again.admit(ann()) is not None
    await people.remove("telegram:42", OWNER)
    assert people.admit(ann()) is None
    assert journal.ledger.people == {}
    assert changes == ["telegram"] * 3
    with pytest.raises(KitError, match="was paired"):
        await people.remove("telegram:42", OWNER)


async def test_a_group_is_for_questions_about_markets_only(people: People) -> None:
    people.set_rules(
        "telegram",
        Rules(people=declared("telegram", [("42", "42")]), groups=frozenset({"-5"}),
              live_up_to=Decimal(9)),
    )  # fmt: skip
    there = people.admit(ann(chat="-5", private=False))
    assert there is not None
    assert (there.key, there.role, there.approves_live_up_to) == (
        "telegram:42@-5", Role.VIEWER, Decimal(0),
    )  # fmt: skip
    assert people.admit(ann(chat="-6", private=False)) is None
    with pytest.raises(KitError, match="settings"):
        await people.remove("telegram:42", OWNER)


async def test_a_services_roles_count_where_they_are_mapped_and_never_make_an_owner(
    people: People,
) -> None:
    people.set_rules("discord", Rules(roles={"Desk": Role.TRADER, "Boss": Role.OWNER}))

    def with_roles(*roles: str) -> Speaker:
        return Speaker(channel="discord", user="7", chat="7", name="Ben", roles=roles)

    assert people.admit(with_roles("Guests")) is None
    for roles in (("Desk",), ("Guests", "Boss")):
        principal = people.admit(with_roles(*roles))
        assert principal is not None
        assert principal.role is Role.TRADER


async def test_a_channel_that_does_not_run_has_no_code(people: People) -> None:
    with pytest.raises(UsageError, match="not running"):
        people.open("discord", Role.TRADER, OWNER)


async def test_the_store_is_told_of_people_and_doors_but_never_of_a_code(people: People) -> None:
    store = Store()
    people.show_in(store)
    people.open("telegram", Role.TRADER, OWNER)
    waiting = store.get(ACCESS)
    assert waiting is not None
    assert waiting.doors[0].pairing_until is not None
    assert "ABCD" not in repr(waiting)
    await people.redeem(ann(), CODE)
    after = store.get(ACCESS)
    assert after is not None
    assert [person.name for person in after.people] == ["Ann"]
    assert after.doors[0].pairing_until is None


async def test_no_code_makes_an_owner_and_one_of_before_is_a_trader(
    people: People, journal: Journal, clock: FakeClock
) -> None:
    with pytest.raises(UsageError, match="trader or viewer"):
        people.open("telegram", Role.OWNER, OWNER)
    paired = Person(channel="telegram", user="42", chat="42", name="Ann", role=Role.OWNER)
    await journal.append(PersonPaired(person=paired, by="you", at=clock.now()))
    principal = people.admit(ann())
    assert principal is not None
    assert principal.role is Role.TRADER
    assert [person.role for person in people.audience("telegram")] == [Role.TRADER]


async def test_who_is_in_leaves_a_code_to_whom_it_is_meant_for_unless_it_gives_more(
    people: People,
) -> None:
    people.open("telegram", Role.VIEWER, OWNER)
    assert await people.redeem(ann(), CODE) is not None
    people.open("telegram", Role.VIEWER, OWNER)
    assert await people.redeem(ann(), CODE) is None
    assert await people.redeem(EVE, CODE) is not None
    people.open("telegram", Role.TRADER, OWNER)
    again = await people.redeem(ann(), CODE)
    assert again is not None
    assert again.role is Role.TRADER


@pytest.mark.parametrize(
    "said", ["/start WXYZABCD", "/pair wxyz-2345", "WXYZ-ABCD", "wxyz2345", "abcd 2345"]
)
def test_what_is_a_code_is_known_also_when_it_is_void(people: People, said: str) -> None:
    people.open("telegram", Role.TRADER, OWNER)
    people.close("telegram")
    assert people.is_code(said)


@pytest.mark.parametrize("said", ["what news", "swap 5ETH", "/start", "hello", "/price BTC"])
def test_words_are_no_code(people: People, said: str) -> None:
    assert not people.is_code(said)


async def test_a_code_that_could_not_be_written_down_stays_open(
    people: People, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.open("telegram", Role.TRADER, OWNER)
    with monkeypatch.context() as broken:
        broken.setattr(journal, "append", _full)
        with pytest.raises(JournalError):
            await people.redeem(ann(), CODE)
    assert await people.redeem(ann(), CODE) is not None


async def _full(*_: object) -> None:
    raise JournalError("The disk is full.")
