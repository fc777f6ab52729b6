"""The `hailwire` command: one service, all of them (`up`), the embedded PostgreSQL and the operator's commands."""
