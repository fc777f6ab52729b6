"""HTTP in from the providers, conversations, HTTP out to the providers."""
