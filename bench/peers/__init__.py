"""What a user would pick instead, and the barest programs that do the same."""
