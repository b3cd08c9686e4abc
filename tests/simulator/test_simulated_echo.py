"""What the model says back when nobody told it what to say."""

import httpx

from tests.simulator.harness import Control


async def test_all_messages_behind_the_last_answer_can_be_echoed(client: httpx.AsyncClient, control: Control) -> None:
    await control.post("/openai/answers", default={"echo": "unanswered"})
    said = [("user", "old"), ("assistant", "You said: old"), ("user", "first"), ("user", "second")]
    messages = [{"role": role, "content": text} for role, text in said]
    answer = await client.post("/openai/v1/chat/completions", json={"model": "m", "messages": messages})
    assert answer.json()["choices"][0]["message"]["content"] == "You said: first\nsecond"
