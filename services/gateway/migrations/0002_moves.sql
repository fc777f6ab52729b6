-- How many addresses have left a conversation for another one: whoever read an alias before its row was locked sees by
-- it that the alias may lead elsewhere by now.
ALTER TABLE gateway.conversation ADD COLUMN aliases_left integer NOT NULL DEFAULT 0;
