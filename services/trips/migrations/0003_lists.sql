-- concurrently
-- What the lists of trips need (services/trips/listing.py): a person's, everybody's, and those of a vehicle in one
-- state, each newest first. A person's trips of some states are found on the way through the person's: the open ones
-- have indexes of their own, and nobody has more of the others than a page is quickly picked from.
CREATE INDEX CONCURRENTLY IF NOT EXISTS trip_passenger_created ON trips.trip (passenger_id, created_at, trip_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS trip_driver_created ON trips.trip (driver_id, created_at, trip_id)
    WHERE driver_id IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS trip_vehicle_state ON trips.trip (vehicle, state, created_at, trip_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS trip_created_at ON trips.trip (created_at, trip_id);
-- The person's trips by id, which the two of the person do as well.
DROP INDEX CONCURRENTLY IF EXISTS trips.trip_of_passenger;
DROP INDEX CONCURRENTLY IF EXISTS trips.trip_of_driver;
