"""Stand-ins for Meta and Twilio, with web phones and planned misbehaviour; for development and tests only."""
