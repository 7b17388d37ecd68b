"""EDGE, time: unpack and call."""
