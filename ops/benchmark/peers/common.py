"""What all peers share: where the servers are, the events, the effect."""
import json
import os
import uuid

POSTGRES = os.environ.get("PEERS_POSTGRES", "")
REDIS = os.environ.get("PEERS_REDIS", "")

# The ledger row, unique by event, and the balance: one statement, so one round trip and one commit.
EACH = """
WITH new AS (INSERT INTO ledger (event_id, account, amount) VALUES ({0}, {1}, {2})
    ON CONFLICT (event_id) DO NOTHING RETURNING account, amount)
UPDATE accounts a SET balance = a.balance + n.amount FROM new n WHERE a.account = n.account
"""

BATCH = """
WITH new AS (INSERT INTO ledger (event_id, account, amount)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[])
    ON CONFLICT (event_id) DO NOTHING RETURNING account, amount),
sums AS (SELECT account, sum(amount)::bigint AS amount FROM new GROUP BY account ORDER BY account)
UPDATE accounts a SET balance = a.balance + s.amount FROM sums s WHERE a.account = s.account
"""


def event(number):
    """About 120 bytes of JSON, as the bench publishes them."""
    return {
        "posting_id": str(uuid.uuid4()),
        "account": number % 1000,
        "amount": number % 97 + 1,
        "note": f"posting {number}",
    }


def event_json(number):
    return json.dumps(event(number), separators=(",", ":"))


def each_async():
    """The effect for asyncpg."""
    return EACH.format("$1::uuid", "$2::bigint", "$3::bigint")


def each_sync():
    """The effect for psycopg."""
    return EACH.format("%s::uuid", "%s::bigint", "%s::bigint")
