-- A statement that is its own transaction has nobody who could look at what it found and roll back: it calls this.
CREATE FUNCTION chassis.conflict() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'something changed while this statement waited' USING ERRCODE = 'serialization_failure';
END $$;
