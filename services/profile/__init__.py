"""The profile service: people, the ways to reach them, their language and consent."""
