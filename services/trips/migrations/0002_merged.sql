-- Who was merged into whom, so that whatever still comes under the old id is the survivor's.
CREATE TABLE trips.merged (
    from_id bigint PRIMARY KEY,
    -- Always the survivor itself, never another merged person: merging rewrites earlier merges.
    to_id   bigint NOT NULL CHECK (to_id <> from_id)
);
CREATE INDEX merged_to_id ON trips.merged (to_id);
