"""Meta's Cloud API. A simulated channel uses it too, with another base address."""
