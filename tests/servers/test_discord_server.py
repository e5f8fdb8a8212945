"""The loopback Discord refuses what Discord refuses, in its words, and breaks where it is told."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.servers.discord_api import TOKEN, DiscordApi, NotOfferedError
from tests.servers.discord_rules import Json
from tests.servers.discord_types import Interaction

SEND = "POST /channels/{channel}/messages"
ME = "GET /users/@me"


class Caller:
    """Asks the server as a bot's library does."""

    def __init__(self, server: DiscordApi, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        more.setdefault("headers", {"Authorization": f"Bot {TOKEN}"})
        if body is not None:
            more["json"] = body
        url = self.server.api + path
        async with self.session.request(method, url, **more) as answer:
            text = await answer.text()
            self.headers = answer.headers
            return answer.status, json.loads(text) if text[:1] in ("{", "[") else text

    async def send(self, **body: Any) -> Any:
        return await self("POST", f"/channels/{self.server.channel.id}/messages", body)

    async def answer(self, asked: Interaction, kind: int, **data: Any) -> Any:
        path = f"/interactions/{asked.id}/{asked.token}/callback"
        return await self("POST", path, {"type": kind, "data": data}, headers={})


@pytest.fixture
async def server() -> AsyncIterator[DiscordApi]:
    async with DiscordApi() as server:
        yield server


@pytest.fixture
async def ask(server: DiscordApi) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(server, session)


def faults(errors: Json, *path: str) -> dict[str, str]:
    """Every place of a form with its fault's code."""
    found = {}
    for key, value in errors.items():
        if key == "_errors":
            found[".".join(path)] = value[0]["code"]
        else:
            found |= faults(value, *path, key)
    return found


def row(*parts: Json) -> list[Json]:
    return [{"type": 1, "components": list(parts)}]


def button(label: str = "Yes", custom: str = "y", **more: Any) -> Json:
    return {"type": 2, "style": 1, "label": label, "custom_id": custom, **more}


TOO_LONG, BAD_LENGTH, REQUIRED = (
    "BASE_TYPE_MAX_LENGTH",
    "BASE_TYPE_BAD_LENGTH",
    "BASE_TYPE_REQUIRED",
)
FIELD = {"name": "a", "value": "b"}
FORMS: list[tuple[Json, dict[str, str]]] = [
    ({"content": "x" * 2_001}, {"content": TOO_LONG}),
    ({"embeds": [{"title": "x"}] * 11}, {"embeds": TOO_LONG}),
    ({"embeds": [{"title": "x" * 257}]}, {"embeds.0.title": TOO_LONG}),
    ({"embeds": [{"description": "x" * 4_097}]}, {"embeds.0.description": TOO_LONG}),
    ({"embeds": [{"fields": [FIELD] * 26}]}, {"embeds.0.fields": TOO_LONG}),
    (
        {"embeds": [{"fields": [{"name": "x" * 257, "value": "x" * 1_025}]}]},
        {"embeds.0.fields.0.name": TOO_LONG, "embeds.0.fields.0.value": TOO_LONG},
    ),
    ({"embeds": [{"fields": [{"name": "a", "value": ""}]}]}, {"embeds.0.fields.0.value": REQUIRED}),
    ({"embeds": [{"footer": {"text": "x" * 2_049}}]}, {"embeds.0.footer.text": BAD_LENGTH}),
    ({"embeds": [{"description": "x" * 3_001}] * 2}, {"embeds": "MAX_EMBED_SIZE_EXCEEDED"}),
    ({"components": row(button()) * 6}, {"components": TOO_LONG}),
    ({"components": row()}, {"components.0.components": BAD_LENGTH}),
    (
        {"components": row(*[button(custom=str(n)) for n in range(6)])},
        {"components.0.components.5": "COMPONENT_LAYOUT_WIDTH_EXCEEDED"},
    ),
    (
        {"components": row(button("x" * 81, "c" * 101))},
        {"components.0.components.0.label": TOO_LONG,
         "components.0.components.0.custom_id": BAD_LENGTH},
    ),
    (
        {"components": row(button(), button())},
        {"components.0.components.1.custom_id": "COMPONENT_CUSTOM_ID_DUPLICATED"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "wanted"), FORMS)
async def test_a_form_is_refused_with_every_fault_at_its_place(
    ask: Caller, body: Json, wanted: dict[str, str]
) -> None:
    status, answer = await ask.send(**{"content": "hello", **body})
    assert (status, answer["code"], answer["message"]) == (400, 50035, "Invalid Form Body")
    assert faults(answer["errors"]) == wanted
    assert ask.server.texts == []


async def test_what_just_fits_is_sent_and_can_be_read_and_edited(ask: Caller) -> None:
    buttons = row(*[button(str(n), f"{n}" * 100) for n in range(5)]) + row(
        *[button(f"{n}" * 80, str(n)) for n in range(5)]
    )
    fields = [{"name": "n", "value": "v"}] * 25
    embed: Json = {"title": "t" * 256, "description": "d" * 4_096, "fields": fields}
    embed["footer"] = {"text": "f" * (6_000 - 256 - 4_096 - 50)}
    status, sent = await ask.send(content="c" * 2_000, embeds=[embed], components=buttons)
    assert status == 200
    place = f"/channels/{ask.server.channel.id}/messages/{sent['id']}"
    status, edited = await ask("PATCH", place, {"content": "now", "embeds": [], "components": []})
    assert (status, edited["content"], edited["embeds"]) == (200, "now", [])
    assert edited["edited_timestamp"]
    assert ask.server.texts == ["now"]
    assert (await ask("GET", place))[1]["content"] == "now"
    history = await ask("GET", f"/channels/{ask.server.channel.id}/messages?limit=10")
    assert [one["id"] for one in history[1]] == [sent["id"]]
    assert (await ask("DELETE", place))[0] == 204
    assert (await ask("GET", place))[1]["code"] == 10008


async def test_an_empty_message_another_s_message_and_closed_channels(ask: Caller) -> None:
    server = ask.server
    assert (await ask.send(components=row(button())))[1]["code"] == 50006
    other = await server.says("mine", where=server.channel)
    place = f"/channels/{server.channel.id}/messages/{other.id}"
    assert (await ask("PATCH", place, {"content": "x"}))[1]["code"] == 50005
    server.channel.closed = 50013
    status, answer = await ask.send(content="x")
    assert (status, answer) == (403, {"message": "Missing Permissions", "code": 50013})
    server.channel.closed = 50001
    assert (await ask.send(content="x"))[1]["code"] == 50001
    assert (await ask("GET", "/channels/1"))[1] == {"message": "Unknown Channel", "code": 10003}
    server.owner.takes_messages = False
    opened = await ask("POST", "/users/@me/channels", {"recipient_id": str(server.owner.id)})
    sent = await ask("POST", f"/channels/{opened[1]['id']}/messages", {"content": "x"})
    assert sent[1]["code"] == 50007


async def test_files_come_with_their_payload_and_can_be_fetched(ask: Caller) -> None:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", json.dumps({"content": "chart"}))
    form.add_field("files[0]", b"PNG", filename="chart.png")
    place = f"/channels/{ask.server.channel.id}/messages"
    status, sent = await ask("POST", place, data=form)
    assert (status, sent["attachments"][0]["filename"]) == (200, "chart.png")
    assert ask.server.messages[int(sent["id"])].files == {"chart.png": b"PNG"}
    async with ask.session.get(sent["attachments"][0]["url"]) as answer:
        assert await answer.read() == b"PNG"
    status, edited = await ask("PATCH", f"{place}/{sent['id']}", {"attachments": []})
    assert edited["attachments"] == []


async def test_a_file_too_large_a_reply_to_nothing_and_pings_nobody_asked_for(ask: Caller) -> None:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", "{}")
    large = io.BytesIO(b"x" * (10 * 1024 * 1024 + 1))
    form.add_field("files[0]", large, filename="log.txt")
    place = f"/channels/{ask.server.channel.id}/messages"
    status, answer = await ask("POST", place, data=form)
    assert (status, answer["code"]) == (413, 40005)
    reply = {"content": "x", "message_reference": {"message_id": "1"}}
    status, answer = await ask.send(**reply)
    assert faults(answer["errors"]) == {"message_reference": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE"}
    name = ask.server.owner.mention
    pings: list[tuple[Json, int]] = [({}, 1), ({"allowed_mentions": {"parse": []}}, 0)]
    for rules, pinged in pings:
        _, sent = await ask.send(content=f"hello {name}", **rules)
        assert len(sent["mentions"]) == pinged


COMMAND = {"name": "buy", "description": "Buy.", "type": 1}
OPTION = {"name": "symbol", "description": "What.", "type": 3}
COMMANDS: list[tuple[list[Json], dict[str, str]]] = [
    ([COMMAND | {"name": "Buy"}], {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
    ([COMMAND | {"name": "buy it"}], {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
    ([COMMAND | {"name": "b" * 33}], {"0.name": BAD_LENGTH}),
    ([COMMAND | {"description": ""}], {"0.description": BAD_LENGTH}),
    ([COMMAND | {"description": "d" * 101}], {"0.description": BAD_LENGTH}),
    ([COMMAND, COMMAND], {"1": "APPLICATION_COMMANDS_DUPLICATE_NAME"}),
    (
        [COMMAND | {"options": [OPTION, OPTION | {"name": "size", "required": True}]}],
        {"0.options.1": "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"},
    ),
    (
        [COMMAND | {"options": [OPTION | {"name": f"o{n}"} for n in range(26)]}],
        {"0.options": TOO_LONG},
    ),
    (
        [COMMAND | {"options": [OPTION | {"name": "Sym", "description": ""}]}],
        {"0.options.0.name": "APPLICATION_COMMAND_INVALID_NAME",
         "0.options.0.description": BAD_LENGTH},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("commands", "wanted"), COMMANDS)
async def test_commands_are_refused_with_every_fault_at_its_place(
    ask: Caller, commands: list[Json], wanted: dict[str, str]
) -> None:
    status, answer = await ask("PUT", f"/applications/{ask.server.bot.id}/commands", commands)
    assert (status, answer["code"]) == (400, 50035)
    assert faults(answer["errors"]) == wanted
    assert ask.server.commands == {}


async def test_a_hundred_commands_here_and_there_and_not_one_more(ask: Caller) -> None:
    server = ask.server
    place = f"/applications/{server.bot.id}"
    many = [COMMAND | {"name": f"größe-{n}"} for n in range(101)]
    assert (await ask("PUT", f"{place}/commands", many))[1]["code"] == 30032
    status, placed = await ask("PUT", f"{place}/commands", many[:100])
    assert status == 200
    again = await ask("PUT", f"{place}/commands", many[:1])
    assert again[1][0]["id"] == placed[0]["id"]
    here = f"{place}/guilds/{server.guild.id}/commands"
    assert (await ask("PUT", here, [COMMAND]))[0] == 200
    assert (await ask("GET", here))[1][0]["guild_id"] == str(server.guild.id)
    assert (await ask("PUT", f"{place}/guilds/1/commands", [COMMAND]))[1]["code"] == 50001


async def test_a_client_offers_only_what_is_registered_and_fills_it_in(ask: Caller) -> None:
    server = ask.server
    options = [
        OPTION | {"required": True},
        {"name": "size", "description": "How much.", "type": 10, "min_value": 1},
    ]
    group: Json = {"name": "order", "description": "Orders.", "type": 1}
    group["options"] = [{"name": "buy", "description": "Buy.", "type": 1, "options": options}]
    hidden = COMMAND | {"name": "halt", "default_member_permissions": "0"}
    await ask("PUT", f"/applications/{server.bot.id}/commands", [group, hidden])
    asked = await server.invoke("order buy", symbol="BTC", size=2)
    assert asked.data["options"][0]["options"][1] == {"name": "size", "type": 10, "value": 2}
    refused: list[tuple[str, Json, str]] = [
        ("sell", {}, "not registered"),
        ("order", {}, "needs a sub-command: buy"),
        ("order buy", {}, "requires symbol"),
        ("order buy", {"symbol": 5}, "takes no int"),
        ("order buy", {"symbol": "BTC", "size": 0}, "out of range"),
        ("order buy", {"symbol": "BTC", "price": 1}, "no option price"),
    ]
    for path, given, words in refused:
        with pytest.raises(NotOfferedError, match=words):
            await server.invoke(path, **given)
    with pytest.raises(NotOfferedError, match="not offered to ann"):
        await server.invoke("halt", where=server.channel)
    chief = server.add_person("chief", server.add_role("Chief", allows=8))
    await server.invoke("halt", by=chief, where=server.channel)
    with pytest.raises(NotOfferedError, match="is not in this channel"):
        await server.invoke("halt", by=server.add_person("x", stranger=True), where=server.channel)


async def test_an_interaction_is_answered_once_in_time_and_in_its_own_way(ask: Caller) -> None:
    server = ask.server
    await ask("PUT", f"/applications/{server.bot.id}/commands", [COMMAND])
    asked = await server.invoke("buy")
    hook = f"/webhooks/{server.bot.id}/{asked.token}"
    assert (await ask("POST", hook, {"content": "x"}, headers={}))[1]["code"] == 10015
    assert (await ask.answer(asked, 7, content="x"))[1]["code"] == 50035
    status, answer = await ask.answer(asked, 4, content="x" * 2_001)
    assert faults(answer["errors"]) == {"data.content": TOO_LONG}
    assert (await ask.answer(asked, 5))[0] == 204
    assert asked.original is not None
    assert asked.original.loading
    assert (await ask.answer(asked, 4, content="again"))[1]["code"] == 40060
    original = f"{hook}/messages/@original"
    assert (await ask("PATCH", original, {"content": "done"}, headers={}))[1]["flags"] == 0
    assert (await ask("GET", original, headers={}))[1]["content"] == "done"
    assert (await ask("POST", hook, {"content": "more"}, headers={}))[0] == 200
    assert server.texts == ["done", "more"]
    server.skip(901)
    assert (await ask("PATCH", original, {"content": "late"}, headers={}))[1]["code"] == 50027
    late = await server.invoke("buy")
    server.skip(3.1)
    status, answer = await ask.answer(late, 4, content="x")
    assert (status, answer) == (404, {"message": "Unknown interaction", "code": 10062})


async def test_the_first_follow_up_takes_the_place_of_thinking(ask: Caller) -> None:
    server = ask.server
    await ask("PUT", f"/applications/{server.bot.id}/commands", [COMMAND])
    asked = await server.invoke("buy")
    await ask.answer(asked, 5)
    hook = f"/webhooks/{server.bot.id}/{asked.token}"
    for words in ("first", "second"):
        await ask("POST", hook, {"content": words}, headers={})
    assert (asked.text, [sent.text for sent in asked.followups]) == ("first", ["second"])


async def test_a_token_is_checked_and_unknown_places_are_not_found(ask: Caller) -> None:
    status, answer = await ask("GET", "/users/@me", headers={"Authorization": "Bot wrong"})
    assert (status, answer) == (401, {"message": "401: Unauthorized", "code": 0})
    assert await ask("GET", "/nowhere") == (404, {"message": "404: Not Found", "code": 0})
    assert (await ask("POST", "/users/@me/channels", data="{"))[1]["code"] == 50109
    status, bot = await ask("GET", "/gateway/bot")
    assert ask.headers["Content-Type"] == "application/json"
    assert bot["url"] == ask.server.rest.gateway_url


async def test_members_and_roles_are_told(ask: Caller) -> None:
    server = ask.server
    bob = server.add_person("bob", trader := server.add_role("Trader"))
    place = f"/guilds/{server.guild.id}"
    assert (await ask("GET", f"{place}/members/{bob.id}"))[1]["roles"] == [str(trader.id)]
    names = [role["name"] for role in (await ask("GET", f"{place}/roles"))[1]]
    assert names == ["@everyone", "Trader"]
    gone = server.add_person("gone", stranger=True)
    assert (await ask("GET", f"{place}/members/{gone.id}"))[1]["code"] == 10007
    assert (await ask("GET", f"{place}/members/1"))[1]["code"] == 10013


async def test_faults_come_in_their_turn_and_are_recorded(ask: Caller) -> None:
    server = ask.server
    for how in ("429:0.5", "429:2:global", "502", "50013", "ok", "lost", "drop"):
        server.fail(SEND, how)
    status, answer = await ask.send(content="1")
    assert (status, answer["retry_after"], answer["global"]) == (429, 0.5, False)
    assert ask.headers["Via"]
    assert (await ask.send(content="2"))[1]["global"] is True
    assert (await ask.send(content="3"))[0] == 502
    assert (await ask.send(content="4"))[1]["code"] == 50013
    assert (await ask.send(content="5"))[0] == 200
    for word in ("6", "7"):
        with pytest.raises(aiohttp.ClientError):
            await ask.send(content=word)
    assert server.texts == ["5", "6"]
    assert [call.status for call in server.calls] == [429, 429, 502, 403, 200, 0, 0]
    assert server.calls[5].body == {"content": "6"}
    with pytest.raises(ValueError, match="is no route"):
        server.fail("POST /channels/1/messages", "502")


async def test_limits_are_kept_per_channel_and_told_in_headers(ask: Caller) -> None:
    server = ask.server
    server.limit(SEND, 2, 60)
    assert (await ask.send(content="1"))[0] == 200
    told = {name: ask.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining")}
    assert told == {"Limit": "2", "Remaining": "1"}
    assert (await ask.send(content="2"))[0] == 200
    status, answer = await ask.send(content="3")
    assert (status, ask.headers["X-RateLimit-Remaining"]) == (429, "0")
    assert 59 < answer["retry_after"] <= 60
    other = server.add_channel("other")
    assert (await ask("POST", f"/channels/{other.id}/messages", {"content": "4"}))[0] == 200
    server.skip(60)
    assert (await ask.send(content="5"))[0] == 200
    assert "X-RateLimit-Limit" not in (await ask("GET", "/users/@me"), ask.headers)[1]
