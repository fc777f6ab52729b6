-- When a person wants to be left alone: minutes of the day in the zone of the service area, over midnight when the second is the
-- smaller (chassis/quiet_hours.py); both NULL for never.
ALTER TABLE profile.person
    ADD COLUMN quiet_from smallint,
    ADD COLUMN quiet_to   smallint,
    ADD CHECK ((quiet_from IS NULL) = (quiet_to IS NULL) AND quiet_from <> quiet_to
               AND quiet_from BETWEEN 0 AND 1439 AND quiet_to BETWEEN 0 AND 1439);
