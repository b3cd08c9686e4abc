"""The stand-ins let a bot edit and delete its own messages, and nobody else's."""

import httpx

from tests.simulator import test_simulated_discord as discord
from tests.simulator import test_simulated_slack as slack
from tests.simulator.harness import Control


async def test_slack_edits_and_deletes_what_the_app_said(client: httpx.AsyncClient, control: Control) -> None:
    ts = (await slack.call(client, "chat.postMessage", channel="D1", text="old"))["ts"]
    edited = await slack.call(client, "chat.update", channel="D1", ts=ts, text="new")
    assert (edited["ok"], edited["ts"], edited["text"]) == (True, ts, "new")
    too_long = await slack.call(client, "chat.update", channel="D1", ts=ts, text="x" * 4001)
    assert too_long["error"] == "msg_too_long"
    assert (await slack.call(client, "chat.delete", channel="D1", ts=ts))["ok"] is True
    for method in ("chat.update", "chat.delete"):
        gone = await slack.call(client, method, channel="D1", ts=ts, text="new")
        assert gone["error"] == "message_not_found"
    theirs = (await control.post(f"/slack/{slack.TOKEN}/messages", text="hi", channel="D1"))["ts"]
    for method, error in (("chat.update", "cant_update_message"), ("chat.delete", "cant_delete_message")):
        refused = await slack.call(client, method, channel="D1", ts=theirs, text="new")
        assert refused["error"] == error


async def test_discord_edits_and_deletes_what_the_bot_said(control: Control) -> None:
    theirs = await control.post(f"/discord/{discord.TOKEN}/messages", text="hi", channel=discord.ROOM)
    path = f"/channels/{discord.ROOM}/messages"
    own = (await discord.rest(control, "POST", path, {"content": "old"})).json()["id"]
    edited = await discord.rest(control, "PATCH", f"{path}/{own}", {"content": "new"})
    assert (edited.status_code, edited.json()["content"], bool(edited.json()["edited_timestamp"])) == (200, "new", True)
    assert (await discord.rest(control, "DELETE", f"{path}/{own}")).status_code == 204
    for method in ("PATCH", "DELETE"):
        gone = await discord.rest(control, method, f"{path}/{own}", {"content": "new"})
        assert (gone.status_code, gone.json()["code"]) == (404, 10008)
        refused = await discord.rest(control, method, f"{path}/{theirs['id']}", {"content": "new"})
        assert (refused.status_code, refused.json()["code"]) == (403, 50005)
