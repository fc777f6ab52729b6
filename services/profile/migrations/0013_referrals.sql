-- concurrently
-- Invitations (services/profile/referral/): codes, and by whose invitation somebody came.

CREATE TABLE IF NOT EXISTS profile.referral_code (
    code       text PRIMARY KEY,
    -- Whose it is; of people who are merged, all codes are the survivor's, and the oldest is shown.
    person_id  bigint NOT NULL REFERENCES profile.person,
    created_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS referral_code_person ON profile.referral_code (person_id, created_at);

-- One row at most for whoever comes, which is what makes a reward one reward. It stays under the id that they had then.
CREATE TABLE IF NOT EXISTS profile.referral (
    referred_id          bigint PRIMARY KEY REFERENCES profile.person,
    -- Who invited them; after a merge always the survivor. None for whoever rode before any invitation.
    referrer_id          bigint REFERENCES profile.person,
    -- 1 waiting for the first trip, 2 earned, 3 rewarded, 4 closed without a reward.
    state                smallint NOT NULL,
    -- Why it was closed (services/profile/referral/referral.py).
    reason               smallint NOT NULL DEFAULT 0,
    -- When the newcomer had first written, as far as was known when it was noted.
    first_written_at     timestamptz NOT NULL,
    -- As it was promised.
    referrer_amount      numeric(20, 4) NOT NULL CHECK (referrer_amount >= 0),
    newcomer_amount      numeric(20, 4) NOT NULL CHECK (newcomer_amount >= 0),
    currency             text NOT NULL,
    expires_at           timestamptz NOT NULL,
    -- The trip that earned it.
    trip_id              bigint,
    referrer_transaction bigint REFERENCES profile.transaction,
    newcomer_transaction bigint REFERENCES profile.transaction,
    created_at           timestamptz NOT NULL,
    settled_at           timestamptz,
    CONSTRAINT referral_has_a_referrer CHECK (referrer_id IS NOT NULL OR state = 4),
    CONSTRAINT referral_earned_by_a_trip CHECK (trip_id IS NOT NULL OR state NOT IN (2, 3)),
    CONSTRAINT referral_settled CHECK ((state IN (3, 4)) = (settled_at IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS referral_referrer ON profile.referral (referrer_id);
CREATE INDEX IF NOT EXISTS referral_earned ON profile.referral (created_at) WHERE state = 2;
CREATE INDEX IF NOT EXISTS referral_created_at ON profile.referral (created_at, referred_id);

-- The database's own word that no reward is booked twice: its request id names the referral and the side.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS transaction_reward ON profile.transaction (request_id) WHERE kind = 3;
