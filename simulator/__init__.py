"""OUTSIDE: a Graph API of our own, so that simulation is the real path with another address. `door.py` starts it."""
