-- How a trip goes on the ground and what it costs (services/trips/course.py, fares.py).
ALTER TABLE trips.trip
    ADD COLUMN destination_latitude  double precision,
    ADD COLUMN destination_longitude double precision,
    -- ISO 4217; of both amounts.
    ADD COLUMN currency        text,
    -- Numeric keeps the decimals that an amount was told with.
    ADD COLUMN fare_estimate   numeric,
    ADD COLUMN fare            numeric,
    ADD COLUMN way_meters      bigint NOT NULL DEFAULT 0,
    ADD COLUMN started_at      timestamptz,
    ADD COLUMN ended_at        timestamptz,
    -- So far, and the last place that was counted.
    ADD COLUMN driven_meters    double precision NOT NULL DEFAULT 0,
    ADD COLUMN driven_latitude  double precision,
    ADD COLUMN driven_longitude double precision,
    -- When the driver should be at the pickup; what the passenger was told of it last, and when.
    ADD COLUMN arrives_at      timestamptz,
    ADD COLUMN told_arrives_at timestamptz,
    ADD COLUMN told_at        timestamptz;
