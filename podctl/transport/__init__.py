"""CARRIES: scripts to a Minion and answers back; the only place that quotes for a shell."""
