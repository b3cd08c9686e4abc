"""A database as it is after years: one long conversation among many."""

from sqlalchemy import Connection, text

from tests.adapters.database.chat import Chat

TURNS = 5000
OTHERS = 3000
_STATEMENTS = """
CREATE TEMP TABLE owner AS SELECT CAST(:workspace AS uuid) AS workspace_id, CAST(:conversation AS uuid) AS chat,
  CAST(:channel AS uuid) AS channel_id, CAST(:bot AS uuid) AS bot_id;

CREATE TEMP TABLE long AS SELECT number, gen_random_uuid() AS turn, gen_random_uuid() AS said,
  gen_random_uuid() AS reply, owner.* FROM owner, generate_series(1, :turns) AS number;

INSERT INTO turns (id, workspace_id, conversation_id, number, opened_at, ended_at, outcome)
  SELECT turn, workspace_id, chat, number, now(), now(), 'answered' FROM long;

INSERT INTO events (id, workspace_id, conversation_id, channel_id, key, kind, state, seq, turn_id, payload,
    received_at, ended_at)
  SELECT said, workspace_id, chat, channel_id, 'long ' || number, 'message', 'answered', number * 2, turn, '{}',
    now(), now() FROM long;

INSERT INTO messages (id, workspace_id, conversation_id, seq, direction, author, text)
  SELECT said, workspace_id, chat, number * 2, 'inbound', 'contact', 'question' FROM long;

INSERT INTO messages (id, workspace_id, conversation_id, seq, direction, author, text, turn_id, reply)
  SELECT reply, workspace_id, chat, number * 2 + 1, 'outbound', 'bot', 'answer', turn, 'turn:' || number FROM long;

INSERT INTO deliveries (id, workspace_id, conversation_id, channel_id, message_id, turn_id, reply, part, payload, state)
  SELECT gen_random_uuid(), workspace_id, chat, channel_id, reply, turn, 'turn:' || number, 1, '{}', 'sent' FROM long;

CREATE TEMP TABLE many AS SELECT number, gen_random_uuid() AS other, gen_random_uuid() AS contact, owner.*
  FROM owner, generate_series(1, :others) AS number;

INSERT INTO contacts (id, workspace_id, channel_id, external_id)
  SELECT contact, workspace_id, channel_id, 'contact ' || number FROM many;

INSERT INTO conversations (id, workspace_id, bot_id, channel_id, contact_id, platform, chat, last_message_at)
  SELECT other, workspace_id, bot_id, channel_id, contact, 'telegram', 'contact ' || number,
    now() - number * interval '1 minute' FROM many;

INSERT INTO events (id, workspace_id, conversation_id, channel_id, key, kind, state, seq, payload, received_at)
  SELECT gen_random_uuid(), workspace_id, other, channel_id, 'many ' || number, 'message', 'received', 1, '{}', now()
  FROM many WHERE number % 50 = 0;

INSERT INTO paces (channel_id, chat, due_at, queued_until)
  SELECT channel_id, 'contact ' || number, now(), now() FROM many;

INSERT INTO paces (channel_id, chat, due_at, queued_until) SELECT channel_id, '', now(), now() FROM owner;

DROP TABLE many, long, owner;

ANALYZE
"""


def fill(connection: Connection, chat: Chat) -> None:
    """Make the chat long, and one of many; then let PostgreSQL count what there is."""
    made = chat.channel
    names = {"workspace": made.workspace_id, "conversation": chat.id, "channel": made.id, "bot": made.bot_id}
    given = {**names, "turns": TURNS, "others": OTHERS}
    for statement in _STATEMENTS.split(";"):
        connection.execute(text(statement), {name: given[name] for name in given if f":{name}" in statement})
