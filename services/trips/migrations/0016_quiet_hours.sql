-- When somebody wants neither requests nor reminders: minutes of the day in the zone of the service area, over midnight when the
-- second is the smaller (chassis/quiet_hours.py). Beside the place, where searches read them without a second look; whoever
-- never drove and has quiet hours has a row without a place.
ALTER TABLE trips.presence
    ADD COLUMN quiet_from smallint,
    ADD COLUMN quiet_to   smallint,
    ADD CHECK ((quiet_from IS NULL) = (quiet_to IS NULL) AND quiet_from <> quiet_to
               AND quiet_from BETWEEN 0 AND 1439 AND quiet_to BETWEEN 0 AND 1439);
