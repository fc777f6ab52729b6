"""The profile and trips services as the gateway calls them: single calls in code, batches on the wire."""
