-- concurrently
-- What people said and nobody has heard yet: taken out with whoever said it, or when it is old.
CREATE INDEX CONCURRENTLY IF NOT EXISTS event_said ON trips.event (sender_id, created_at) WHERE sender_id IS NOT NULL;
