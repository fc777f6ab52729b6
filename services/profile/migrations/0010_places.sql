-- Places (services/profile/places/): the gazetteer, found by its names with typing errors forgiven, and each person's own.

-- Trusted: whoever may create in the database may have it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE profile.place (
    place_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Where it comes from, and its name there: a file that is loaded again changes what it brought.
    source     text NOT NULL CHECK (char_length(source) BETWEEN 1 AND 40),
    source_key text NOT NULL CHECK (char_length(source_key) BETWEEN 1 AND 100),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    latitude   double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude  double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180)
);
CREATE UNIQUE INDEX place_source ON profile.place (source, source_key);

-- What people may call it, as names are compared: lower case, no accents, no punctuation.
CREATE TABLE profile.place_name (
    place_id bigint NOT NULL REFERENCES profile.place ON DELETE CASCADE,
    folded   text NOT NULL CHECK (char_length(folded) BETWEEN 1 AND 100),
    PRIMARY KEY (place_id, folded)
);
CREATE INDEX place_name_like ON profile.place_name USING gist (folded gist_trgm_ops);

CREATE TABLE profile.saved_place (
    saved_place_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id      bigint NOT NULL REFERENCES profile.person,
    -- 0 a name of the person's own, 1 home, 2 work, 3 school.
    kind           smallint NOT NULL,
    name           text NOT NULL CHECK (char_length(name) <= 40 AND (kind = 0) = (name <> '')),
    latitude       double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude      double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180)
);
CREATE INDEX saved_place_person ON profile.saved_place (person_id);

-- The latest first, from 1.
CREATE TABLE profile.recent_place (
    person_id bigint NOT NULL REFERENCES profile.person,
    position  smallint NOT NULL,
    name      text NOT NULL CHECK (char_length(name) <= 40),
    latitude  double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    PRIMARY KEY (person_id, position)
);

-- Well-known places in and around Kigali: public facts, written by hand. The middle of each place, good to a few hundred
-- metres: enough to find who is near, and driver and passenger see each other there. More with `hailwire places load`.
WITH facts (name, latitude, longitude, names) AS (VALUES
    ('Kigali Convention Centre', -1.9546, 30.0925, ARRAY['kigali convention centre', 'kcc', 'convention center']),
    ('Kigali Heights', -1.9531, 30.0930, ARRAY['kigali heights']),
    ('Kigali International Airport', -1.9686, 30.1395,
     ARRAY['kigali international airport', 'kanombe airport', 'aeroport', 'aeroport de kigali']),
    ('Nyabugogo Bus Park', -1.9397, 30.0446, ARRAY['nyabugogo bus park', 'nyabugogo taxi park', 'gare de nyabugogo']),
    ('Kimironko Market', -1.9496, 30.1260, ARRAY['kimironko market', 'marche de kimironko']),
    ('Kigali City Market', -1.9437, 30.0567, ARRAY['kigali city market', 'marche de la ville']),
    ('Kigali City Tower', -1.9441, 30.0597,
     ARRAY['kigali city tower', 'kct', 'downtown', 'centre ville', 'mu mujyi', 'town']),
    ('Hotel des Mille Collines', -1.9476, 30.0625, ARRAY['hotel des mille collines', 'mille collines']),
    ('Serena Hotel', -1.9563, 30.0637, ARRAY['serena hotel', 'kigali serena']),
    ('CHUK Hospital', -1.9557, 30.0602, ARRAY['chuk hospital', 'chuk', 'university teaching hospital', 'hopital chuk']),
    ('King Faisal Hospital', -1.9437, 30.0935,
     ARRAY['king faisal hospital', 'roi faycal', 'faisal', 'hopital roi faycal']),
    ('Kigali Genocide Memorial', -1.9308, 30.0606,
     ARRAY['kigali genocide memorial', 'gisozi memorial', 'memorial de gisozi']),
    ('Amahoro Stadium', -1.9557, 30.1141, ARRAY['amahoro stadium', 'stade amahoro']),
    ('BK Arena', -1.9541, 30.1150, ARRAY['bk arena', 'kigali arena']),
    ('Kisimenti', -1.9591, 30.1079, ARRAY['kisimenti', 'remera kisimenti']),
    ('Remera Bus Park', -1.9583, 30.1186, ARRAY['remera bus park', 'gare de remera', 'giporoso']),
    ('Sonatubes', -1.9700, 30.1002, ARRAY['sonatubes', 'sonatube']),
    ('Kicukiro Centre', -1.9888, 30.1030, ARRAY['kicukiro centre', 'kicukiro center']),
    ('Nyamirambo Mosque', -1.9667, 30.0497, ARRAY['nyamirambo mosque', 'green mosque', 'mosquee verte']),
    ('Kigali Pele Stadium', -1.9781, 30.0441,
     ARRAY['kigali pele stadium', 'nyamirambo stadium', 'stade de nyamirambo']),
    ('Kacyiru Bus Stop', -1.9444, 30.0827, ARRAY['kacyiru bus stop', 'kacyiru']),
    ('Kimihurura Roundabout', -1.9558, 30.0860, ARRAY['kimihurura roundabout', 'kimihurura']),
    ('Gikondo Expo Ground', -1.9701, 30.0797, ARRAY['gikondo expo ground', 'gikondo', 'expo ground']),
    ('Nyarutarama Lake', -1.9344, 30.1030, ARRAY['nyarutarama lake', 'nyarutarama', 'golf nyarutarama']),
    ('Kanombe Military Hospital', -1.9716, 30.1586, ARRAY['kanombe military hospital', 'hopital de kanombe']),
    ('Kabuga Bus Park', -1.9760, 30.2240, ARRAY['kabuga bus park', 'kabuga', 'gare de kabuga'])
), placed AS (
    INSERT INTO profile.place (source, source_key, name, latitude, longitude)
    SELECT 'hailwire', name, name, latitude, longitude FROM facts
    RETURNING place_id, name
)
INSERT INTO profile.place_name (place_id, folded)
SELECT placed.place_id, folded FROM placed JOIN facts USING (name), unnest(facts.names) AS folded;
