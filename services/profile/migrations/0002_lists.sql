-- concurrently
-- What the lists of people need (services/profile/listing.py): by language and by when they first wrote.
CREATE INDEX CONCURRENTLY IF NOT EXISTS person_language ON profile.person (language, created_at, person_id)
    WHERE merged_into IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS person_created_at ON profile.person (created_at, person_id)
    WHERE merged_into IS NULL;
