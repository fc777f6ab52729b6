-- How often in a row the head of the queue was put off because a service could not serve it: each wait is longer.
ALTER TABLE gateway.conversation ADD COLUMN postponed smallint NOT NULL DEFAULT 0;
