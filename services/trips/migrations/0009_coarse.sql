-- Where a trip began is made coarse when it is old (services/trips/retention.py).
ALTER TABLE trips.trip ADD COLUMN coarse boolean NOT NULL DEFAULT false;
