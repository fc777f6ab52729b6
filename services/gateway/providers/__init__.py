"""What Meta and Twilio say and want to hear: everything that knows their protocols, and nothing else."""
