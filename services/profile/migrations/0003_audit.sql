-- Who changed what about people, money and consent, written with the change itself (services/profile/audit.py).
-- Whom it is about has no foreign key: the row outlives the person. detail holds words and whole numbers, never a phone
-- number, a name or what somebody wrote.
CREATE TABLE profile.audit (
    audit_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint NOT NULL,
    action     text NOT NULL,
    actor      text NOT NULL,
    detail     jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT chassis.now()
);
CREATE INDEX audit_created_at ON profile.audit (created_at, audit_id);
CREATE INDEX audit_person ON profile.audit (person_id, created_at, audit_id);
CREATE INDEX audit_action ON profile.audit (action, created_at, audit_id);

-- Nothing is changed afterwards, and nothing is taken out but by the two functions below.
CREATE FUNCTION profile.audit_stays() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'DELETE' AND coalesce(current_setting('hailwire.audit_may_go', true), '') = 'yes' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'profile.audit is only added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON profile.audit
    FOR EACH ROW EXECUTE FUNCTION profile.audit_stays();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON profile.audit
    FOR EACH STATEMENT EXECUTE FUNCTION profile.audit_stays();

-- Up to so many of the oldest entries from before a moment; answers how many went.
CREATE FUNCTION profile.expire_audit(before timestamptz, at_most integer) RETURNS integer LANGUAGE plpgsql
AS $$
DECLARE
    gone integer;
BEGIN
    PERFORM set_config('hailwire.audit_may_go', 'yes', true);
    DELETE FROM profile.audit WHERE audit_id = ANY(ARRAY(
        SELECT audit_id FROM profile.audit WHERE created_at < before ORDER BY created_at LIMIT at_most));
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('hailwire.audit_may_go', '', true);
    RETURN gone;
END
$$;

-- Everything about these people; answers how many entries went.
CREATE FUNCTION profile.erase_audit(people bigint[]) RETURNS integer LANGUAGE plpgsql
AS $$
DECLARE
    gone integer;
BEGIN
    PERFORM set_config('hailwire.audit_may_go', 'yes', true);
    DELETE FROM profile.audit WHERE person_id = ANY(people);
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('hailwire.audit_may_go', '', true);
    RETURN gone;
END
$$;
