-- concurrently
-- Drivers who are online and have not told for long where they are (services/trips/retiring.py).
CREATE INDEX CONCURRENTLY IF NOT EXISTS presence_silent ON trips.presence (located_at)
    WHERE online AND trip_id IS NULL;
