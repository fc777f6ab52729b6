"""Generated from protos/hailwire/ops."""
