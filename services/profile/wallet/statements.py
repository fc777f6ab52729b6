"""The SQL of the wallet, each statement under the name that metrics and `analyze` know it by."""

from chassis.database import Statement

NOW = Statement("profile.wallet_now", "SELECT chassis.now()")

# $2 is the currency that wallets hold, everywhere: an account in another one is as if it were not there.

# A merged person's id leads to the survivor's account; a survivor's account is never a merged one.
OF_PEOPLE = Statement(
    "profile.accounts_of_people",
    """
SELECT asked.person_id AS asked_id, a.account_id
FROM profile.person asked
JOIN profile.account a ON a.person_id = coalesce(asked.merged_into, asked.person_id) AND a.currency = $2
WHERE asked.person_id = ANY($1::bigint[])
""",
)

# A code goes on leading to whom its person was merged into: others may have it on paper.
OF_CODES = Statement(
    "profile.accounts_of_codes",
    """
SELECT told.code AS asked_code, coalesce(told.merged_into, told.account_id) AS account_id
FROM profile.account told
WHERE told.code = ANY($1::text[]) AND told.currency = $2
""",
)

OF_SYSTEM = Statement(
    "profile.accounts_of_the_system",
    "SELECT system, account_id FROM profile.account WHERE system = ANY($1::text[]) AND currency = $2",
)

ENSURE_SYSTEM = Statement(
    "profile.ensure_system_accounts",
    """
INSERT INTO profile.account (system, currency, created_at)
SELECT system, $2, chassis.now() FROM unnest($1::text[]) AS wanted (system)
ORDER BY system
ON CONFLICT (system, currency) DO NOTHING
""",
)

# A transaction with the accounts that its two sides have become.
PAST = Statement(
    "profile.past_transactions",
    """
SELECT t.transaction_id, t.kind, gained.amount,
       coalesce(payer.merged_into, payer.account_id) AS payer_id,
       coalesce(payee.merged_into, payee.account_id) AS payee_id,
       EXISTS (SELECT FROM profile.transaction r WHERE r.reverses = t.transaction_id) AS reversed
FROM profile.transaction t
JOIN profile.entry paid ON paid.transaction_id = t.transaction_id AND paid.amount < 0
JOIN profile.account payer ON payer.account_id = paid.account_id AND payer.currency = $2
JOIN profile.entry gained ON gained.transaction_id = t.transaction_id AND gained.amount > 0
JOIN profile.account payee ON payee.account_id = gained.account_id
WHERE t.transaction_id = ANY($1::bigint[])
""",
)

ACCOUNTS = Statement(
    "profile.find_accounts",
    """
SELECT a.account_id, a.person_id, a.system, a.currency, a.balance, coalesce(a.code, '') AS code, a.created_at,
       coalesce(p.name, '') AS name
FROM profile.account a LEFT JOIN profile.person p USING (person_id)
WHERE a.account_id = ANY($1::bigint[])
""",
)

_LOCK = """
SELECT account_id FROM profile.account WHERE account_id = ANY($1::bigint[])
ORDER BY account_id
FOR NO KEY UPDATE
"""
LOCK = Statement("profile.lock_accounts", _LOCK)
LOCK_FREE = Statement("profile.lock_free_accounts", _LOCK + "SKIP LOCKED")

# What each account has sent to others since a moment, by whatever account it was before a merge.
SENT = Statement(
    "profile.sent_since",
    """
WITH held AS (
    SELECT account_id, account_id AS own_id FROM profile.account WHERE account_id = ANY($1::bigint[])
    UNION ALL
    SELECT account_id, merged_into FROM profile.account WHERE merged_into = ANY($1::bigint[])
)
SELECT held.own_id AS account_id, -sum(e.amount) AS sent
FROM held
JOIN profile.entry e ON e.account_id = held.account_id AND e.created_at > $2 AND e.amount < 0
JOIN profile.transaction t ON t.transaction_id = e.transaction_id AND t.kind = 1
GROUP BY held.own_id
""",
)

NEW_IDS = Statement(
    "profile.new_transaction_ids", "SELECT nextval('profile.transaction_id') FROM generate_series(1, $1)"
)

INSERT_ACCOUNTS = Statement(
    "profile.insert_accounts",
    """
INSERT INTO profile.account (person_id, code, currency, created_at)
SELECT person_id, code, $3, $4 FROM unnest($1::bigint[], $2::text[]) AS new (person_id, code)
ON CONFLICT (person_id, currency) DO NOTHING
""",
)

INSERT_TRANSACTIONS = Statement(
    "profile.insert_transactions",
    """
INSERT INTO profile.transaction (transaction_id, kind, request_id, reason, reverses, created_at)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])
""",
)

INSERT_ENTRIES = Statement(
    "profile.insert_entries",
    """
INSERT INTO profile.entry (transaction_id, account_id, amount, created_at)
SELECT transaction_id, account_id, amount, created_at
FROM unnest($1::bigint[], $2::bigint[], $3::numeric[], $4::timestamptz[]) WITH ORDINALITY
     AS new (transaction_id, account_id, amount, created_at, position)
ORDER BY position
""",
)

# One row for each account, whose locks are held.
MOVE_BALANCES = Statement(
    "profile.move_balances",
    """
UPDATE profile.account a SET balance = a.balance + moved.amount
FROM unnest($1::bigint[], $2::numeric[]) AS moved (account_id, amount)
WHERE a.account_id = moved.account_id
""",
)

# Every account whose entries belong to a person's statement: their own and those that were merged into it.
STATEMENT_OF = Statement(
    "profile.accounts_of_a_statement",
    """
WITH own AS (
    SELECT a.account_id
    FROM profile.person asked
    JOIN profile.account a ON a.person_id = coalesce(asked.merged_into, asked.person_id) AND a.currency = $2
    WHERE asked.person_id = $1
)
SELECT account_id FROM own
UNION ALL
SELECT a.account_id FROM profile.account a JOIN own ON a.merged_into = own.account_id
""",
)

# Of people who become one: with the balance as it is once the lock is ours.
LOCK_MERGING = Statement(
    "profile.lock_merging_accounts",
    """
SELECT account_id, person_id, currency, balance, created_at FROM profile.account
WHERE person_id = ANY($1::bigint[])
ORDER BY account_id
FOR NO KEY UPDATE
""",
)

# The survivor had no account: the one that there is becomes theirs.
PASS_ON = Statement(
    "profile.pass_accounts_on",
    """
UPDATE profile.account a SET person_id = passed.person_id
FROM unnest($1::bigint[], $2::bigint[]) AS passed (account_id, person_id)
WHERE a.account_id = passed.account_id
""",
)

# Also whatever was merged into the account before.
MERGE_ACCOUNTS = Statement(
    "profile.merge_accounts",
    """
UPDATE profile.account a SET merged_into = merged.survivor_id
FROM unnest($1::bigint[], $2::bigint[]) AS merged (account_id, survivor_id)
WHERE a.account_id = merged.account_id OR a.merged_into = merged.account_id
""",
)

# The one person behind both has been with us since the older of the two was opened.
AGE_ACCOUNTS = Statement(
    "profile.age_accounts",
    """
UPDATE profile.account a SET created_at = least(a.created_at, older.created_at)
FROM (SELECT account_id, min(created_at) AS created_at
      FROM unnest($1::bigint[], $2::timestamptz[]) AS older (account_id, created_at)
      GROUP BY account_id) AS older
WHERE a.account_id = older.account_id
""",
)

# What `hailwire wallet check` asks, in one snapshot.

CHECK_TRANSACTIONS = Statement(
    "profile.check_transactions",
    """
SELECT transaction_id, coalesce(sum(e.amount), 0) AS sum
FROM profile.transaction t LEFT JOIN profile.entry e USING (transaction_id)
GROUP BY transaction_id
HAVING count(*) < 2 OR coalesce(sum(e.amount), 0) <> 0
ORDER BY transaction_id LIMIT 100
""",
    scans="adds up every transaction there is",
)

CHECK_BALANCES = Statement(
    "profile.check_balances",
    """
SELECT a.account_id, a.balance, coalesce(entries.sum, 0) AS sum
FROM profile.account a
LEFT JOIN (SELECT account_id, sum(amount) AS sum FROM profile.entry GROUP BY account_id) AS entries USING (account_id)
WHERE a.balance <> coalesce(entries.sum, 0)
ORDER BY a.account_id LIMIT 100
""",
    scans="adds up every entry there is",
)

CHECK_TOTALS = Statement(
    "profile.check_totals",
    """
SELECT currency, count(*) AS accounts, sum(balance) AS sum,
       coalesce(sum(balance) FILTER (WHERE person_id IS NOT NULL), 0) AS of_people
FROM profile.account GROUP BY currency ORDER BY currency
""",
    scans="adds up every account there is",
)
