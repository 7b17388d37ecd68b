"""Made-up people to try things with."""
