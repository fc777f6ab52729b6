-- When an erasure cut the conversations off: what was under way then is what it waits for. One that could not begin for
-- an hour, because a service was away, waits for it as long as any other.
-- Empty when an older gateway began it: then the time counts from the request.
ALTER TABLE gateway.erasure ADD COLUMN began_at timestamptz;
