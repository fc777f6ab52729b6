"""What Hailwire costs: micro suites of its own code, and the whole path of a message beside a conventional peer."""
