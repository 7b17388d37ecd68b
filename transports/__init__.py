"""WIRE: speaks to carriers. Knows core only."""
