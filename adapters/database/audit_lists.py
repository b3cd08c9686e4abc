"""What the audit lists that is no breach: what is in doubt, young, waited for or suspicious, and all by its state."""

AWAITED = """
SELECT DISTINCT conversation_id FROM events
WHERE state = 'queued' AND received_at <= :young AND conversation_id IS NOT NULL ORDER BY 1
"""

UNCERTAIN = """
SELECT id AS delivery_id, conversation_id, reply, part, updated_at AS since FROM deliveries
WHERE state = 'uncertain' ORDER BY updated_at, id LIMIT :most
"""

YOUNG = """
SELECT id AS event_id, conversation_id, state, received_at FROM events
WHERE state IN ('received', 'queued') AND received_at > :young ORDER BY received_at, id LIMIT :most
"""

SUSPICIOUS = """
SELECT m.conversation_id, m.platform_message_id, string_agg(CAST(m.id AS text), ' ' ORDER BY m.seq) AS message_ids
FROM (
  SELECT conversation_id, platform_message_id FROM messages
  WHERE direction = 'inbound' AND platform_message_id IS NOT NULL
  GROUP BY conversation_id, platform_message_id HAVING count(*) > 1
) AS told
JOIN messages m ON m.conversation_id = told.conversation_id AND m.platform_message_id = told.platform_message_id
JOIN events e ON e.id = m.id
WHERE m.direction = 'inbound' AND e.kind = 'message'
GROUP BY m.conversation_id, m.platform_message_id HAVING count(*) > 1
ORDER BY 1, 2 LIMIT :most
"""

STATES = """
SELECT 'events' AS kind, state, count(*) AS number FROM events GROUP BY state
UNION ALL SELECT 'deliveries', state, count(*) FROM deliveries GROUP BY state
ORDER BY 1, 2
"""
