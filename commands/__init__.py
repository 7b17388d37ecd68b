"""EDGE, terminal: read arguments, call a service, print words or JSON. `cli.py` is the map."""
