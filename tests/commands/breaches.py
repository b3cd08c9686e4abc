"""Ways to break a record, each in SQL that returns the ids which the audit is to name.

The record is that of `test_audit.lived`: one conversation with three turns, one on hold in which an operator spoke,
and three on Telegram, with a doubt (chat 7), with a reply in parts (8), and with a contact who blocked the bot (9).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """Which invariant is broken, what the audit says of it, and how it is done; the last statement returns the ids."""

    invariant: str
    problem: str
    statements: str


BREACHES = {
    "a message that nobody answers": Breach(
        "I1",
        "it has no end, and nothing in its conversation moves",
        """UPDATE events SET state = 'queued', ended_at = NULL, turn_id = NULL,
             received_at = now() - interval '2 minutes'
           WHERE state = 'failed' RETURNING id AS event_id, conversation_id""",
    ),
    "a message above its contact's rate that waits longer than it must": Breach(
        "I1",
        "it has no end, and nothing in its conversation moves",
        """UPDATE bots SET settings = jsonb_set(settings, '{limits}', '{"messages_per_minute": 1}');
           UPDATE turns SET opened_at = now() - interval '150 seconds' FROM events e
           WHERE e.turn_id = turns.id AND e.state = 'failed';
           UPDATE events SET state = 'queued', ended_at = NULL, turn_id = NULL,
             received_at = now() - interval '140 seconds'
           WHERE state = 'failed' RETURNING id AS event_id, conversation_id""",
    ),
    "a message whose turn ended without it": Breach(
        "I1",
        "its turn has ended, and it has not",
        """UPDATE events SET state = 'queued', ended_at = NULL, received_at = now() - interval '2 minutes'
           WHERE state = 'failed' RETURNING id AS event_id, turn_id""",
    ),
    "a message on hold that nobody holds": Breach(
        "I1",
        "it is held, and nobody holds its conversation",
        """UPDATE conversations SET voice = 'bot';
           UPDATE events SET received_at = now() - interval '2 minutes' WHERE state = 'held'
           RETURNING id AS event_id, conversation_id""",
    ),
    "an end without its time": Breach(
        "I1",
        "its state and the time of its end contradict each other",
        """ALTER TABLE events DROP CONSTRAINT ck_events_ended_at;
           UPDATE events SET ended_at = NULL WHERE state = 'failed' RETURNING id AS event_id, conversation_id""",
    ),
    "an answered message without an answer": Breach(
        "I1",
        "it ended as answered, and no part of an answer reached the contact",
        """DELETE FROM deliveries WHERE state = 'uncertain' RETURNING turn_id, conversation_id""",
    ),
    "words of an operator that were not sent": Breach(
        "I1",
        "it ended as said, and no part of it reached the contact",
        "DELETE FROM deliveries WHERE turn_id IS NULL RETURNING message_id AS event_id, conversation_id",
    ),
    "a message whose workflow is gone": Breach(
        "I1",
        "messages wait in it, and its workflow does not run",
        """INSERT INTO conversations (id, workspace_id, bot_id, channel_id, contact_id, platform, chat)
           SELECT gen_random_uuid(), workspace_id, bot_id, channel_id, contact_id, platform, 'lost'
           FROM conversations WHERE chat = '9';
           INSERT INTO events (id, workspace_id, channel_id, conversation_id, key, kind, state, payload, received_at)
           SELECT gen_random_uuid(), workspace_id, channel_id, id, 'lost', 'message', 'queued', '{}',
             now() - interval '2 minutes'
           FROM conversations WHERE chat = 'lost' RETURNING conversation_id""",
    ),
    "a message without its event": Breach(
        "I1",
        "a contact said it, and no event accounts for it",
        "DELETE FROM events WHERE state = 'failed' RETURNING id AS message_id, conversation_id",
    ),
    "a turn that was answered twice": Breach(
        "I2",
        "two replies of one turn reached the contact",
        """INSERT INTO deliveries (id, workspace_id, channel_id, conversation_id, message_id, turn_id, reply, part,
             payload, state, attempts, sent_at)
           SELECT gen_random_uuid(), workspace_id, channel_id, conversation_id, message_id, turn_id,
             'turn:1:1:apology', 1, payload, 'sent', 1, now() FROM deliveries WHERE state = 'uncertain'
           RETURNING turn_id, conversation_id""",
    ),
    "a message that was answered in two turns": Breach(
        "I2",
        "a reply of this turn reached the contact, and no event is answered by it",
        """UPDATE events e SET turn_id = later.id FROM turns later, turns own
           WHERE own.id = e.turn_id AND later.conversation_id = own.conversation_id AND own.number = 2
             AND later.number = 3 RETURNING own.id AS turn_id, own.conversation_id""",
    ),
    "an effect that was begun twice": Breach(
        "I2",
        "a call of a tool with effects was begun twice",
        """ALTER TABLE tool_calls DROP CONSTRAINT ck_tool_calls_begun_once;
           INSERT INTO tool_calls (id, workspace_id, conversation_id, turn_id, generation, step, position, seq, name,
             state, effects, attempts)
           SELECT e.id, e.workspace_id, e.conversation_id, e.turn_id, 1, 0, 0, 0, 'order', 'started', true, 2
           FROM events e WHERE e.state = 'failed' RETURNING id AS call_id, conversation_id""",
    ),
    "a part that is in the ledger twice": Breach(
        "I2",
        "one part of a reply is in the ledger twice",
        """ALTER TABLE deliveries DROP CONSTRAINT uq_deliveries_conversation_id_reply_part;
           INSERT INTO deliveries (id, workspace_id, channel_id, conversation_id, message_id, turn_id, reply, part,
             payload, state, attempts, sent_at)
           SELECT gen_random_uuid(), workspace_id, channel_id, conversation_id, message_id, turn_id, reply, part,
             payload, state, attempts, sent_at FROM deliveries WHERE state = 'uncertain'
           RETURNING conversation_id, reply, part""",
    ),
    "a part that is missing": Breach(
        "I2",
        "the parts of a reply are not numbered from 1 without a gap",
        "DELETE FROM deliveries WHERE part = 2 RETURNING conversation_id, reply",
    ),
    "a part that was sent while an earlier one waited": Breach(
        "I2",
        "it was begun before an earlier part of its reply had come to rest",
        """UPDATE deliveries first SET state = 'planned', sent_at = NULL FROM deliveries second
           WHERE second.message_id = first.message_id AND second.part = 2 AND first.part = 1
           RETURNING first.id AS earlier_delivery_id, second.id AS delivery_id""",
    ),
    "a part that was sent before an earlier one": Breach(
        "I2",
        "it was begun before an earlier part of its reply had come to rest",
        """UPDATE deliveries SET sent_at = sent_at - interval '1 minute' WHERE part = 2
           RETURNING id AS delivery_id, conversation_id""",
    ),
    "a message that overtook another": Breach(
        "I3",
        "it was answered after an event that came later",
        """UPDATE turns SET number = 4
           WHERE number = 1 AND conversation_id IN (SELECT conversation_id FROM turns WHERE number = 3)
           RETURNING id AS turn_id, conversation_id""",
    ),
    "a turn behind an open one": Breach(
        "I3",
        "this turn is open, and a later one of its conversation was begun",
        """UPDATE turns SET ended_at = NULL
           WHERE number = 1 AND conversation_id IN (SELECT conversation_id FROM turns WHERE number = 3)
           RETURNING id AS turn_id, conversation_id""",
    ),
    "an event that was recorded twice": Breach(
        "I5",
        "one event of a platform is recorded twice",
        """ALTER TABLE events DROP CONSTRAINT uq_events_channel_id_key;
           INSERT INTO events (id, workspace_id, channel_id, key, kind, state, payload, received_at, ended_at)
           SELECT gen_random_uuid(), workspace_id, channel_id, key, 'other', 'ignored', '{}', now(), now()
           FROM events WHERE state = 'failed' RETURNING channel_id, key""",
    ),
    "a visitor's message that was recorded twice": Breach(
        "I5",
        "one message of a visitor is recorded twice",
        """UPDATE messages SET client_message_id = 'once' FROM turns t
           WHERE t.conversation_id = messages.conversation_id AND t.number = 3 AND direction = 'inbound'
           RETURNING messages.conversation_id, client_message_id""",
    ),
    "a send that hangs": Breach(
        "I6",
        "it is being sent, and the lease of whoever sends it ended long ago",
        """UPDATE deliveries SET state = 'sending', lease_until = now() - interval '2 minutes' WHERE state = 'failed'
           RETURNING id AS delivery_id, conversation_id""",
    ),
    "a doubt that was hidden": Breach(
        "I6",
        "nobody knows whether it arrived, and it is neither in doubt nor was it sent again",
        """UPDATE deliveries SET reason = 'outcome_unknown' WHERE state = 'failed'
           RETURNING id AS delivery_id, conversation_id""",
    ),
    "a doubt that was dropped before it was sent again": Breach(
        "I6",
        "nobody knows whether it arrived, and it is neither in doubt nor was it sent again",
        """UPDATE deliveries SET state = 'dropped', doubts = 1 WHERE state = 'failed'
           RETURNING id AS delivery_id, conversation_id""",
    ),
    "a doubt after which it was sent too often": Breach(
        "I6",
        "it was sent after a doubt more often than any policy allows, or without being counted",
        "UPDATE deliveries SET doubts = 2, attempts = 3 WHERE state = 'uncertain' RETURNING id AS delivery_id",
    ),
    "a queue that grows": Breach(
        "I7",
        "more messages wait in it than may",
        """INSERT INTO events (id, workspace_id, channel_id, conversation_id, key, kind, state, payload, received_at)
           SELECT gen_random_uuid(), workspace_id, channel_id, id, 'more:' || number, 'message', 'received', '{}', now()
           FROM conversations, generate_series(1, 10001) AS number WHERE chat = '9' RETURNING conversation_id""",
    ),
}

MANY = """
INSERT INTO events (id, workspace_id, channel_id, conversation_id, key, kind, state, payload, received_at)
SELECT gen_random_uuid(), workspace_id, channel_id, id, 'many:' || number, 'message', 'queued', '{}',
  now() - interval '2 minutes'
FROM conversations, generate_series(1, 150) AS number WHERE chat = '9'
"""
"""More messages that nobody answers than are listed."""

TOLD_TWICE = """
UPDATE messages SET platform_message_id = '133' FROM turns t
WHERE t.conversation_id = messages.conversation_id AND t.number = 3 AND direction = 'inbound'
RETURNING messages.conversation_id, platform_message_id
"""
"""Messages of one conversation that have the same number on their platform."""

NO_BREACHES = {
    "a young message": """
        UPDATE events SET state = 'queued', ended_at = NULL, turn_id = NULL, received_at = now() - interval '30 seconds'
        WHERE state = 'failed'""",
    "a message of a turn within its patience": """
        UPDATE turns SET ended_at = NULL, opened_at = now() - interval '100 seconds'
        FROM events e WHERE e.turn_id = turns.id AND e.state = 'failed';
        UPDATE events SET state = 'queued', ended_at = NULL, received_at = now() - interval '2 minutes'
        WHERE state = 'failed'""",
    "a message whose answer the platform takes in an hour": """
        UPDATE deliveries SET state = 'planned', retry_at = now() + interval '1 hour' WHERE state = 'failed';
        UPDATE turns SET ended_at = NULL, opened_at = now() - interval '5 hours'
        FROM events e WHERE e.turn_id = turns.id AND e.state = 'failed';
        UPDATE events SET state = 'queued', ended_at = NULL, received_at = now() - interval '5 hours'
        WHERE state = 'failed'""",
    "a message whose turn waits for an operator's approval": """
        UPDATE turns SET ended_at = NULL, opened_at = now() - interval '5 hours'
        FROM events e WHERE e.turn_id = turns.id AND e.state = 'failed';
        UPDATE events SET state = 'queued', ended_at = NULL, received_at = now() - interval '5 hours'
        WHERE state = 'failed';
        INSERT INTO tool_calls
          (id, workspace_id, conversation_id, turn_id, generation, step, position, seq, name, state)
        SELECT e.id, e.workspace_id, e.conversation_id, e.turn_id, 1, 0, 0, 0, 'order', 'planned'
        FROM events e WHERE e.state = 'queued';
        INSERT INTO approvals (id, workspace_id, conversation_id, call_id, state, expires_at)
        SELECT e.id, e.workspace_id, e.conversation_id, e.id, 'pending', now() + interval '1 hour'
        FROM events e WHERE e.state = 'queued'""",
    "a message in a burst that goes on": """
        UPDATE bots SET settings = jsonb_set(settings, '{bursts}',
          '{"policy": "coalesce", "quiet_seconds": 60, "longest_seconds": 600}');
        UPDATE events SET state = 'queued', ended_at = NULL, turn_id = NULL,
          queued_at = now() - interval '30 seconds', received_at = now() - interval '2 minutes'
        WHERE state = 'failed'""",
    "a message above its contact's rate": """
        UPDATE bots SET settings = jsonb_set(settings, '{limits}', '{"messages_per_minute": 1}');
        UPDATE turns SET opened_at = now() - interval '100 seconds' FROM events e
        WHERE e.turn_id = turns.id AND e.state = 'failed';
        UPDATE events SET state = 'queued', ended_at = NULL, turn_id = NULL,
          received_at = now() - interval '90 seconds'
        WHERE state = 'failed'""",
    "a doubt that was written off": """
        UPDATE deliveries SET state = 'failed', reason = 'written_off' WHERE state = 'uncertain'""",
    "a doubt that was sent again, and refused": """
        INSERT INTO events (id, workspace_id, channel_id, conversation_id, key, kind, ours, state, payload, received_at,
          ended_at)
        SELECT gen_random_uuid(), workspace_id, channel_id, conversation_id, 'resend', 'say', true, 'failed',
          jsonb_build_object('details', jsonb_build_object('delivery', id)), now(), now()
        FROM deliveries WHERE state = 'uncertain';
        UPDATE deliveries SET state = 'failed', reason = 'recipient_gone', attempts = 2 WHERE state = 'uncertain'""",
    "a message that was held, and answered after a later one": """
        UPDATE turns SET number = 4
        WHERE number = 1 AND conversation_id IN (SELECT conversation_id FROM turns WHERE number = 3);
        UPDATE events SET handovers = 2 FROM turns WHERE turns.id = events.turn_id AND turns.number = 4""",
    "a change that was made": """
        INSERT INTO events (id, workspace_id, channel_id, conversation_id, key, kind, ours, state, payload, received_at,
          ended_at)
        SELECT gen_random_uuid(), workspace_id, channel_id, conversation_id, 'changed', 'say', true, 'answered',
          '{"details": {"change": "edit"}}', now(), now()
        FROM deliveries WHERE state = 'uncertain'""",
    "a change that the platform takes in an hour": """
        WITH told AS (
          INSERT INTO events (id, workspace_id, channel_id, conversation_id, key, kind, ours, state, payload,
            received_at)
          SELECT message_id, workspace_id, channel_id, conversation_id, 'changed', 'say', true, 'queued',
            '{"details": {"change": "edit"}}', now() - interval '5 hours'
          FROM deliveries WHERE state = 'uncertain' RETURNING id, workspace_id, conversation_id)
        INSERT INTO message_changes (id, workspace_id, conversation_id, message_id, kind, retry_at)
        SELECT id, workspace_id, conversation_id, id, 'edit', now() + interval '1 hour' FROM told""",
    "a send that was doubtful twice, and read back each time": """
        UPDATE channels SET platform = 'slack' WHERE id = (SELECT channel_id FROM deliveries WHERE state = 'uncertain');
        UPDATE deliveries SET doubts = 2, attempts = 3, state = 'sent', reason = NULL WHERE state = 'uncertain'""",
    "a doubt that was sent again by the policy": """
        UPDATE deliveries SET doubts = 1, attempts = 2 WHERE state = 'uncertain'""",
}
"""What looks like a breach, and is none."""
