"""One view over all replicas of all services: numbers, health, a live page."""
