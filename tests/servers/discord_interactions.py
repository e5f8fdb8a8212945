"""How a bot answers what people invoke, press and type: once, within three seconds."""

from __future__ import annotations

from typing import Any

from tests.servers.discord_rest import Rest, edit_message, new_message
from tests.servers.discord_rules import (
    EPHEMERAL,
    LOADING,
    DiscordError,
    Form,
    Json,
    check_choices,
    check_message,
    check_modal,
)
from tests.servers.discord_types import Call, Interaction, Sent
from tests.servers.discord_world import APPLICATION, World

COMMAND, COMPONENT, COMPLETION, DIALOGUE = 2, 3, 4, 5
MESSAGE, THINKING, EDIT_LATER, EDIT, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
ANSWER_SECONDS, TOKEN_SECONDS = 3.0, 900.0
_ANSWERS = {
    COMMAND: {MESSAGE, THINKING, MODAL},
    COMPONENT: {MESSAGE, THINKING, EDIT_LATER, EDIT, MODAL},
    COMPLETION: {CHOICES},
    DIALOGUE: {MESSAGE, THINKING, EDIT_LATER, EDIT},
}
_CALLBACK = "POST /interactions/{interaction}/{token}/callback"
_HOOK = "/webhooks/{application}/{token}"


class Interactions:
    """The callback of an interaction, its original answer and what follows up."""

    def __init__(self, world: World, rest: Rest) -> None:
        self.world = world
        routes = {
            _CALLBACK: self._callback,
            f"POST {_HOOK}": self._follow_up,
            f"GET {_HOOK}/messages/{{message}}": self._get,
            f"PATCH {_HOOK}/messages/{{message}}": self._edit,
            f"DELETE {_HOOK}/messages/{{message}}": self._delete,
        }
        rest.routes.update(routes)
        rest.open.update(routes)

    async def _callback(self, call: Call) -> Json | None:
        interaction = self._asked(call)
        kind, data = call.fields.get("type"), call.fields.get("data") or {}
        if kind not in _ANSWERS[interaction.kind]:
            form = Form()
            words = f"Value must be one of {_ANSWERS[interaction.kind]}."
            form.wrong(("type",), "BASE_TYPE_CHOICES", words)
            form.refuse()
        await self._answer(interaction, int(kind or 0), data, call)
        interaction.answer = kind
        interaction.answered_at = self.world.now()
        return _told(interaction) if call.query.get("with_response") in ("1", "true") else None

    def _asked(self, call: Call) -> Interaction:
        for one in self.world.interactions:
            if str(one.id) == call.parts["interaction"] and one.token == call.parts["token"]:
                if one.answer is not None:
                    raise DiscordError(40060)
                if self.world.now() - one.at > ANSWER_SECONDS:
                    break
                return one
        raise DiscordError(10062)

    async def _answer(self, interaction: Interaction, kind: int, data: Json, call: Call) -> None:
        if kind == MESSAGE:
            check_message(data, "data")
            interaction.original = await self._say(interaction, data, call)
        elif kind == THINKING:
            flags = LOADING | (int(data.get("flags") or 0) & EPHEMERAL)
            interaction.original = self._new(interaction, flags=flags)
            await self.world.place(interaction.original)
        elif kind in (EDIT_LATER, EDIT):
            interaction.original = interaction.message
            if kind == EDIT and interaction.message is not None:
                check_message(data, "data")
                await edit_message(self.world, interaction.message, call, data)
        elif kind == CHOICES:
            check_choices(data.get("choices") or [], "data")
            interaction.choices = data.get("choices") or []
        else:
            check_modal(data, "data")
            interaction.modal = data

    async def _say(self, interaction: Interaction, body: Json, call: Call) -> Sent:
        sent = new_message(self.world, interaction.channel, call, body)
        sent.interaction = interaction
        await self.world.place(sent)
        return sent

    def _new(self, interaction: Interaction, **more: Any) -> Sent:
        world = self.world
        return Sent(
            world.new_id(), interaction.channel, world.bot, world.now(),
            interaction=interaction, **more,
        )  # fmt: skip

    async def _follow_up(self, call: Call) -> Json:
        interaction = self._of_token(call)
        check_message(call.fields)
        original = interaction.original
        if interaction.answer == THINKING and original is not None and original.loading:
            # The first follow-up takes the place of "thinking", and its being ephemeral or not.
            await self._fill(original, call)
            return original.json()
        sent = await self._say(interaction, call.fields, call)
        interaction.followups.append(sent)
        return sent.json()

    async def _get(self, call: Call) -> Json:
        return self._named(call).json()

    async def _edit(self, call: Call) -> Json:
        sent = self._named(call)
        await self._fill(sent, call)
        return sent.json()

    async def _fill(self, sent: Sent, call: Call) -> None:
        flags = sent.flags
        sent.flags &= ~LOADING
        try:
            await edit_message(self.world, sent, call)
        except DiscordError:
            sent.flags = flags
            raise

    async def _delete(self, call: Call) -> None:
        await self.world.remove(self._named(call))

    def _of_token(self, call: Call) -> Interaction:
        if call.parts["application"] != str(APPLICATION):
            raise DiscordError(10015)
        for one in self.world.interactions:
            if one.token == call.parts["token"] and one.answer is not None:
                if self.world.now() - one.at > TOKEN_SECONDS:
                    raise DiscordError(50027)
                return one
        raise DiscordError(10015)

    def _named(self, call: Call) -> Sent:
        interaction = self._of_token(call)
        wanted = call.parts["message"]
        if wanted == "@original":
            sent = interaction.original
        else:
            mine = [interaction.original, *interaction.followups]
            sent = next((one for one in mine if one and str(one.id) == wanted), None)
        if sent is None or sent.id not in self.world.messages:
            raise DiscordError(10008)
        return sent


def _told(interaction: Interaction) -> Json:
    about: Json = {"id": str(interaction.id), "type": interaction.kind}
    resource: Json = {"type": interaction.answer}
    if interaction.original is not None:
        sent = interaction.original
        about |= {"response_message_id": str(sent.id), "response_message_loading": sent.loading}
        about["response_message_ephemeral"] = sent.ephemeral
        if interaction.answer in (MESSAGE, EDIT):
            resource["message"] = sent.json()
    return {"interaction": about, "resource": resource}
