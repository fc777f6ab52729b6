-- The webhook that told a status, so that its trace leads to the reply's.
ALTER TABLE gateway.pending_status ADD COLUMN traceparent text NOT NULL DEFAULT '';
