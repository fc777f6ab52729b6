"""The trips service: presence, matching, offers, trips and the events that they cause."""
