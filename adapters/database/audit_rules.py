"""What breaks an invariant of the record, rule by rule in SQL; the first column of each orders what is found.

They are written out, apart from the code that they check: what both took from one place, both would get wrong.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A way to break an invariant: what is wrong in words, and the rows in which it is."""

    problem: str
    sql: str


# At work is a conversation whose open turn is within its bot's patience, which rests while an operator is asked for an
# approval, or with a part that waits for its time, or
# whose burst goes on, or whose contact has had as many turns as the bot allows in a minute.
_STANDS_STILL = Rule(
    "it has no end, and nothing in its conversation moves",
    """
    SELECT e.id AS event_id, e.conversation_id, e.state, e.handovers, c.turns
    FROM events e
    LEFT JOIN turns own ON own.id = e.turn_id
    LEFT JOIN conversations c ON c.id = e.conversation_id
    LEFT JOIN bots b ON b.id = c.bot_id
    WHERE e.state IN ('received', 'queued') AND e.received_at <= :young AND own.ended_at IS NULL
      AND NOT EXISTS (
        SELECT FROM turns t WHERE t.conversation_id = c.id AND t.ended_at IS NULL
          AND t.opened_at + make_interval(secs => CAST(b.settings ->> 'patience_seconds' AS float)) > :young)
      AND NOT EXISTS (
        SELECT FROM approvals a WHERE a.conversation_id = c.id AND coalesce(a.decided_at, a.expires_at)
          + make_interval(secs => CAST(b.settings ->> 'patience_seconds' AS float)) > :young)
      AND NOT EXISTS (
        SELECT FROM deliveries d WHERE d.conversation_id = c.id AND d.state IN ('planned', 'sending')
          AND greatest(d.retry_at, d.lease_until) > :young)
      AND NOT EXISTS (
        SELECT FROM message_changes m WHERE m.conversation_id = c.id AND greatest(m.retry_at, m.lease_until) > :young)
      AND NOT EXISTS (
        SELECT FROM events w WHERE w.conversation_id = c.id AND w.state = 'queued' AND w.turn_id IS NULL
          AND w.kind NOT IN ('control', 'say') AND b.settings #>> '{bursts,policy}' <> 'queue'
        HAVING :now < least(
          min(w.queued_at) + make_interval(secs => CAST(b.settings #>> '{bursts,longest_seconds}' AS float)),
          max(w.queued_at) + make_interval(secs => CAST(b.settings #>> '{bursts,quiet_seconds}' AS float))))
      AND NOT EXISTS (
        SELECT FROM turns t WHERE t.conversation_id = c.id
          AND t.number = c.turns + 1 - CAST(b.settings #>> '{limits,messages_per_minute}' AS integer)
          AND t.opened_at + interval '1 minute' > :young)
    """,
)

_TURN_IS_OVER = Rule(
    "its turn has ended, and it has not",
    """
    SELECT e.id AS event_id, e.conversation_id, e.turn_id, e.state
    FROM events e JOIN turns t ON t.id = e.turn_id
    WHERE e.state IN ('received', 'queued', 'held') AND e.received_at <= :young AND t.ended_at IS NOT NULL
    """,
)

_HELD_BY_NOBODY = Rule(
    "it is held, and nobody holds its conversation",
    """
    SELECT e.id AS event_id, e.conversation_id
    FROM events e JOIN conversations c ON c.id = e.conversation_id JOIN bots b ON b.id = c.bot_id
    WHERE e.state = 'held' AND e.received_at <= :young
      AND c.voice = 'bot' AND b.stopped_at IS NULL AND b.deleted_at IS NULL
    """,
)

_CONTRADICTS_ITSELF = Rule(
    "its state and the time of its end contradict each other",
    """
    SELECT id AS event_id, conversation_id, state, ended_at FROM events
    WHERE (ended_at IS NULL) <> (state IN ('received', 'queued', 'held'))
      OR state NOT IN ('received', 'queued', 'held', 'answered', 'refused', 'superseded', 'rejected', 'ignored',
                       'failed')
    """,
)

# A part that an operator wrote off or had sent again has no longer the state with which its turn ended.
_NOTHING_ARRIVED = Rule(
    "it ended as answered, and no part of an answer reached the contact",
    """
    SELECT e.id AS event_id, e.conversation_id, e.turn_id
    FROM events e
    WHERE e.state = 'answered' AND e.kind <> 'say'
      AND NOT EXISTS (
        SELECT FROM deliveries d
        WHERE d.turn_id = e.turn_id AND (d.state IN ('sent', 'uncertain') OR d.reason = 'written_off'))
      AND NOT EXISTS (
        SELECT FROM deliveries d JOIN events again ON again.payload #>> '{details,delivery}' = CAST(d.id AS text)
        WHERE d.turn_id = e.turn_id AND again.ours AND again.kind = 'say')
    """,
)

_NOTHING_SAID = Rule(
    "it ended as said, and no part of it reached the contact",
    """
    SELECT e.id AS event_id, e.conversation_id
    FROM events e
    WHERE e.state = 'answered' AND e.kind = 'say' AND e.payload #>> '{details,delivery}' IS NULL
      AND e.payload #>> '{details,change}' IS NULL
      AND NOT EXISTS (
        SELECT FROM deliveries d
        WHERE d.message_id = e.id AND (d.state IN ('sent', 'uncertain') OR d.reason = 'written_off'))
      AND NOT EXISTS (
        SELECT FROM deliveries d JOIN events again ON again.payload #>> '{details,delivery}' = CAST(d.id AS text)
        WHERE d.message_id = e.id AND again.ours AND again.kind = 'say')
    """,
)

_UNACCOUNTED = Rule(
    "a contact said it, and no event accounts for it",
    """
    SELECT m.id AS message_id, m.conversation_id FROM messages m
    WHERE m.direction = 'inbound' AND NOT EXISTS (SELECT FROM events e WHERE e.id = m.id)
    """,
)

_TWO_REPLIES = Rule(
    "two replies of one turn reached the contact",
    """
    SELECT turn_id, conversation_id, min(reply) AS reply, max(reply) AS other_reply
    FROM deliveries
    WHERE turn_id IS NOT NULL AND state IN ('sent', 'uncertain')
    GROUP BY turn_id, conversation_id HAVING min(reply) <> max(reply)
    """,
)

_ANSWERS_NOTHING = Rule(
    "a reply of this turn reached the contact, and no event is answered by it",
    """
    SELECT d.turn_id, d.conversation_id, d.id AS delivery_id
    FROM deliveries d
    WHERE d.turn_id IS NOT NULL AND d.state IN ('sent', 'uncertain')
      AND NOT EXISTS (SELECT FROM events e WHERE e.turn_id = d.turn_id)
      AND NOT EXISTS (
        SELECT FROM events again
        WHERE again.payload #>> '{details,delivery}' = CAST(d.id AS text) AND again.ours AND again.kind = 'say')
    """,
)

_PART_TWICE = Rule(
    "one part of a reply is in the ledger twice",
    """
    SELECT conversation_id, reply, part, count(*) AS rows FROM deliveries
    GROUP BY conversation_id, reply, part HAVING count(*) > 1
    """,
)

_PART_MISSING = Rule(
    "the parts of a reply are not numbered from 1 without a gap",
    """
    SELECT conversation_id, reply, min(part) AS first_part, max(part) AS last_part, count(*) AS parts FROM deliveries
    GROUP BY conversation_id, reply HAVING min(part) <> 1 OR max(part) > count(*)
    """,
)

_PART_TOO_EARLY = Rule(
    "it was begun before an earlier part of its reply had come to rest",
    """
    SELECT later.id AS delivery_id, earlier.id AS earlier_delivery_id, later.conversation_id, later.reply
    FROM deliveries later JOIN deliveries earlier
      ON earlier.conversation_id = later.conversation_id AND earlier.reply = later.reply AND earlier.part < later.part
    WHERE later.part > 1 AND (later.attempts > 0 OR later.state IN ('sending', 'sent', 'uncertain'))
      AND (earlier.state IN ('planned', 'sending') OR earlier.sent_at > later.sent_at)
      AND NOT EXISTS (
        SELECT FROM events again
        WHERE again.payload #>> '{details,delivery}' = CAST(earlier.id AS text) AND again.ours AND again.kind = 'say')
    """,
)

_EFFECT_TWICE = Rule(
    "a call of a tool with effects was begun twice",
    """
    SELECT id AS call_id, conversation_id, turn_id, attempts FROM tool_calls WHERE effects AND attempts > 1
    """,
)

# What was handed over more than once was held, or lost for a while: it is answered when it comes again.
_OVERTAKEN = Rule(
    "it was answered after an event that came later",
    """
    SELECT event_id, conversation_id, turn_id, seq, answered_up_to FROM (
      SELECT e.id AS event_id, t.conversation_id, t.id AS turn_id, e.seq, e.handovers,
        max(e.seq) OVER (
          PARTITION BY t.conversation_id ORDER BY t.number GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS answered_up_to
      FROM events e JOIN turns t ON t.id = e.turn_id
    ) AS members
    WHERE seq < answered_up_to AND handovers <= 1
    """,
)

_TURN_OVERTAKEN = Rule(
    "this turn is open, and a later one of its conversation was begun",
    """
    SELECT t.id AS turn_id, t.conversation_id, t.number FROM turns t
    WHERE t.ended_at IS NULL
      AND EXISTS (SELECT FROM turns n WHERE n.conversation_id = t.conversation_id AND n.number > t.number)
    """,
)

_KEY_TWICE = Rule(
    "one event of a platform is recorded twice",
    """
    SELECT channel_id, key, min(CAST(id AS text)) AS event_id, max(CAST(id AS text)) AS other_event_id
    FROM events GROUP BY channel_id, key HAVING count(*) > 1
    """,
)

_CLIENT_ID_TWICE = Rule(
    "one message of a visitor is recorded twice",
    """
    SELECT conversation_id, client_message_id, min(CAST(id AS text)) AS message_id,
      max(CAST(id AS text)) AS other_message_id
    FROM messages WHERE client_message_id IS NOT NULL AND direction = 'inbound'
    GROUP BY conversation_id, client_message_id HAVING count(*) > 1
    """,
)

_HANGS = Rule(
    "it is being sent, and the lease of whoever sends it ended long ago",
    """
    SELECT id AS delivery_id, conversation_id, reply, lease_until FROM deliveries
    WHERE state = 'sending' AND (lease_until IS NULL OR lease_until <= :young)
    """,
)

_DOUBT_HIDDEN = Rule(
    "nobody knows whether it arrived, and it is neither in doubt nor was it sent again",
    """
    SELECT id AS delivery_id, conversation_id, reply, state, reason FROM deliveries
    WHERE reason = 'outcome_unknown' AND (state IN ('sending', 'sent', 'failed', 'dropped')
                                          OR state = 'planned' AND doubts = 0)
      OR state IN ('failed', 'dropped') AND doubts > 0 AND attempts <= doubts
    """,
)

_DOUBT_MISCOUNTED = Rule(
    "it was sent after a doubt more often than any policy allows, or without being counted",
    """
    SELECT d.id AS delivery_id, d.conversation_id, d.reply, d.attempts, d.doubts
    FROM deliveries d JOIN channels c ON c.id = d.channel_id
    WHERE d.doubts > 1 AND d.grown_from IS NULL AND c.platform NOT IN ('slack', 'discord')
      OR d.doubts > d.attempts
      OR d.state IN ('sending', 'sent', 'uncertain') AND d.doubts > 0 AND d.attempts <= d.doubts
    """,
)

_QUEUE_GROWS = Rule(
    "more messages wait in it than may",
    """
    SELECT conversation_id, count(*) AS waiting FROM events WHERE state IN ('received', 'queued')
    GROUP BY conversation_id HAVING count(*) > :most
    """,
)

NO_LOSS = (_STANDS_STILL, _TURN_IS_OVER, _HELD_BY_NOBODY, _CONTRADICTS_ITSELF, _NOTHING_ARRIVED, _NOTHING_SAID,
           _UNACCOUNTED)  # fmt: skip
ONE_REPLY = (_TWO_REPLIES, _ANSWERS_NOTHING, _PART_TWICE, _PART_MISSING, _PART_TOO_EARLY, _EFFECT_TWICE)
IN_ORDER = (_OVERTAKEN, _TURN_OVERTAKEN)
KNOWN_ONCE = (_KEY_TWICE, _CLIENT_ID_TWICE)
VISIBLE_DOUBT = (_HANGS, _DOUBT_HIDDEN, _DOUBT_MISCOUNTED)
BOUNDED = (_QUEUE_GROWS,)
