"""Generated from protos/hailwire/ops/v1."""
