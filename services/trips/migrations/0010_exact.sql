-- concurrently
-- Trips that are over and still say exactly where they began, the oldest first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS trip_exact ON trips.trip (created_at) WHERE state IN (6, 7, 8) AND NOT coarse;
