"""ACTS: observes Minions and carries plans out, through a transport that is passed in."""
