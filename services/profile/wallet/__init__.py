"""The wallet: accounts, what moves between them, and who may move how much."""
