"""Invitations: who may tell which code, by whose invitation somebody came, and what both get for it."""
