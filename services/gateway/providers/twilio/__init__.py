"""Programmable Messaging of Twilio."""
