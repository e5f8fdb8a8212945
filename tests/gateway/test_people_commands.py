"""Who may see and change who speaks from elsewhere, by commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from kit_tui.domain.cards import TableCard
from kit_tui.domain.message import Principal, Role
from kit_tui.gateway.people import Rules, Speaker
from tests.gateway.house import ANN, House, opened

BOB = Speaker(channel="phone", user="7", chat="7", name="Bob")
LOCAL = Principal(channel="terminal", user="local", name="you", role=Role.OWNER, local=True)


async def with_bob(house: House) -> None:
    house.gateway.people.set_rules("phone", Rules())
    pairing = await house.desk(LOCAL).pair("phone", Role.VIEWER)
    assert await house.gateway.people.redeem(BOB, pairing.code) is not None


async def test_traders_see_who_may_speak_and_viewers_do_not(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        await with_bob(house)
        reply = await house.gateway.run(ANN, "people", {}, account="paper")
        (table,) = reply.cards
        assert isinstance(table, TableCard)
        assert table.rows[0][:3] == ("Bob", "phone", "viewer")
        assert table.rows[0][-1] == "phone:7"
        viewer = replace(ANN, role=Role.VIEWER)
        refused = await house.gateway.run(viewer, "people", {}, account="paper")
        assert not refused.ok
        assert "Bob" not in refused.text


async def test_only_the_owner_at_this_machine_sends_somebody_away(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        await with_bob(house)
        far = replace(LOCAL, channel="phone", local=False)
        assert not (await house.gateway.run(far, "unpair", {"key": "phone:7"}, account="paper")).ok
        assert house.gateway.people.access.people
        text = await house.run("unpair", LOCAL, key="phone:7")
        assert text == "Bob (phone:7) is not let in any more and is told nothing from now on."
        assert house.gateway.people.access.people == ()
        again = await house.gateway.run(LOCAL, "unpair", {"key": "phone:7"}, account="paper")
        assert (again.ok, "was paired" in again.text) == (False, True)


@pytest.mark.parametrize("channel", ["telegram", "", "pigeons"])
async def test_pairing_by_command_says_where_it_is_done(tmp_path: Path, channel: str) -> None:
    async with opened(tmp_path) as house:
        reply = await house.gateway.run(LOCAL, "pair", {"channel": channel}, account="paper")
        assert (reply.ok, "kit pair telegram" in reply.text) == (False, True)


async def test_a_code_is_void_when_the_desk_that_showed_it_is_closed(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        house.gateway.people.set_rules("phone", Rules())
        first, second = house.desk(LOCAL), house.desk(LOCAL)
        void = await first.pair("phone")
        good = await second.pair("phone")
        await first.close()  # its code is not the open one, which stays
        assert await house.gateway.people.redeem(BOB, void.code) is None
        await second.close()
        assert await house.gateway.people.redeem(BOB, good.code) is None


async def test_people_of_a_channel_that_does_not_run_are_listed(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        await with_bob(house)
        house.gateway.people.drop_rules("phone")
        assert [person.key for person in house.gateway.people.access.people] == ["phone:7"]
        assert house.gateway.people.access.doors == ()
        assert "phone does not run here now." in await house.run("people")
