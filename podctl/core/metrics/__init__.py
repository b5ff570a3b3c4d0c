"""What containers and machines use: two readings make a rate."""
