-- The wallet: a ledger of double entries (services/profile/wallet/). Amounts are numeric in whole units of the currency,
-- as people read them: another number of decimals in the settings then changes no value.

CREATE TABLE profile.account (
    account_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- A person's, or one of our own: `external` is the world outside, where money comes from; `reward` is what operators
    -- set aside for rewards.
    person_id   bigint REFERENCES profile.person,
    system      text CHECK (system IN ('external', 'reward')),
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    balance     numeric(20, 4) NOT NULL DEFAULT 0,
    -- What its person tells others who want to send money.
    code        text,
    -- Always the survivor itself, as with people.
    merged_into bigint REFERENCES profile.account,
    created_at  timestamptz NOT NULL,
    CONSTRAINT account_has_one_owner CHECK ((person_id IS NULL) <> (system IS NULL)),
    CONSTRAINT account_has_a_code CHECK ((person_id IS NULL) = (code IS NULL)),
    CONSTRAINT account_never_below_zero CHECK (balance >= 0 OR system IS NOT DISTINCT FROM 'external'),
    CONSTRAINT account_merged_is_empty CHECK (merged_into IS NULL OR balance = 0)
);
CREATE UNIQUE INDEX account_person ON profile.account (person_id, currency);
CREATE UNIQUE INDEX account_system ON profile.account (system, currency);
CREATE UNIQUE INDEX account_code ON profile.account (code);
CREATE INDEX account_merged_into ON profile.account (merged_into) WHERE merged_into IS NOT NULL;

CREATE SEQUENCE profile.transaction_id;
CREATE TABLE profile.transaction (
    transaction_id bigint PRIMARY KEY,
    kind           smallint NOT NULL,
    -- Under which id it was asked for, to find what caused it.
    request_id     text NOT NULL DEFAULT '',
    -- An operator's words.
    reason         text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 200),
    -- Which one it takes back; a transaction's state is whether there is such a one.
    reverses       bigint REFERENCES profile.transaction,
    created_at     timestamptz NOT NULL
);
CREATE UNIQUE INDEX transaction_reverses ON profile.transaction (reverses) WHERE reverses IS NOT NULL;

CREATE TABLE profile.entry (
    transaction_id bigint NOT NULL REFERENCES profile.transaction,
    account_id     bigint NOT NULL REFERENCES profile.account,
    -- In the order of booking.
    entry_id       bigint GENERATED ALWAYS AS IDENTITY,
    -- What the account gains, or loses below zero.
    amount         numeric(20, 4) NOT NULL CHECK (amount <> 0),
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (transaction_id, account_id)
);
CREATE INDEX entry_of_account ON profile.entry (account_id, created_at, entry_id);

-- What the database itself vouches for: no commit leaves a transaction whose entries do not add up to nothing, or that
-- has none, or that mixes currencies.
CREATE FUNCTION profile.check_balanced() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT (SELECT count(*) >= 2 AND sum(e.amount) = 0 AND count(DISTINCT a.currency) = 1
            FROM profile.entry e JOIN profile.account a USING (account_id)
            WHERE e.transaction_id = NEW.transaction_id) THEN
        RAISE EXCEPTION 'transaction % does not balance', NEW.transaction_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER transaction_balances AFTER INSERT ON profile.transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION profile.check_balanced();
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON profile.entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION profile.check_balanced();

-- And that what was booked stays as it was booked.
CREATE FUNCTION profile.booked_stays() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'profile.% is only added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER transaction_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON profile.transaction
    FOR EACH STATEMENT EXECUTE FUNCTION profile.booked_stays();
CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON profile.entry
    FOR EACH STATEMENT EXECUTE FUNCTION profile.booked_stays();
