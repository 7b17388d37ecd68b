"""EDGE, pages: load, decide, render."""
