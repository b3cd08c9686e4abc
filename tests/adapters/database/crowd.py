"""A database as it is after years: one long conversation among many."""

from sqlalchemy import Connection, text

from tests.adapters.database.chat import Chat

TURNS = 5000
OTHERS = 3000
_OWNER = "CAST(:workspace AS uuid), CAST(:conversation AS uuid)"
_LONG = [
    """CREATE TEMP TABLE long AS SELECT number, gen_random_uuid() AS turn, gen_random_uuid() AS said,
       gen_random_uuid() AS reply FROM generate_series(1, :turns) AS number""",
    f"""INSERT INTO turns (id, workspace_id, conversation_id, number, opened_at, ended_at, outcome)
        SELECT turn, {_OWNER}, number, now(), now(), 'answered' FROM long""",
    f"""INSERT INTO events (id, workspace_id, conversation_id, channel_id, key, kind, state, seq, turn_id, payload,
                            received_at, ended_at)
        SELECT said, {_OWNER}, CAST(:channel AS uuid), 'long ' || number, 'message', 'answered', number * 2, turn, '{{}}',
               now(), now() FROM long""",
    f"""INSERT INTO messages (id, workspace_id, conversation_id, seq, direction, author, text, turn_id, reply)
        SELECT said, {_OWNER}, number * 2, 'inbound', 'contact', 'question', NULL, NULL FROM long
        UNION ALL
        SELECT reply, {_OWNER}, number * 2 + 1, 'outbound', 'bot', 'answer', turn, 'turn:' || number FROM long""",
    f"""INSERT INTO deliveries (id, workspace_id, conversation_id, channel_id, message_id, turn_id, reply, part, payload,
                                state)
        SELECT gen_random_uuid(), {_OWNER}, CAST(:channel AS uuid), reply, turn, 'turn:' || number, 1, '{{}}', 'sent'
        FROM long""",
    "DROP TABLE long",
]
_MANY = [
    """CREATE TEMP TABLE many AS SELECT number, gen_random_uuid() AS chat, gen_random_uuid() AS contact
       FROM generate_series(1, :others) AS number""",
    """INSERT INTO contacts (id, workspace_id, channel_id, external_id)
       SELECT contact, CAST(:workspace AS uuid), CAST(:channel AS uuid), 'contact ' || number FROM many""",
    """INSERT INTO conversations (id, workspace_id, bot_id, channel_id, contact_id, platform, chat, last_message_at)
       SELECT chat, CAST(:workspace AS uuid), CAST(:bot AS uuid), CAST(:channel AS uuid), contact, 'telegram',
              'contact ' || number, now() - number * interval '1 minute' FROM many""",
    """INSERT INTO events (id, workspace_id, conversation_id, channel_id, key, kind, state, seq, payload, received_at)
       SELECT gen_random_uuid(), CAST(:workspace AS uuid), chat, CAST(:channel AS uuid), 'many ' || number, 'message',
              CASE WHEN number % 10 = 0 THEN 'received' ELSE 'queued' END, 1, '{}', now() FROM many""",
    "DROP TABLE many",
]


def fill(connection: Connection, chat: Chat) -> None:
    """Make the chat long, and one of many; then let PostgreSQL count what there is."""
    made = chat.channel
    names = {"workspace": made.workspace_id, "conversation": chat.id, "channel": made.id, "bot": made.bot_id}
    for statement in (*_LONG, *_MANY):
        wanted = {name: value for name, value in names.items() if f":{name}" in statement}
        sizes = {name: size for name, size in (("turns", TURNS), ("others", OTHERS)) if f", :{name})" in statement}
        connection.execute(text(statement), {**wanted, **sizes})
    connection.execute(text("ANALYZE"))
