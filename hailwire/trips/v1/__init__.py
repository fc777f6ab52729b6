"""Generated from protos/hailwire/trips/v1."""
