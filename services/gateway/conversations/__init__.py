"""What people read and tap: each message or event of a conversation becomes a new state and replies."""
