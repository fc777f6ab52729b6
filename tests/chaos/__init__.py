"""The chaos drill: people play rides while everything around them is killed, frozen, stopped and cut off."""
