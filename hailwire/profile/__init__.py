"""Generated from protos/hailwire/profile."""
