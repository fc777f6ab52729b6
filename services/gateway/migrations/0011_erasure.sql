-- Erasures of people (services/gateway/erasing.py): what is done, and that it was done. The addresses are there only
-- while it is under way; afterwards the row holds ids that name nobody.
CREATE TABLE gateway.erasure (
    erasure_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id     bigint NOT NULL,
    -- As in the audit log: person, or operator:<name>.
    actor         text NOT NULL,
    -- The step to do next: leave, forget, send, sweep; done when nothing is left to do.
    step          text NOT NULL DEFAULT 'leave',
    -- The person and everybody who was merged into them, and the conversations that they had.
    people        bigint[] NOT NULL DEFAULT '{}',
    conversations bigint[] NOT NULL DEFAULT '{}',
    addresses     text[] NOT NULL DEFAULT '{}',
    requested_at  timestamptz NOT NULL DEFAULT chassis.now(),
    -- When the step may be tried (again): whoever is at it has put this off.
    due_at        timestamptz NOT NULL DEFAULT chassis.now(),
    finished_at   timestamptz
);
-- One at a time for a person; also what is due, of which there is little.
CREATE UNIQUE INDEX erasure_open ON gateway.erasure (person_id) WHERE finished_at IS NULL;
