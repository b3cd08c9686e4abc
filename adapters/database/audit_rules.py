"""What breaks an invariant of the record, rule by rule, in SQL; the first column of each orders what is found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A way to break an invariant: what is wrong in words, and the rows in which it is."""

    problem: str
    sql: str


_RESENT = "SELECT payload #>> '{details,delivery}' AS delivery_id FROM events WHERE ours AND kind = 'say'"
"""Parts that an operator had sent again: their state is no longer that with which their turn ended."""

NO_LOSS = (
    Rule(
        "it has no end, and nothing in its conversation moves",
        # At work: the open turn is within its bot's patience, a part waits for its time, or a burst goes on.
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
            SELECT FROM deliveries d WHERE d.conversation_id = c.id AND d.state IN ('planned', 'sending')
              AND greatest(d.retry_at, d.lease_until) > :young)
          AND NOT EXISTS (
            SELECT FROM events w WHERE w.conversation_id = c.id AND w.state IN ('received', 'queued', 'held')
              AND w.state = 'queued' AND w.turn_id IS NULL AND w.kind NOT IN ('control', 'say')
              AND b.settings #>> '{bursts,policy}' <> 'queue'
            HAVING :now < least(
              min(w.queued_at) + make_interval(secs => CAST(b.settings #>> '{bursts,longest_seconds}' AS float)),
              max(w.queued_at) + make_interval(secs => CAST(b.settings #>> '{bursts,quiet_seconds}' AS float))))
        """,
    ),
    Rule(
        "its turn has ended, and it has not",
        """
        SELECT e.id AS event_id, e.conversation_id, e.turn_id, e.state
        FROM events e JOIN turns t ON t.id = e.turn_id
        WHERE e.state IN ('received', 'queued', 'held') AND e.received_at <= :young AND t.ended_at IS NOT NULL
        """,
    ),
    Rule(
        "it is held, and nobody holds its conversation",
        """
        SELECT e.id AS event_id, e.conversation_id
        FROM events e JOIN conversations c ON c.id = e.conversation_id JOIN bots b ON b.id = c.bot_id
        WHERE e.state = 'held' AND e.received_at <= :young
          AND c.voice = 'bot' AND b.stopped_at IS NULL AND b.deleted_at IS NULL
        """,
    ),
    Rule(
        "its state and the time of its end contradict each other",
        """
        SELECT id AS event_id, conversation_id, state, ended_at FROM events
        WHERE state NOT IN ('received', 'queued', 'held', 'answered', 'refused', 'superseded', 'rejected', 'ignored',
                            'failed')
          OR (ended_at IS NULL) <> (state IN ('received', 'queued', 'held'))
        """,
    ),
    Rule(
        "it ended as answered, and no part of an answer reached the contact",
        f"""
        SELECT e.id AS event_id, e.conversation_id, e.turn_id
        FROM events e
        WHERE e.state = 'answered' AND e.kind <> 'say'
          AND NOT EXISTS (
            SELECT FROM deliveries d
            WHERE d.turn_id = e.turn_id AND (d.state IN ('sent', 'uncertain') OR d.reason = 'written_off'))
          AND NOT EXISTS (
            SELECT FROM deliveries d JOIN ({_RESENT}) again ON again.delivery_id = CAST(d.id AS text)
            WHERE d.turn_id = e.turn_id)
        """,
    ),
)
