"""Enrichments: what was understood from people's words, what they said about it, and what they let us keep."""
