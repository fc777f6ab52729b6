-- The person's version as the last turn left it: a replica of profile that knows an older one is asked to read anew.
ALTER TABLE gateway.conversation ADD COLUMN person_version bigint;
