"""The SQL of invitations, each statement under the name that metrics and `analyze` know it by."""

from chassis.database import Statement

NOW = Statement("profile.referral_now", "SELECT chassis.now()")

# A merged person's id leads to the survivor's codes, of which the oldest is theirs.
CODES_OF = Statement(
    "profile.referral_codes_of",
    """
SELECT DISTINCT ON (asked.person_id) asked.person_id AS asked_id, c.code
FROM profile.person asked
JOIN profile.referral_code c ON c.person_id = coalesce(asked.merged_into, asked.person_id)
WHERE asked.person_id = ANY($1::bigint[])
ORDER BY asked.person_id, c.created_at, c.code
""",
)

INSERT_CODES = Statement(
    "profile.insert_referral_codes",
    """
INSERT INTO profile.referral_code (code, person_id, created_at)
SELECT code, person_id, $3 FROM unnest($1::text[], $2::bigint[]) AS new (code, person_id)
""",
)

WHOSE = Statement(
    "profile.referral_codes",
    "SELECT code, person_id FROM profile.referral_code WHERE code = ANY($1::text[])",
)

# When each of these people, who are survivors, first wrote.
PEOPLE = Statement(
    "profile.referral_people",
    """
SELECT person_id, created_at FROM profile.person
WHERE person_id = ANY($1::bigint[]) AND merged_into IS NULL AND erased_at IS NULL
""",
)

_REFERRAL = """
r.referred_id, r.referrer_id, r.state, r.reason, r.first_written_at, r.referrer_amount, r.newcomer_amount, r.currency,
       r.created_at, r.expires_at, r.trip_id"""

# By whose invitation each of these people, who are survivors, came, under whatever id they had then.
OF_NEWCOMERS = Statement(
    "profile.referrals_of_newcomers",
    f"""
WITH whole AS (
    SELECT person_id, person_id AS survivor_id FROM profile.person WHERE person_id = ANY($1::bigint[])
    UNION ALL
    SELECT person_id, merged_into FROM profile.person WHERE merged_into = ANY($1::bigint[])
)
SELECT whole.survivor_id, {_REFERRAL}
FROM whole JOIN profile.referral r ON r.referred_id = whole.person_id
""",  # noqa: S608
)

# How many rewards each of these referrers has earned since a moment, and may still earn.
COUNTS = Statement(
    "profile.count_referrals",
    """
SELECT r.referrer_id, count(*) FILTER (WHERE r.state = 2 OR r.state = 3 AND r.settled_at > $2) AS earned,
       count(*) FILTER (WHERE r.state = 1 AND r.expires_at > $3) AS waiting
FROM profile.referral r
WHERE r.referrer_id = ANY($1::bigint[])
GROUP BY r.referrer_id
""",
)

INSERT = Statement(
    "profile.insert_referrals",
    """
INSERT INTO profile.referral (referred_id, referrer_id, state, reason, first_written_at, referrer_amount,
                              newcomer_amount, currency, created_at, expires_at, settled_at)
SELECT referred_id, referrer_id, state, reason, first_written_at, referrer_amount, newcomer_amount, currency,
       created_at, expires_at, CASE WHEN state = 4 THEN created_at END
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::timestamptz[], $6::numeric[],
            $7::numeric[], $8::text[], $9::timestamptz[], $10::timestamptz[])
     AS new (referred_id, referrer_id, state, reason, first_written_at, referrer_amount, newcomer_amount, currency,
             created_at, expires_at)
""",
)

# Whatever was rewarded or closed before stays as it is.
SETTLE = Statement(
    "profile.settle_referrals",
    """
UPDATE profile.referral r
SET state = new.state, reason = new.reason, trip_id = new.trip_id,
    settled_at = CASE WHEN new.state IN (3, 4) THEN $7::timestamptz END,
    referrer_transaction = new.referrer_transaction, newcomer_transaction = new.newcomer_transaction
FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[])
     AS new (referred_id, state, reason, trip_id, referrer_transaction, newcomer_transaction)
WHERE r.referred_id = new.referred_id AND r.state IN (1, 2)
""",
)

# What waits for money, oldest first.
EARNED = Statement(
    "profile.earned_referrals",
    "SELECT referred_id FROM profile.referral WHERE state = 2 ORDER BY created_at LIMIT $1",
)

# Two people who are one: codes and invitations of both are the survivor's.

PASS_CODES_ON = Statement(
    "profile.pass_referral_codes_on",
    """
UPDATE profile.referral_code c SET person_id = absorbed.survivor_id
FROM unnest($1::bigint[], $2::bigint[]) AS absorbed (person_id, survivor_id)
WHERE c.person_id = absorbed.person_id
""",
)

PASS_ON = Statement(
    "profile.pass_referrals_on",
    """
UPDATE profile.referral r SET referrer_id = absorbed.survivor_id
FROM unnest($1::bigint[], $2::bigint[]) AS absorbed (person_id, survivor_id)
WHERE r.referrer_id = absorbed.person_id
""",
)

# What `hailwire wallet referrals` shows.

LATEST = Statement(
    "profile.latest_referrals",
    f"SELECT {_REFERRAL} FROM profile.referral r ORDER BY r.created_at DESC, r.referred_id DESC LIMIT $1",  # noqa: S608
    example=("20",),
)

OWED = Statement(
    "profile.owed_rewards",
    """
SELECT count(*) AS referrals, coalesce(sum(referrer_amount + newcomer_amount), 0) AS amount
FROM profile.referral WHERE state = 2 AND currency = $1
""",
)

SET_ASIDE = Statement(
    "profile.rewards_set_aside",
    "SELECT coalesce(sum(balance), 0) FROM profile.account WHERE system = 'reward' AND currency = $1",
)
