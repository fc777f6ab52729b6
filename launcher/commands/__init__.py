"""One module for each command, imported only when it is asked for: `configure` its parser, then `run` it."""
