"""INPUT: text in, values out. Never queries."""
