"""Health: what is wrong with a cluster, in one look, and the smallest act that heals it. Pure."""
