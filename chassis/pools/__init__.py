"""Clients that are kept open: leased ones, which have one user at a time, and shared ones, which multiplex."""
