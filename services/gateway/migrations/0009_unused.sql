-- concurrently
-- Whoever gives back what a dead instance had claimed knows the conversations, and finds their rows by the primary key.
-- Without this one a claim changes no index, so that its new row version can stay on its page.
DROP INDEX CONCURRENTLY IF EXISTS gateway.pending_claimed;
