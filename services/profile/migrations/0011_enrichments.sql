-- Enrichments (services/profile/enrichments/): what was understood from somebody's own words and waits for their yes,
-- and what they let us keep besides places.

CREATE SEQUENCE profile.enrichment_item_id;

-- Status as in the contract: 1 pending, 2 confirmed, 3 rejected, 4 applied; source: 1 text, 2 caption; kind: 1 place,
-- 2 time, 3 contact. Whoever changes an item holds the row of its person.
CREATE TABLE profile.enrichment_item (
    item_id       bigint PRIMARY KEY,
    person_id     bigint NOT NULL REFERENCES profile.person,
    status        smallint NOT NULL CHECK (status BETWEEN 1 AND 4),
    source        smallint NOT NULL,
    kind          smallint NOT NULL,
    -- Of a place with a name of the person's own, and of a contact.
    name          text NOT NULL CHECK (char_length(name) <= 40),
    -- 0 a name of the person's own, 1 home, 2 work, 3 school.
    place_kind    smallint,
    latitude      double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude     double precision CHECK (longitude BETWEEN -180 AND 180),
    -- One moment, or a time of day in the zone of the service area, in minutes, and the days of the week (1 Monday,
    -- 2 Tuesday, 4 Wednesday and so on, added up).
    moment        timestamptz,
    minute_of_day smallint CHECK (minute_of_day BETWEEN 0 AND 1439),
    weekdays      smallint CHECK (weekdays BETWEEN 1 AND 127),
    -- Of a wallet.
    code          text,
    created_at    timestamptz NOT NULL,
    decided_at    timestamptz,
    applied_at    timestamptz,
    CONSTRAINT enrichment_item_is_one_thing CHECK (
        kind = 1 AND num_nonnulls(place_kind, latitude, longitude) = 3
                 AND num_nonnulls(moment, minute_of_day, weekdays, code) = 0
        OR kind = 2 AND num_nonnulls(place_kind, latitude, longitude, code) = 0
                    AND (moment IS NULL) = (num_nonnulls(minute_of_day, weekdays) = 2)
                    AND (moment IS NOT NULL) = (num_nonnulls(minute_of_day, weekdays) = 0)
        OR kind = 3 AND code IS NOT NULL AND name <> ''
                    AND num_nonnulls(place_kind, latitude, longitude, moment, minute_of_day, weekdays) = 0),
    CONSTRAINT enrichment_item_applied_is_applied CHECK ((status = 4) = (applied_at IS NOT NULL))
);
CREATE INDEX enrichment_item_person_status ON profile.enrichment_item (person_id, status, created_at, item_id);
CREATE INDEX enrichment_item_person_source_status
    ON profile.enrichment_item (person_id, source, status, created_at, item_id);
CREATE INDEX enrichment_item_pending ON profile.enrichment_item (person_id, item_id) WHERE status = 1;
-- Items go after their days, whatever became of them.
CREATE INDEX enrichment_item_created ON profile.enrichment_item (created_at);
-- Whoever is erased is in nobody's items: others know them by this.
CREATE INDEX enrichment_item_code ON profile.enrichment_item (code) WHERE code IS NOT NULL;

-- What was applied and is no place: columns as above.
CREATE TABLE profile.note (
    note_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id     bigint NOT NULL REFERENCES profile.person,
    kind          smallint NOT NULL,
    name          text NOT NULL CHECK (char_length(name) <= 40),
    moment        timestamptz,
    minute_of_day smallint CHECK (minute_of_day BETWEEN 0 AND 1439),
    weekdays      smallint CHECK (weekdays BETWEEN 1 AND 127),
    code          text,
    CONSTRAINT note_is_one_thing CHECK (
        kind = 2 AND code IS NULL
                 AND (moment IS NULL) = (num_nonnulls(minute_of_day, weekdays) = 2)
                 AND (moment IS NOT NULL) = (num_nonnulls(minute_of_day, weekdays) = 0)
        OR kind = 3 AND code IS NOT NULL AND name <> '' AND num_nonnulls(moment, minute_of_day, weekdays) = 0)
);
CREATE INDEX note_person ON profile.note (person_id, note_id);
CREATE INDEX note_over ON profile.note (moment) WHERE moment IS NOT NULL;
CREATE INDEX note_code ON profile.note (code) WHERE code IS NOT NULL;
