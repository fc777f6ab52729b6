"""Generated from protos/hailwire/profile/v1."""
