"""What listens or runs by itself, and what it remembers."""
