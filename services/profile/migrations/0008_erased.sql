-- When somebody was erased (services/profile/erasing.py). Their row stays, with nothing in it but its id, because trips
-- and money entries of others name it.
ALTER TABLE profile.person ADD COLUMN erased_at timestamptz;
