"""How fast we are beside the barest program that does the same physical work. `make bench` runs all of it."""
