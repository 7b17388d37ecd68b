"""Calls to other systems, to addresses that people typed."""
