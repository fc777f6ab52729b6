"""What a process remembers of the database: bounded, never older than a change that it has heard of, and measured."""
