-- The one clock: every age and due time in every schema is measured with chassis.now(), so that tests can shift it for
-- all services at once. STABLE although it reads the wall clock, because callers want one moment per statement and
-- indexes on due times.
CREATE TABLE chassis.clock (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    shift interval NOT NULL DEFAULT '0'
);
INSERT INTO chassis.clock DEFAULT VALUES;

CREATE FUNCTION chassis.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT clock_timestamp() + (SELECT shift FROM chassis.clock) $$;
