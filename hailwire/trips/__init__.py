"""Generated from protos/hailwire/trips."""
